// A scheduler whose time a test moves by hand: one tick is one nanosecond.
#pragma once

#include <algorithm>

#include "core/scheduler.h"

namespace ringdown::test {

/// It saves its ticks, as a processor does: restore it before the scheduler and the devices.
class TestClock final : public TickSource, public Serializable {
 public:
  TestClock() { scheduler_.connect(*this); }

  Scheduler& scheduler() { return scheduler_; }

  /// Lets `duration` pass, running each event at its exact time.
  void advance(Picoseconds duration) {
    const Ticks end = ticks_ + (duration + kPicosecondsPerTick - 1) / kPicosecondsPerTick;
    while (scheduler_.next_deadline_ticks() <= end) {
      ticks_ = std::max(ticks_, scheduler_.next_deadline_ticks());
      scheduler_.run_due();
    }
    ticks_ = end;
  }

  Ticks ticks() const override { return ticks_; }
  void deadline_moved() override {}

  ChunkTag chunk_tag() const override { return ChunkTag("TICK"); }
  void serialize(Archive& archive) override { archive(ticks_); }

 private:
  static constexpr Picoseconds kPicosecondsPerTick = 1'000;

  Ticks ticks_ = 0;
  Scheduler scheduler_{kPicosecondsPerSecond / kPicosecondsPerTick};
};

}  // namespace ringdown::test
