// The queue's thread.
#include "frontend/serial/output_queue.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ringdown {

namespace {

constexpr std::size_t kCapacity = 1u << 20;
constexpr std::chrono::seconds kLongestWait{1};
/// Small enough that a host which is ready takes it without waiting (POSIX: PIPE_BUF is at least 512).
constexpr std::size_t kPiece = 512;
constexpr int kPollMilliseconds = 50;

}  // namespace

OutputQueue::OutputQueue() : thread_([this] { run(); }) {}

OutputQueue::~OutputQueue() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  filled_.notify_all();
  thread_.join();
}

void OutputQueue::connect(int fd) {
  std::unique_lock lock(mutex_);
  fd_ = fd;
  stalled_ = false;
  if (fd < 0) queue_.clear();
  // The old descriptor may be closed once nobody writes to it.
  drained_.wait(lock, [this] { return !writing_; });
}

void OutputQueue::write(std::span<const u8> bytes) {
  std::unique_lock lock(mutex_);
  if (fd_ < 0 || stop_) return;
  if (queue_.size() >= kCapacity && !stalled_) {
    stalled_ =
        !drained_.wait_for(lock, kLongestWait, [this] { return queue_.size() < kCapacity || fd_ < 0; });
  }
  if (queue_.size() >= kCapacity || fd_ < 0) return;
  const bool was_empty = queue_.empty();
  queue_.insert(queue_.end(), bytes.begin(), bytes.end());
  if (was_empty) filled_.notify_one();
}

void OutputQueue::finish(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  u64 seen = progress_;
  while (fd_ >= 0 && (writing_ || !queue_.empty())) {
    const bool moved =
        drained_.wait_for(lock, patience, [&] { return progress_ != seen || (queue_.empty() && !writing_); });
    if (!moved) break;
    seen = progress_;
  }
  fd_ = -1;
  queue_.clear();
  drained_.wait(lock, [this] { return !writing_; });
}

bool OutputQueue::write_some(int fd, std::span<const u8>& pending) {
  pollfd polled{fd, POLLOUT, 0};
  if (poll(&polled, 1, kPollMilliseconds) <= 0) return false;
  const ssize_t count = ::write(fd, pending.data(), std::min(pending.size(), kPiece));
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  // A host that is gone takes everything.
  pending = count < 0 ? std::span<const u8>() : pending.subspan(static_cast<std::size_t>(count));
  return true;
}

void OutputQueue::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    filled_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    std::vector<u8> bytes;
    bytes.swap(queue_);
    const int fd = fd_;
    writing_ = true;
    std::span<const u8> pending(bytes);
    while (!pending.empty() && fd == fd_ && !stop_) {
      lock.unlock();
      const bool moved = write_some(fd, pending);
      lock.lock();
      if (!moved) continue;
      ++progress_;
      stalled_ = false;
      drained_.notify_all();
    }
    writing_ = false;
    drained_.notify_all();
  }
}

}  // namespace ringdown
