// The command line of `ringdown image`.
#pragma once

#include <string>
#include <vector>

#include "frontend/cli/options.h"

namespace ringdown {

/// Reads what stands behind `image`.
Result<CommandLine> parse_image(const std::vector<std::string>& arguments);

}  // namespace ringdown
