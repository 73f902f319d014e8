// A disk's blocks before and after a guest's work (roms/lab/io_blocks.inc).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// What the guest finds: each block holds its number in its first dword, and the complement in its last one.
std::vector<std::byte> numbered_blocks();

/// Whether the file holds what a guest leaves that wrote `units` blocks of it.
Result<void> check_written_blocks(const std::string& path, u32 units);

}  // namespace ringdown
