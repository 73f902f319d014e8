// How long a drive takes in virtual time, whatever the host needs for the same work.
#pragma once

#include <algorithm>

#include "core/scheduler.h"

namespace ringdown {

struct IdeTiming {
  Picoseconds command = microseconds(100);  // from a command to its data or its end
  Picoseconds block = microseconds(2);      // from one block of a command's data to the next

  /// A drive whose commands take `latency`: no block of data takes longer than that.
  static constexpr IdeTiming of_latency(Picoseconds latency) {
    return {latency, std::min(latency, IdeTiming{}.block)};
  }
};

}  // namespace ringdown
