// What becomes of two machines after the first wrong result.
#pragma once

#include <string>

#include "frontend/lab/lockstep/lockstep_side.h"

namespace ringdown {

/// How one of them went on.
struct AfterSide {
  std::string end;     // "exit 0", a triple fault's story, "hangs: ..."; "runs on" at the limit
  std::string output;  // what the guest said from then on
  Ticks instructions = 0;
};

/// Lets it run to its end, for at most `within` instructions more. A guest that stays in one small loop
/// hangs.
AfterSide run_on(LockstepSide& side, Ticks within);

}  // namespace ringdown
