// The arguments of `ringdown lab silicon`.
#pragma once

#include "frontend/lab/experiment.h"

namespace ringdown {

/// "[--json]".
Result<CommandLine> parse_silicon_lab(const LabArguments& arguments);

}  // namespace ringdown
