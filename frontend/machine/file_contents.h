// Reading a whole file of the host that a user named.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// The file's bytes. Errors name it and what to do: missing, a folder, no permission. Pipes are read to their
/// end.
Result<std::vector<u8>> read_whole_file(const std::string& path);

}  // namespace ringdown
