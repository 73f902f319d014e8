// Why the processor came back from running.
#pragma once

#include "core/types.h"

namespace ringdown {

/// Why `Processor::run` returned.
enum class ExitReason : u8 {
  Budget,      // the tick limit is reached
  Halted,      // HLT with nothing to take; time may jump to the next event
  Shutdown,    // triple fault
  Breakpoint,  // a debugger's breakpoint: EIP stands on it
  Watchpoint,  // a debugger's watchpoint: `watch_hit()` says which; the access is done
  Stopped,     // `request_stop`
  Invariant,   // guest code was about to run at physical ring 0 under a monitor
};

struct Exit {
  ExitReason reason = ExitReason::Budget;
  u64 qualification = 0;
};

}  // namespace ringdown
