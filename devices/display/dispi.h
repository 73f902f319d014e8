// The Bochs VBE 'DISPI' registers: linear high-colour modes beside the VGA's own.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/log.h"
#include "core/types.h"

namespace ringdown {

/// The register file of the Bochs VBE extension (documented in the Bochs and QEMU manuals, "VBE display HW
/// API", version B0C5h). It holds the mode; the VGA shows it and owns the memory.
class Dispi {
 public:
  enum class Index : u8 {
    Id = 0x0,
    XResolution = 0x1,
    YResolution = 0x2,
    BitsPerPixel = 0x3,
    Enable = 0x4,
    Bank = 0x5,
    VirtualWidth = 0x6,
    VirtualHeight = 0x7,
    XOffset = 0x8,
    YOffset = 0x9,
    VideoMemory64K = 0xa,
  };
  static constexpr u16 kIndexCount = 0xb;
  static constexpr u16 kFirstId = 0xb0c0;
  static constexpr u16 kLastId = 0xb0c5;
  static constexpr u16 kMaximumXResolution = 2560;
  static constexpr u16 kMaximumYResolution = 1600;
  static constexpr u16 kMaximumBitsPerPixel = 32;

  // Enable
  using Enabled = Field<u16, 0>;
  using GetCapabilities = Field<u16, 1>;
  using EightBitDac = Field<u16, 5>;
  using LinearFramebuffer = Field<u16, 6>;
  using NoClearMemory = Field<u16, 7>;

  /// What the VGA has to do after a write.
  enum class Effect : u8 { None, Changed, ClearMemory };

  Dispi(u32 memory_size, Log& log) : memory_size_(memory_size), log_(log) {}

  void reset();
  u16 read(u16 index) const;
  /// Values out of range are refused: the register keeps what it had.
  Effect write(u16 index, u16 value);

  bool enabled() const { return enable_.get<Enabled>(); }
  bool eight_bit_dac() const { return enable_.get<EightBitDac>(); }
  u32 width() const { return at(Index::XResolution); }
  u32 height() const { return at(Index::YResolution); }
  /// 4, 8, 15, 16, 24 or 32.
  u32 bits_per_pixel() const { return at(Index::BitsPerPixel); }
  /// Bytes from one line to the next; at 4 bits per pixel in each plane.
  u32 pitch() const { return pitch_of(at(Index::VirtualWidth)); }
  /// Where the first visible pixel stands; at 4 bits per pixel in each plane.
  u32 start_offset() const;
  /// Where the 64 KiB window leads.
  u32 bank_offset() const { return static_cast<u32>(at(Index::Bank)) << 16; }

  void serialize(Archive& archive);

 private:
  u16 at(Index index) const { return registers_[static_cast<std::size_t>(index)]; }
  u16& at(Index index) { return registers_[static_cast<std::size_t>(index)]; }
  u32 pitch_of(u32 width) const;
  u32 lines_of(u32 width) const;
  bool valid_mode() const;
  Effect write_enable(u16 value);
  void write_virtual_width(u16 value);

  u32 memory_size_;
  Log& log_;
  std::array<u16, kIndexCount> registers_{kLastId};
  Register<u16> enable_;
};

}  // namespace ringdown
