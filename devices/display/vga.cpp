// The VGA as a whole: reset, state, and the number that tells pictures apart.
#include "devices/display/vga.h"

#include <cstring>
#include <span>

namespace ringdown {

using namespace vga;

namespace {

/// Compares the bytes with themselves, one further: far quicker than one by one.
bool all_zero(std::span<const u8> bytes) {
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

Vga::Vga(Log& log, Scheduler& scheduler)
    : log_(log), scheduler_(scheduler), memory_(kMemorySize), dispi_(kMemorySize, log) {}

void Vga::reset() {
  miscellaneous_output_.assign(0);
  feature_control_ = 0;
  subsystem_enable_ = 1;
  sequencer_index_ = crtc_index_ = graphics_index_ = 0;
  sequencer_ = {};
  crtc_ = {};
  graphics_ = {};
  attribute_index_.assign(0);
  attribute_data_next_ = false;
  attribute_ = {};
  pel_mask_ = 0xff;
  dac_read_index_ = dac_write_index_ = dac_component_ = 0;
  dac_state_ = DacState::Write;
  dispi_index_ = 0;
  dispi_.reset();
  latches_ = 0;
  ++changes_;
}

u64 Vga::generation() const {
  // The frame bits that blinking depends on change eight times slower than the picture at its quickest.
  const bool blinks = !dispi_.enabled() && !GraphicsMode::get(graphics(Graphics::Miscellaneous));
  const u64 phase = blinks ? (frame_number() / 8) & 0xff : 0;
  return (changes_ << 8) | phase;
}

void Vga::serialize(Archive& archive) {
  archive(latches_, miscellaneous_output_, feature_control_, subsystem_enable_, sequencer_index_, sequencer_,
          crtc_index_, crtc_, graphics_index_, graphics_, attribute_index_, attribute_data_next_, attribute_,
          palette_, pel_mask_, dac_read_index_, dac_write_index_, dac_component_, dac_entry_, dac_state_,
          dispi_index_, dispi_);
  // Most of the memory is never used: pages of zeros are left out.
  if (archive.loading()) memory_.clear();
  for (u32 start = 0; start < kMemorySize; start += kPageSize) {
    const auto page = std::span(memory_).subspan(start, kPageSize);
    bool used = !archive.loading() && !all_zero(page);
    archive(used);
    if (used) archive.bytes(std::as_writable_bytes(page));
  }
  if (!archive.loading()) return;
  if (dac_component_ >= std::tuple_size_v<DacEntry>) {
    archive.fail("the DAC has no such component");
    dac_component_ = 0;
  }
  ++changes_;
}

}  // namespace ringdown
