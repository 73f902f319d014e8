// The command line of `ringdown lab paging`.
#pragma once

#include "frontend/lab/experiment.h"

namespace ringdown {

/// "[--json] [-- RUN OPTIONS]", a comparison of techniques, or "--report FILE [-- RUN OPTIONS]", one run.
Result<CommandLine> parse_paging_lab(const LabArguments& arguments);

}  // namespace ringdown
