// The command line of `ringdown lab violate`.
#pragma once

#include "frontend/lab/experiment.h"

namespace ringdown {

/// "INSTRUCTION[,...] [--go] [--within N] ... GUEST | -- RUN OPTIONS".
Result<CommandLine> parse_violate_lab(const LabArguments& arguments);

}  // namespace ringdown
