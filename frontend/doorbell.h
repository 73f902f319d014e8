// Wakes the machine's thread from its sleep.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "frontend/adaptive_polling.h"

namespace ringdown {

class Doorbell {
 public:
  using Clock = std::chrono::steady_clock;

  /// From any thread. A ring that nobody waits for ends the next wait at once.
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    condition_.notify_all();
  }
  void wait() { wait_until(Clock::time_point::max()); }
  void wait_until(Clock::time_point time) {
    const Clock::time_point begin = Clock::now();
    if (look_until(std::min(time, begin + polling_.window())) || sleep_until(time)) {
      polling_.found(Clock::now() - begin);
    } else {
      polling_.woke_alone();
    }
  }

 private:
  // Both: whether it was rung.
  bool look_until(Clock::time_point time) {
    while (!rung_.exchange(false)) {
      if (Clock::now() >= time) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool sleep_until(Clock::time_point time) {
    std::unique_lock lock(mutex_);
    const auto rung = [this] { return rung_.load(); };
    // The end of all time is more than every host's call takes.
    if (time == Clock::time_point::max()) {
      condition_.wait(lock, rung);
    } else {
      condition_.wait_until(lock, time, rung);
    }
    return rung_.exchange(false);
  }

  std::mutex mutex_;
  std::condition_variable condition_;
  std::atomic<bool> rung_{false};  // set with mutex_ held
  AdaptivePolling polling_;        // of the thread that waits
};

}  // namespace ringdown
