// Decoding of an NE2000's ports.
#include "devices/network/ns8390/ne2000_ports.h"

namespace ringdown {

namespace {

constexpr u32 kDataPort = 0x10;
constexpr u32 kResetPort = 0x18;
constexpr unsigned kMakerPage = 3;

}  // namespace

u8 Ne2000Ports::read_register(unsigned offset) {
  if (maker_ != nullptr) {
    if (const std::optional<u8> value = maker_->read(controller_.page(), offset)) return *value;
  }
  return controller_.read_register(offset);
}

u64 Ne2000Ports::read(u32 offset, Width width) {
  if (offset >= kResetPort) {
    controller_.reset();
    return 0;
  }
  if (offset >= kDataPort) return controller_.read_data(width);
  u64 value = 0;
  for (unsigned i = 0; i < bytes_of(width); ++i) {
    value |= u64{read_register((offset + i) % ns8390::kRegisters)} << (8 * i);
  }
  return value;
}

/// A write to the reset port ends what reading it began, which here takes no time.
void Ne2000Ports::write(u32 offset, Width width, u64 value) {
  if (offset >= kResetPort) return;
  if (offset >= kDataPort) return controller_.write_data(width, value);
  for (unsigned i = 0; i < bytes_of(width); ++i) {
    const unsigned at = (offset + i) % ns8390::kRegisters;
    const u8 byte = static_cast<u8>(value >> (8 * i));
    if (maker_ != nullptr && controller_.page() == kMakerPage && at != ns8390::kCommand) {
      maker_->write(at, byte);
    } else {
      controller_.write_register(at, byte);
    }
  }
}

}  // namespace ringdown
