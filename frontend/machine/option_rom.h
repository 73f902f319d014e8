// The option ROMs of our own that boot a kernel, as fw_cfg serves them to the firmware.
#pragma once

#include <vector>

#include "core/types.h"

namespace ringdown {

/// roms/linux_boot.asm and roms/multiboot.asm, with their checksums.
std::vector<u8> linux_boot_rom();
std::vector<u8> multiboot_rom();

}  // namespace ringdown
