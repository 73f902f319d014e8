// The VGA as a PCI function: the display adapter that firmware and drivers know as 1234:1111.
#pragma once

#include <vector>

#include "core/pci_function.h"
#include "core/rom_range.h"
#include "devices/display/vga.h"

namespace ringdown {

/// Configuration space of the Bochs display adapter: BAR 0 is video memory, BAR 2 the registers, and the
/// expansion ROM holds the VGA BIOS. The legacy ports and the window at A0000h are the board's to attach.
class VgaPci final : public PciFunction {
 public:
  static constexpr u16 kVendorId = 0x1234;
  static constexpr u16 kDeviceId = 0x1111;
  static constexpr unsigned kFramebufferBar = 0;
  static constexpr unsigned kRegisterBar = 2;

  /// `rom` is the VGA BIOS image, at most RomRange::kLargest; without bytes the function has no expansion
  /// ROM.
  VgaPci(Vga& vga, std::vector<u8> rom);

  ChunkTag chunk_tag() const override { return ChunkTag("VGAP"); }

 private:
  RomRange rom_;
};

}  // namespace ringdown
