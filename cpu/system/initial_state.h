// What RESET# and INIT# load into a processor.
#pragma once

#include "cpu/system/view.h"

namespace ringdown {

enum class InitialState : u8 {
  Reset,  // power-up and RESET#
  Init,   // INIT#: model-specific registers, SMBASE and the bits that control caches stay, x87 and SSE too
};

/// Intel SDM vol. 3A, table 9-1; of the registers that a view holds.
void load_initial_state(SystemView& view, InitialState kind);

}  // namespace ringdown
