// The command line of `ringdown lab report`.
#pragma once

#include "frontend/lab/experiment.h"

namespace ringdown {

/// "-o FILE [--quick] [--sections LIST] [--json]".
Result<CommandLine> parse_report_lab(const LabArguments& arguments);

}  // namespace ringdown
