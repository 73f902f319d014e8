// The options of clocks and speed.
#pragma once

#include "frontend/cli/option_reader.h"
#include "frontend/cli/options.h"

namespace ringdown {

/// --clock, --speed, --turbo, --missed-ticks, --rtc and --hpet.
void read_time(OptionReader& reader, Options& options);

}  // namespace ringdown
