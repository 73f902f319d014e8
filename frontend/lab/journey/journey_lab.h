// The experiment: runs a guest until the journeys that are asked for have been made.
#pragma once

#include <string>
#include <vector>

#include "frontend/cli/options.h"
#include "frontend/lab/journey/journey.h"

namespace ringdown {

struct JourneyRequest {
  std::vector<JourneyKind> kinds;
  Options guest;
  u64 skip = 0;  // calls of each kind before the one that is followed
  Ticks within = 0;
};

struct JourneyResult {
  std::vector<Journey> journeys;  // in the order of the kinds
  /// A line for each kind that is missing: how many calls of it there were, and how the run ended.
  std::vector<std::string> missing;
};

/// The laboratory's own guest, warmed up or not: in `cold` its first calls are followed.
JourneyRequest own_journey(const std::vector<JourneyKind>& kinds, bool cold = false);
/// The error is that of the machine that could not be built.
Result<JourneyResult> follow_journeys(const JourneyRequest& request);

/// What `ringdown lab journey` was asked for.
struct JourneyLab {
  JourneyRequest request;
  bool json = false;
  std::string svg_path;  // empty: no drawing
};

/// The whole experiment; returns the exit status of the process.
int run_journey_lab(const JourneyLab& lab);

}  // namespace ringdown
