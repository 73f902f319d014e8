// SIGTERM, SIGINT and SIGHUP end the machine in an orderly way.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace ringdown {

/// To be made before any other thread, which then inherit that these signals are blocked.
class StopSignals {
 public:
  /// `stop` is called on a thread of its own, at the first signal. A second one ends the process at once.
  explicit StopSignals(std::function<void()> stop);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  void run();

  std::function<void()> stop_;
  std::atomic<bool> finished_ = false;
  std::thread thread_;
};

}  // namespace ringdown
