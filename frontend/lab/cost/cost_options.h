// The arguments behind `ringdown lab cost`.
#pragma once

#include "frontend/lab/experiment.h"

namespace ringdown {

Result<CommandLine> parse_cost_lab(const LabArguments& arguments);

}  // namespace ringdown
