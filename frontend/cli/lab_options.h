// `ringdown lab`: experiments about a guest, seen from the monitor's side.
#pragma once

#include <string>
#include <vector>

#include "frontend/cli/options.h"

namespace ringdown {

/// Reads the arguments behind `lab`: "paging [--json] [-- RUN OPTIONS]", a comparison of techniques, or
/// "paging --report FILE -- RUN OPTIONS", one run. Errors are one line.
Result<CommandLine> parse_lab(const std::vector<std::string>& arguments);

}  // namespace ringdown
