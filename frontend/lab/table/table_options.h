// The arguments of `ringdown lab table`.
#pragma once

#include "frontend/lab/experiment.h"

namespace ringdown {

/// "[INSTRUCTION...] [--ring 1|3] [--umip] [--markdown | --json]".
Result<CommandLine> parse_table_lab(const LabArguments& arguments);

}  // namespace ringdown
