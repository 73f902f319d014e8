// A file in memory that remembers the order of writes and flushes, and what a power failure may leave of it.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "core/block_file.h"
#include "core/seeded_random.h"

namespace ringdown::test {

/// How the host's disk tears a write when the power fails.
enum class Tearing : u8 {
  Sectors,  // each 512 bytes are written or not, as disks promise
  Bytes,    // a write also ends anywhere
};

/// Content of a file, and how it came about. Faults can be injected.
class RecordedContent {
 public:
  /// The power fails during the operation that comes after `operations` others; from then on none succeeds.
  void fail_power_after(u32 operations) { until_failure_ = operations; }
  bool dead() const { return dead_; }

  /// False without power.
  bool write(u64 offset, std::span<const std::byte> data) {
    if (dead()) return false;
    apply(now_, offset, data);
    since_flush_.push_back({offset, {data.begin(), data.end()}});
    return lives_on();
  }
  bool flush() {
    if (dead() || !lives_on()) return false;
    for (const Write& write : since_flush_) apply(on_disk_, write.offset, write.data);
    since_flush_.clear();
    return true;
  }

  /// What is on the disk after a power failure at this moment: what was flushed, and of each write since all,
  /// nothing or parts.
  std::vector<std::byte> after_power_failure(SeededRandom& random, Tearing tearing) const {
    std::vector<std::byte> content = on_disk_;
    const u32 survival = random.below(101);
    for (const Write& write : since_flush_) {
      if (random.percent(30)) {
        tear(content, write, random, tearing);
      } else if (random.percent(survival)) {
        apply(content, write.offset, write.data);
      }
    }
    return content;
  }

  const std::vector<std::byte>& bytes() const { return now_; }
  std::vector<std::byte>& bytes() { return now_; }
  /// Another life begins with this.
  void set(std::vector<std::byte> content) {
    dead_ = false;
    until_failure_.reset();
    now_ = on_disk_ = std::move(content);
    since_flush_.clear();
  }

  u64 room = ~u64{0};  // writes behind it fail, as on a full disk
  bool flush_fails = false;
  bool in_memory = false;  // of the host, so that all can be read at once

 private:
  struct Write {
    u64 offset;
    std::vector<std::byte> data;
  };
  static constexpr std::size_t kSector = 512;

  bool lives_on() {
    dead_ = until_failure_ && (*until_failure_)-- == 0;
    return !dead_;
  }
  static void apply(std::vector<std::byte>& content, u64 offset, std::span<const std::byte> data) {
    const std::size_t end = static_cast<std::size_t>(offset) + data.size();
    if (content.size() < end) content.resize(end);
    std::copy(data.begin(), data.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  static void tear(std::vector<std::byte>& content, const Write& write, SeededRandom& random,
                   Tearing tearing) {
    // The file may have grown by it without its data.
    if (random.percent(50)) {
      const std::size_t end = static_cast<std::size_t>(write.offset) + write.data.size();
      if (content.size() < end) content.resize(end);
    }
    const std::span<const std::byte> data(write.data);
    const auto size = static_cast<u32>(data.size());
    const std::size_t cut = tearing == Tearing::Bytes ? random.below(size + 1) : size;
    for (std::size_t at = 0; at < cut; at += kSector) {
      if (random.percent(50))
        apply(content, write.offset + at, data.subspan(at, std::min(kSector, cut - at)));
    }
  }

  std::optional<u32> until_failure_;
  bool dead_ = false;
  std::vector<std::byte> now_;
  std::vector<std::byte> on_disk_;
  std::vector<Write> since_flush_;
};

/// The file that an image is given; the content outlives it.
class RecordingFile final : public BlockFile {
 public:
  explicit RecordingFile(std::shared_ptr<RecordedContent> content) : content_(std::move(content)) {}

  const std::string& path() const override { return path_; }
  u64 size() const override { return content_->bytes().size(); }
  Result<void> read(u64 offset, std::span<std::byte> data) override {
    if (offset > size() || data.size() > size() - offset) return Error{path_ + ": shorter than it was"};
    const auto begin = content_->bytes().begin() + static_cast<std::ptrdiff_t>(offset);
    std::copy_n(begin, data.size(), data.begin());
    return {};
  }
  bool read_cached(u64 offset, std::span<std::byte> data) override {
    return content_->in_memory && read(offset, data);
  }
  Result<void> write(u64 offset, std::span<const std::byte> data) override {
    if (offset + data.size() > content_->room) {
      // What fits is written, as pwrite does.
      const u64 fits = content_->room - std::min(offset, content_->room);
      if (fits != 0) content_->write(offset, data.first(static_cast<std::size_t>(fits)));
      return Error{path_ + ": cannot be written: No space left on device"};
    }
    return content_->write(offset, data) ? Result<void>() : Error{path_ + ": the power is off"};
  }
  Result<void> flush() override {
    if (content_->flush_fails) return Error{path_ + ": cannot be flushed"};
    return content_->flush() ? Result<void>() : Error{path_ + ": the power is off"};
  }

 private:
  std::shared_ptr<RecordedContent> content_;
  std::string path_ = "recorded";
};

}  // namespace ringdown::test
