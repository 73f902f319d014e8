// A medium in memory that a test can keep away, as a server that does not answer, and make fail.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <limits>
#include <mutex>
#include <vector>

#include "core/disk_image.h"

namespace ringdown::test {

class LateImage final : public DiskImage {
 public:
  /// What is left to see when the image is gone.
  struct Trace {
    bool interrupted = false;
    unsigned writes = 0;
  };
  static constexpr u64 kNone = std::numeric_limits<u64>::max();

  explicit LateImage(u64 sectors) : data_(sectors * kSectorSize) {}

  // Set before the first request, or between requests.
  u64 bad_sector = kNone;
  bool at_hand = false;  // read_at_once has everything
  Trace* trace = nullptr;

  /// From here on nothing is answered, from any thread.
  void close_gate() { move_gate(false); }
  void open_gate() { move_gate(true); }
  bool at_gate() const { return at_gate_; }

  u64 sectors() const override { return data_.size() / kSectorSize; }
  bool read_only() const override { return false; }
  bool local() const override { return false; }
  Result<void> read(u64 first_sector, std::span<std::byte> data) override {
    if (!pass(first_sector, data.size())) return Error{"image: bad"};
    std::memcpy(data.data(), data_.data() + first_sector * kSectorSize, data.size());
    return {};
  }
  Result<void> write(u64 first_sector, std::span<const std::byte> data) override {
    if (trace != nullptr) ++trace->writes;
    if (!pass(first_sector, data.size())) return Error{"image: bad"};
    std::memcpy(data_.data() + first_sector * kSectorSize, data.data(), data.size());
    return {};
  }
  Result<void> flush() override { return pass(0, 0) ? Result<void>() : Error{"image: interrupted"}; }
  bool read_at_once(u64 first_sector, std::span<std::byte> data) override {
    return at_hand && static_cast<bool>(read(first_sector, data));
  }
  void cancel() override {
    if (trace != nullptr) trace->interrupted = true;
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    gate_.notify_all();
  }

 private:
  void move_gate(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    gate_.notify_all();
  }
  bool pass(u64 first_sector, std::size_t size) {
    std::unique_lock lock(mutex_);
    at_gate_ = !open_;
    gate_.wait(lock, [this] { return open_ || interrupted_; });
    at_gate_ = false;
    return !interrupted_ && (bad_sector < first_sector || bad_sector >= first_sector + size / kSectorSize);
  }

  std::vector<std::byte> data_;
  std::mutex mutex_;
  std::condition_variable gate_;
  std::atomic<bool> at_gate_{false};
  bool open_ = true;
  bool interrupted_ = false;
};

}  // namespace ringdown::test
