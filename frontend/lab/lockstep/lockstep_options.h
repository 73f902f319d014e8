// The command line of `ringdown lab lockstep`.
#pragma once

#include "frontend/lab/experiment.h"

namespace ringdown {

/// "[--every N] [--ring 1|3] ... GUEST | -- RUN OPTIONS".
Result<CommandLine> parse_lockstep_lab(const LabArguments& arguments);

}  // namespace ringdown
