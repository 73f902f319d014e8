// Output of the guest on its way to the host: a bounded queue that a thread of its own writes out.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "core/types.h"

namespace ringdown {

/// Keeps the machine's thread from waiting for a slow terminal, pipe or socket. A queue that is full holds
/// the writer of it up for at most a second; what then still does not fit is dropped until the host takes
/// some again.
class OutputQueue {
 public:
  OutputQueue();
  ~OutputQueue();
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  /// Output goes to `fd`, which stays the caller's; -1 drops it.
  void connect(int fd);
  /// From any thread.
  void write(std::span<const u8> bytes);
  /// Waits until everything is written, giving up once nothing was taken for `patience`. Then output is
  /// dropped.
  void finish(std::chrono::milliseconds patience);

 private:
  void run();
  /// One piece of `pending`; false if the host takes none.
  bool write_some(int fd, std::span<const u8>& pending);

  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable drained_;
  std::vector<u8> queue_;  // these five guarded by mutex_
  int fd_ = -1;
  bool writing_ = false;
  bool stalled_ = false;
  bool stop_ = false;
  u64 progress_ = 0;
  std::thread thread_;
};

}  // namespace ringdown
