// The arguments behind `ringdown lab io`.
#pragma once

#include "frontend/lab/experiment.h"

namespace ringdown {

Result<CommandLine> parse_io_lab(const LabArguments& arguments);

}  // namespace ringdown
