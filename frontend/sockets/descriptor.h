// A file descriptor that closes itself, and a pipe that wakes a thread waiting in poll().
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace ringdown {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

/// Once rung it stays so, until it is cleared.
class WakePipe {
 public:
  WakePipe() {
    std::array<int, 2> ends{-1, -1};
    if (pipe(ends.data()) != 0) return;
    read_ = Descriptor(ends[0]);
    write_ = Descriptor(ends[1]);
    // A pipe that is full has been rung often enough.
    for (const int end : ends) {
      fcntl(end, F_SETFL, O_NONBLOCK);
      fcntl(end, F_SETFD, FD_CLOEXEC);
    }
  }
  void ring() const {
    const char byte = 0;
    [[maybe_unused]] const ssize_t written = write(write_.get(), &byte, 1);
  }
  void clear() const {
    std::array<char, 64> bytes;
    while (read(read_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) {
    }
  }
  /// What is readable while it is rung.
  int fd() const { return read_.get(); }
  /// Waits for one of poll()'s `events` of `fd`, or until it was closed by its other end. False if the pipe
  /// was rung.
  bool wait_for(int fd, short events) const {
    std::array<pollfd, 2> polled{pollfd{fd, events, 0}, pollfd{read_.get(), POLLIN, 0}};
    while (true) {
      const int ready = poll(polled.data(), polled.size(), -1);
      if (polled[1].revents != 0) return false;
      if (ready > 0 && polled[0].revents != 0) return true;
    }
  }
  bool wait_readable(int fd) const { return wait_for(fd, POLLIN); }

 private:
  Descriptor read_;
  Descriptor write_;
};

}  // namespace ringdown
