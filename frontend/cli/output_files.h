// Files that a run writes: checked before anything is created, written whole.
#pragma once

#include <span>
#include <string>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

struct Options;

/// Whether all files that a run was asked to write can be written and are no others of its files; creates
/// nothing. The error names the option and the file.
Result<void> check_outputs(const Options& options);

/// The same for a file that is no output of the run itself; `option` is all that stands before its name.
Result<void> check_output(const std::string& option, const std::string& path, const Options& options);

/// Replaces the file in one step: whoever reads it sees the old or the new content.
Result<void> write_whole_file(const std::string& path, std::span<const std::byte> content);

}  // namespace ringdown
