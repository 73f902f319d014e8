// Wakes the machine's thread from its sleep.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

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
  void wait() {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }
  void wait_until(Clock::time_point time) {
    std::unique_lock lock(mutex_);
    condition_.wait_until(lock, time, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool rung_ = false;
};

}  // namespace ringdown
