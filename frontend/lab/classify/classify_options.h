// The command line of `ringdown lab classify`.
#pragma once

#include "frontend/lab/experiment.h"

namespace ringdown {

Result<CommandLine> parse_classify_lab(const LabArguments& arguments);

}  // namespace ringdown
