// Formats that other programs serve over NBD: recognised, so that nobody boots one as if it were raw.
#pragma once

#include <span>
#include <string_view>

#include "core/block_file.h"

namespace ringdown {

/// "qcow2", "VMDK", "VDI", "VHD" or "VHDX" by the magic numbers in their specifications; empty for none.
/// `start` is the first sector.
std::string_view foreign_format(std::span<const std::byte> start, BlockFile& file);

}  // namespace ringdown
