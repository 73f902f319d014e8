// Access to video memory: the planes through the legacy window, and the linear framebuffer.
#include <array>
#include <cstring>

#include "devices/display/vga.h"

namespace ringdown {

using namespace vga;

namespace {

constexpr u32 kPlaneSize = 0x1'0000;
constexpr u32 kWindow64K = 0x1'0000;
constexpr u32 kWindow32K = 0x8000;

/// A byte in all four planes.
constexpr u32 in_all_planes(u8 byte) { return byte * 0x0101'0101u; }
/// 00h or FFh in each plane by the bits of a nibble.
constexpr std::array<u32, 16> kExpanded = [] {
  std::array<u32, 16> table{};
  for (u32 nibble = 0; nibble < table.size(); ++nibble) {
    for (u32 plane = 0; plane < 4; ++plane) {
      if ((nibble >> plane & 1) != 0) table[nibble] |= 0xffu << (8 * plane);
    }
  }
  return table;
}();
constexpr u32 expand_planes(u8 nibble) { return kExpanded[nibble & 0x0f]; }

u32 combine(Function function, u32 data, u32 latches) {
  switch (function) {
    case Function::Replace:
      return data;
    case Function::And:
      return data & latches;
    case Function::Or:
      return data | latches;
    case Function::Xor:
      return data ^ latches;
  }
  return data;
}

}  // namespace

std::optional<u32> Vga::window_address(u32 offset) const {
  if (!miscellaneous_output_.get<RamEnable>()) return std::nullopt;
  u32 start = 0;
  u32 size = 0;
  switch (MemoryMapSelect::get(graphics(Graphics::Miscellaneous))) {
    case MemoryMap::A0000To128K:
      size = kLegacyWindowSize;
      break;
    case MemoryMap::A0000To64K:
      size = kWindow64K;
      break;
    case MemoryMap::B0000To32K:
      start = kWindow64K;
      size = kWindow32K;
      break;
    case MemoryMap::B8000To32K:
      start = kWindow64K + kWindow32K;
      size = kWindow32K;
      break;
  }
  if (offset < start || offset - start >= size) return std::nullopt;
  return offset - start;
}

u32 Vga::plane_address(u32 address) const {
  if (dispi_.enabled()) return (address + dispi_.bank_offset()) & (kMemorySize / 4 - 1);
  u32 plane_offset = address;
  if (Chain4::get(sequencer(Sequencer::MemoryMode))) {
    // Address bits 1 and 0 choose the plane; the controller drives zeros in their place.
    plane_offset &= ~u32{3};
  } else if (ChainOddEven::get(graphics(Graphics::Miscellaneous))) {
    // Bit 0 chooses the plane; in the 128 KiB map bit 16 takes its place.
    plane_offset = (plane_offset & ~u32{1}) | ((plane_offset >> 16) & 1);
  }
  return plane_offset & (kPlaneSize - 1);
}

u32 Vga::planes(u32 address) const {
  u32 value;
  std::memcpy(&value, &memory_[u64{address} * 4], sizeof value);
  return value;
}

void Vga::set_planes(u32 address, u32 value) {
  std::memcpy(&memory_[u64{address} * 4], &value, sizeof value);
}

u8 Vga::read_window_byte(u32 offset) {
  const std::optional<u32> address = window_address(offset);
  if (!address) return 0xff;
  if (dispi_.enabled() && dispi_.bits_per_pixel() != 4) {
    return memory_[(*address + dispi_.bank_offset()) & (kMemorySize - 1)];
  }
  return read_planar(*address, plane_address(*address));
}

void Vga::write_window_byte(u32 offset, u8 value) {
  const std::optional<u32> address = window_address(offset);
  if (!address) return;
  ++changes_;
  if (dispi_.enabled() && dispi_.bits_per_pixel() != 4) {
    memory_[(*address + dispi_.bank_offset()) & (kMemorySize - 1)] = value;
    return;
  }
  u8 plane_mask = sequencer(Sequencer::MapMask);
  if (Chain4::get(sequencer(Sequencer::MemoryMode))) {
    plane_mask &= static_cast<u8>(1u << (*address & 3));
  } else if (!OddEvenDisable::get(sequencer(Sequencer::MemoryMode))) {
    plane_mask &= (*address & 1) != 0 ? 0b1010 : 0b0101;
  }
  write_planar(plane_mask, plane_address(*address), value);
}

u8 Vga::read_planar(u32 address, u32 plane_address) {
  latches_ = planes(plane_address);
  const u8 mode = graphics(Graphics::Mode);
  if (ReadModeCompare::get(mode)) {
    // A bit is set where all planes that are cared for have the compare colour.
    const u32 care = expand_planes(graphics(Graphics::ColorDontCare));
    const u32 different = (latches_ ^ expand_planes(graphics(Graphics::ColorCompare))) & care;
    const u32 any = different | different >> 8 | different >> 16 | different >> 24;
    return static_cast<u8>(~any);
  }
  u32 plane = graphics(Graphics::ReadMapSelect);
  if (Chain4::get(sequencer(Sequencer::MemoryMode))) {
    plane = address & 3;
  } else if (HostOddEven::get(mode)) {
    plane = (plane & 2) | (address & 1);
  }
  return static_cast<u8>(latches_ >> (8 * plane));
}

void Vga::write_planar(u8 plane_mask, u32 plane_address, u8 value) {
  const u8 rotate = graphics(Graphics::DataRotate);
  const u8 rotated = std::rotr(value, RotateCount::get(rotate));
  const Function function = FunctionSelect::get(rotate);
  const u32 set_reset = expand_planes(graphics(Graphics::SetReset));
  u8 bit_mask = graphics(Graphics::BitMask);
  u32 data = 0;
  switch (WriteMode::get(graphics(Graphics::Mode))) {
    case 0: {
      const u32 enable = expand_planes(graphics(Graphics::EnableSetReset));
      data = combine(function, (in_all_planes(rotated) & ~enable) | (set_reset & enable), latches_);
      break;
    }
    case 1:
      data = latches_;
      bit_mask = 0xff;
      break;
    case 2:
      data = combine(function, expand_planes(value & 0x0f), latches_);
      break;
    case 3:
      data = combine(function, set_reset, latches_);
      bit_mask &= rotated;
      break;
  }
  const u32 bits = in_all_planes(bit_mask);
  const u32 result = (data & bits) | (latches_ & ~bits);
  const u32 writable = expand_planes(plane_mask);
  set_planes(plane_address, (planes(plane_address) & ~writable) | (result & writable));
}

u64 Vga::read_window(u32 offset, Width width) {
  u64 value = 0;
  for (u32 i = 0; i < bytes_of(width); ++i) value |= u64{read_window_byte(offset + i)} << (8 * i);
  return value;
}

void Vga::write_window(u32 offset, Width width, u64 value) {
  for (u32 i = 0; i < bytes_of(width); ++i) write_window_byte(offset + i, static_cast<u8>(value >> (8 * i)));
}

u64 Vga::read_framebuffer(u32 offset, Width width) {
  if (offset > kMemorySize - bytes_of(width)) return open_bus(width);
  u64 value = 0;
  std::memcpy(&value, &memory_[offset], bytes_of(width));
  return value;
}

void Vga::write_framebuffer(u32 offset, Width width, u64 value) {
  if (offset > kMemorySize - bytes_of(width)) return;
  ++changes_;
  std::memcpy(&memory_[offset], &value, bytes_of(width));
}

}  // namespace ringdown
