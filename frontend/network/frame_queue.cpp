// The queue between the machine and a back end's thread.
#include "frontend/network/frame_queue.h"

#include <chrono>
#include <thread>
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

bool FrameQueue::holds_frames() {
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

bool FrameQueue::next_one_rings() {
  const std::lock_guard lock(mutex_);
  sleeping_ = waiting_.empty();
  return sleeping_;
}

int FrameQueue::wait_for_others(std::span<pollfd> polled) {
  polled.front() = {bell_.fd(), POLLIN, 0};
  const int ready = poll(polled.data(), polled.size(), -1);
  if (ready > 0 && polled.front().revents != 0) silence();
  return ready;
}

int FrameQueue::wait(std::span<pollfd> polled, int milliseconds) {
  using Clock = std::chrono::steady_clock;
  polled.front() = {bell_.fd(), POLLIN, 0};
  const Clock::time_point begin = Clock::now();
  int ready = 0;
  bool frames = false;
  while (milliseconds != 0 && ready == 0 && !frames && Clock::now() - begin < polling_.window()) {
    std::this_thread::yield();
    ready = poll(polled.data(), polled.size(), 0);
    frames = holds_frames();
  }
  if (ready == 0 && !frames) {
    frames = !next_one_rings();
    ready = poll(polled.data(), polled.size(), frames ? 0 : milliseconds);
    const std::lock_guard lock(mutex_);
    sleeping_ = false;
  }
  if (ready > 0 || frames) {
    polling_.found(Clock::now() - begin);
  } else if (milliseconds != 0) {
    polling_.woke_alone();
  }
  if (ready > 0 && polled.front().revents != 0) silence();
  return ready;
}

}  // namespace ringdown
