// The option ROMs of our own, as fw_cfg serves them to the firmware.
#pragma once

#include <vector>

#include "core/types.h"

namespace ringdown {

/// roms/linux_boot.asm and roms/multiboot.asm, with their checksums.
std::vector<u8> linux_boot_rom();
std::vector<u8> multiboot_rom();
/// roms/no_mp_table.asm, likewise: the firmware leaves an MP table on a board without APICs too.
std::vector<u8> no_mp_table_rom();

}  // namespace ringdown
