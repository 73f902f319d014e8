// Traps by cause over the course of a run.
#pragma once

#include "frontend/lab/cost/cost.h"
#include "frontend/runner.h"

namespace ringdown {

/// Takes a sample between slices of the run; when there are too many, two become one.
class CostTimelineRecorder final : public RunnerCompanion {
 public:
  static constexpr std::size_t kMostSamples = 200;

  explicit CostTimelineRecorder(Machine& machine) : machine_(machine) {}
  void turn() override;
  /// With what came since the last sample.
  CostTimeline take();

 private:
  void sample();

  Machine& machine_;
  CostTimeline timeline_{1'000'000, {}};
  decltype(MonitorStatistics::by_cause) told_{};  // in the samples so far
};

}  // namespace ringdown
