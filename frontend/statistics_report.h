// --stats and --summary: all counters of a run.
#pragma once

#include <string>
#include <vector>

#include "frontend/network/host_network.h"
#include "frontend/runner.h"

namespace ringdown {

/// What the machine itself does not know.
struct RunFacts {
  const RunEnd& end;
  Ticks first_tick;     // where the run began, after a restored state
  double host_seconds;  // from start to end
  double busy_seconds;  // of these spent running
  std::vector<AdapterReport> adapters = {};
};

/// The counters as JSON; docs/statistics.md explains the keys.
std::string statistics_json(Machine& machine, const RunFacts& facts);
/// A few lines for a person.
std::string statistics_summary(Machine& machine, const RunFacts& facts);

}  // namespace ringdown
