// The options of clocks and speed.
#pragma once

#include "frontend/cli/option_reader.h"
#include "frontend/cli/options.h"

namespace ringdown {

/// --clock, --speed and --rtc.
void read_time(OptionReader& reader, Options& options);

}  // namespace ringdown
