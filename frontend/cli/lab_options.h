// `ringdown lab`: experiments about a guest, seen from the monitor's side.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "frontend/cli/options.h"

namespace ringdown {

/// Reads the arguments behind `lab`: "paging --report FILE [-- RUN OPTIONS]". Errors are one line.
Result<std::variant<Options, Answer>> parse_lab(const std::vector<std::string>& arguments);

}  // namespace ringdown
