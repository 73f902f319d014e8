// The arguments behind `ringdown lab journey`.
#pragma once

#include "frontend/lab/experiment.h"

namespace ringdown {

Result<CommandLine> parse_journey_lab(const LabArguments& arguments);

}  // namespace ringdown
