// Files that a run writes: checked before anything is created, written whole.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// Whether `path` can be written, without creating it. The error names the option and the file.
Result<void> check_writable(std::string_view option, const std::string& path);

/// Replaces the file in one step: whoever reads it sees the old or the new content.
Result<void> write_whole_file(const std::string& path, std::span<const std::byte> content);

}  // namespace ringdown
