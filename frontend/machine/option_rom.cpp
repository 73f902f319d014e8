// Takes the option ROMs that the build assembled and seals them with their checksums.
#include "frontend/machine/option_rom.h"

#include <numeric>
#include <span>

// Made from roms/ by cmake/GuestRom.cmake.
extern const unsigned char ringdown_rom_linux_boot[];
extern const unsigned ringdown_rom_linux_boot_size;
extern const unsigned char ringdown_rom_multiboot[];
extern const unsigned ringdown_rom_multiboot_size;
extern const unsigned char ringdown_rom_no_mp_table[];
extern const unsigned ringdown_rom_no_mp_table_size;

namespace ringdown {

namespace {

/// The bytes of an option ROM sum up to zero; its last byte is free for that.
std::vector<u8> sealed(std::span<const unsigned char> image) {
  std::vector<u8> rom(image.begin(), image.end());
  rom.back() = static_cast<u8>(-std::accumulate(rom.begin(), rom.end() - 1, 0));
  return rom;
}

}  // namespace

std::vector<u8> linux_boot_rom() { return sealed({ringdown_rom_linux_boot, ringdown_rom_linux_boot_size}); }
std::vector<u8> multiboot_rom() { return sealed({ringdown_rom_multiboot, ringdown_rom_multiboot_size}); }
std::vector<u8> no_mp_table_rom() {
  return sealed({ringdown_rom_no_mp_table, ringdown_rom_no_mp_table_size});
}

}  // namespace ringdown
