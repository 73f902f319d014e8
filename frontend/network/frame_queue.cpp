// The queue between the machine and a back end's thread.
#include "frontend/network/frame_queue.h"

#include <utility>

namespace ringdown {

bool FrameQueue::push(std::span<const std::byte> frame) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.count() == kMostFrames || waiting_.size() + frame.size() > kMostBytes) return false;
    waiting_.add(frame);
    wake = std::exchange(sleeping_, false);
  }
  if (wake) bell_.ring();
  return true;
}

void FrameQueue::take(FrameBatch& batch) {
  const std::lock_guard lock(mutex_);
  std::swap(batch, waiting_);
}

bool FrameQueue::nothing_waits() {
  const std::lock_guard lock(mutex_);
  sleeping_ = waiting_.empty();
  return sleeping_;
}

void FrameQueue::woken(bool rung) {
  {
    const std::lock_guard lock(mutex_);
    sleeping_ = false;
  }
  if (rung) bell_.clear();
}

}  // namespace ringdown
