// How long a thread that has run out of work looks for more before it goes to sleep.
#pragma once

#include <algorithm>
#include <chrono>

namespace ringdown {

/// To be woken takes a host some tens of microseconds, longer than a network's other end needs for an answer.
/// So a thread to which work came soon after it had gone to sleep looks for a while the next time, and longer
/// each time that it was too short. One that is left alone for longer than kLongest, or that wakes up by
/// itself, sleeps at once: a machine at rest costs nothing. (KVM's halt polling goes by the same rules.)
class AdaptivePolling {
 public:
  using Duration = std::chrono::steady_clock::duration;
  static constexpr std::chrono::microseconds kShortest{20};
  static constexpr std::chrono::microseconds kLongest{200};

  /// How long to look, before sleeping.
  Duration window() const { return window_; }
  /// Work has come, so long after there was none; the thread may have slept meanwhile.
  void found(Duration waited) {
    if (waited > kLongest) {
      window_ = Duration::zero();
    } else if (waited > window_) {
      window_ = std::clamp<Duration>(2 * window_, kShortest, kLongest);
    }
  }
  /// It has slept, and no work has come.
  void woke_alone() { window_ = Duration::zero(); }

 private:
  Duration window_{0};
};

}  // namespace ringdown
