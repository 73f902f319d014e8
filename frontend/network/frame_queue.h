// Frames of the guest on their way to a back end's thread.
#pragma once

#include <poll.h>

#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include "core/types.h"
#include "frontend/adaptive_polling.h"
#include "frontend/sockets/descriptor.h"

namespace ringdown {

/// Frames one behind the other in one piece of memory.
class FrameBatch {
 public:
  void add(std::span<const std::byte> frame) {
    bytes_.insert(bytes_.end(), frame.begin(), frame.end());
    lengths_.push_back(static_cast<u32>(frame.size()));
  }
  void clear() {
    bytes_.clear();
    lengths_.clear();
  }
  bool empty() const { return lengths_.empty(); }
  std::size_t count() const { return lengths_.size(); }
  std::size_t size() const { return bytes_.size(); }
  template <class Visit>
  void for_each(Visit visit) const {
    std::span<const std::byte> rest(bytes_);
    for (const u32 length : lengths_) {
      visit(rest.first(length));
      rest = rest.subspan(length);
    }
  }

 private:
  std::vector<std::byte> bytes_;
  std::vector<u32> lengths_;
};

/// A bounded queue between the machine's thread and one that waits in poll(). While that one is busy a frame
/// costs no call of the system.
class FrameQueue {
 public:
  static constexpr std::size_t kMostFrames = 4096;
  static constexpr std::size_t kMostBytes = std::size_t{4} << 20;

  /// From any thread; false if the queue is full.
  bool push(std::span<const std::byte> frame);
  /// From any thread: whoever waits for `fd` wakes up.
  void ring() { bell_.ring(); }

  // By the thread that takes the frames:
  /// All that wait; `batch` is empty before.
  void take(FrameBatch& batch);
  /// poll() of other descriptors beside the frames: `polled` begins with a place for the bell, and where
  /// frames wait it returns at once. -1 `milliseconds`: for ever.
  int wait(std::span<pollfd> polled, int milliseconds);
  /// The same whether frames wait or not.
  int wait_for_others(std::span<pollfd> polled);
  /// Readable once rung, also where nobody is in wait().
  const WakePipe& bell() const { return bell_; }
  void silence() { bell_.clear(); }

 private:
  bool holds_frames();
  /// The same, before it sleeps: if there are none, the next frame rings.
  bool next_one_rings();

  std::mutex mutex_;
  FrameBatch waiting_;     // guarded by mutex_
  bool sleeping_ = false;  // guarded by mutex_
  WakePipe bell_;
  AdaptivePolling polling_;  // of the thread that takes the frames
};

}  // namespace ringdown
