// The time of day by the guest's clock.
#pragma once

#include <functional>

#include "frontend/machine/machine.h"

namespace ringdown {

/// Gives nanoseconds since 1970: the battery clock's time at the first call, in whatever zone it is, and the
/// guest's time that passes from there on. A guest that sets its clock later changes nothing.
std::function<u64()> guest_clock(Machine& machine);

}  // namespace ringdown
