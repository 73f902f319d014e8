// A machine's end of a cable, for tests of back ends: what arrives is waited for, never slept for.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/input_seam.h"
#include "frontend/network/network_backend.h"

namespace ringdown {

using Frame = std::vector<u8>;

inline std::span<const std::byte> bytes_of(const Frame& frame) { return std::as_bytes(std::span(frame)); }

/// Notices of back ends, from any thread.
class Notices {
 public:
  NetworkNotice taker() {
    return [this](const std::string& text) {
      const std::lock_guard lock(mutex_);
      all_.push_back(text);
      told_.notify_all();
    };
  }
  /// Waits until one has that part; fails the test if none comes.
  void wait_for(const std::string& part) {
    const auto has_it = [&] {
      return std::ranges::any_of(all_,
                                 [&](const std::string& t) { return t.find(part) != std::string::npos; });
    };
    std::unique_lock lock(mutex_);
    if (!told_.wait_for(lock, kPatience, has_it)) FAIL("waited in vain for '" << part << "'");
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  static constexpr std::chrono::seconds kPatience{60};
  std::mutex mutex_;
  std::condition_variable told_;
  std::vector<std::string> all_;
};

class NetworkInbox {
 public:
  NetworkInbox() {
    seam_.set_wake([this] {
      const std::lock_guard lock(mutex_);
      posted_ = true;
      condition_.notify_all();
    });
    seam_.connect(InputChannel::Nic0, [this](const std::vector<u8>& frame) { frames_.push_back(frame); });
    seam_.connect(InputChannel::NicLink,
                  [this](const std::vector<u8>& payload) { links_.push_back(payload.at(1) != 0); });
  }

  NetworkInput& input() { return input_; }
  InputSeam& seam() { return seam_; }

  /// The next frame; fails the test if none comes.
  Frame next_frame() { return next(frames_, "a frame"); }
  bool next_link() { return next(links_, "news of the link"); }
  /// The next frame that fits.
  template <class Fits>
  Frame next_frame_that(Fits fits) {
    while (true) {
      Frame frame = next_frame();
      if (fits(frame)) return frame;
    }
  }
  bool empty() const { return frames_.empty(); }

 private:
  template <class T>
  T next(std::deque<T>& queue, const char* what) {
    constexpr std::chrono::seconds kPatience{60};
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        posted_ = false;
      }
      ++moment_.ticks;
      seam_.deliver(moment_);
      if (!queue.empty()) {
        T first = std::move(queue.front());
        queue.pop_front();
        return first;
      }
      std::unique_lock lock(mutex_);
      if (!condition_.wait_until(lock, deadline, [this] { return posted_; }))
        FAIL("waited in vain for " << what);
    }
  }

  InputSeam seam_;
  NetworkInput input_{seam_, 0};
  InputMoment moment_;
  std::deque<Frame> frames_;
  std::deque<bool> links_;
  std::mutex mutex_;
  std::condition_variable condition_;
  bool posted_ = false;  // guarded by mutex_
};

}  // namespace ringdown
