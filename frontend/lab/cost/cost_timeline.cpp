// Traps by cause over the course of a run.
#include "frontend/lab/cost/cost_timeline.h"

#include <utility>

namespace ringdown {

void CostTimelineRecorder::turn() {
  const u64 since = timeline_.samples.empty() ? 0 : timeline_.samples.back().instructions;
  if (machine_.ticks() - since >= timeline_.interval) sample();
}

void CostTimelineRecorder::sample() {
  const auto& now = machine_.monitor()->statistics().by_cause;
  CostTimeline::Sample sample{machine_.ticks(), {}};
  for (std::size_t cause = 0; cause < now.size(); ++cause) sample.traps[cause] = now[cause] - told_[cause];
  told_ = now;
  std::vector<CostTimeline::Sample>& samples = timeline_.samples;
  samples.push_back(sample);
  if (samples.size() < kMostSamples) return;
  timeline_.interval *= 2;
  for (std::size_t pair = 0; pair < samples.size() / 2; ++pair) {
    const CostTimeline::Sample& first = samples[2 * pair];
    CostTimeline::Sample both = samples[2 * pair + 1];
    for (std::size_t cause = 0; cause < both.traps.size(); ++cause) both.traps[cause] += first.traps[cause];
    samples[pair] = both;
  }
  samples.resize(samples.size() / 2);
}

CostTimeline CostTimelineRecorder::take() {
  if (timeline_.samples.empty() || timeline_.samples.back().instructions != machine_.ticks()) sample();
  return std::move(timeline_);
}

}  // namespace ringdown
