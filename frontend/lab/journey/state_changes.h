// What of a guest's virtual state an entry to the monitor changed.
#pragma once

#include <vector>

#include "cpu/privileged_state.h"
#include "cpu/registers.h"
#include "frontend/lab/journey/journey.h"

namespace ringdown {

/// The items that a student of the manual knows, in its order: selectors, flags, control and table registers,
/// what an instruction on privileged state changes, general registers included.
struct VirtualState {
  PrivilegedState privileged;
  Registers registers;
};

std::vector<StateChange> changes_between(const VirtualState& before, const VirtualState& after);

}  // namespace ringdown
