// What the console shows of the monitor's paging.
#pragma once

#include <string>

#include "frontend/machine/machine.h"

namespace ringdown {

/// Level by level: the guest's entry, the shadow's, and the host frame that holds the guest's table.
std::string paging_view(Machine& machine, GuestLinear address);
/// Counters, tables in use, memory used.
std::string paging_statistics_view(Machine& machine);
/// Guest frames to which stores trap, and what they hold.
std::string protected_frames_view(Machine& machine);

}  // namespace ringdown
