// The cascade of two 8259As and their ports.
#include "devices/interrupts/pic_pair.h"

namespace ringdown {
namespace {

// PIIX3 data sheet, "ELCR1" and "ELCR2": IRQ 0, 1, 2, 8 and 13 are always edge triggered.
constexpr u8 kMasterLevelCapable = 0xf8;
constexpr u8 kSlaveLevelCapable = 0xde;

}  // namespace

void PicPair::reset() {
  master_.reset();
  slave_.reset();
  update();
}

void PicPair::update() {
  master_.set_input(kCascade, slave_.interrupt_requested() ? Level::High : Level::Low);
  output_.set(master_.interrupt_requested() ? Level::High : Level::Low);
}

void PicPair::set_input(unsigned pin, Level level) {
  // Input 2 is the cascade and not on the ISA bus; devices that ask for IRQ2 get IRQ9.
  if (pin >= 2 * Pic::kInputs || pin == kCascade) return;
  Pic& pic = pin < Pic::kInputs ? master_ : slave_;
  pic.set_input(pin % Pic::kInputs, level);
  update();
}

u8 PicPair::acknowledge() {
  const unsigned input = master_.acknowledge();
  u8 vector = master_.vector(input);
  if (input == kCascade) {
    vector = slave_.vector(slave_.acknowledge());
    master_.set_input(kCascade, Level::Low);
  }
  output_.lower();
  update();
  return vector;
}

u64 PicPair::read(Pic& pic, u32 offset) {
  // Reading after a poll command acknowledges, which the cascade and INT must see.
  const u8 value = offset == 0 ? pic.read_command() : pic.read_data();
  update();
  return value;
}

void PicPair::write(Pic& pic, u32 offset, u8 value) {
  if (offset == 0) {
    pic.write_command(value);
  } else {
    pic.write_data(value);
  }
  update();
}

u64 PicPair::read_edge_level(u32 offset, Width) {
  return offset == 0 ? master_.edge_level() : slave_.edge_level();
}

void PicPair::write_edge_level(u32 offset, Width, u64 value) {
  if (offset == 0) {
    master_.set_edge_level(static_cast<u8>(value) & kMasterLevelCapable);
  } else {
    slave_.set_edge_level(static_cast<u8>(value) & kSlaveLevelCapable);
  }
  update();
}

void PicPair::serialize(Archive& archive) {
  archive(master_, slave_);
  if (archive.loading()) update();
}

}  // namespace ringdown
