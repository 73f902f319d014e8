// A disk whose sectors say which write they come from, and what of it may and must be there after a crash.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "core/disk_image.h"
#include "core/seeded_random.h"

namespace ringdown::test {

/// Writes sectors that bear their own number and that of the write, and remembers which of them was flushed.
class NumberedDisk {
 public:
  explicit NumberedDisk(u32 sectors) : history_(sectors) {}

  /// What `write` puts into sector `number`. Write 0 stands for what was there before: zeros.
  static void fill(std::span<std::byte> sector, u64 number, u64 write) {
    for (std::size_t at = 0; at < sector.size(); at += sizeof(u64)) {
      const u64 bits = at == 0 ? write : write * (number + 1) * (at + 1);
      std::memcpy(sector.data() + at, &bits, sizeof(bits));
    }
  }

  /// One write of up to `longest` sectors anywhere.
  Result<void> write(DiskImage& image, SeededRandom& random, u32 longest) {
    const u32 sectors = static_cast<u32>(history_.size());
    const u32 count = 1 + random.below(std::min(longest, sectors));
    const u32 first = random.below(sectors - count + 1);
    ++writes_;
    std::vector<std::byte> data(std::size_t{count} * kSectorSize);
    for (u32 i = 0; i < count; ++i)
      fill(std::span(data).subspan(std::size_t{i} * kSectorSize, kSectorSize), first + i, writes_);
    const Result<void> written = image.write(first, data);
    for (u32 i = first; i < first + count; ++i) {
      history_[i].possible.push_back(writes_);
      // Of a write that fails, any part may be there.
      if (written) history_[i].sure = history_[i].possible.size() - 1;
    }
    return written;
  }
  /// All that was written is on the disk.
  void flushed() {
    for (Sector& sector : history_) {
      sector.possible.erase(sector.possible.begin(), sector.possible.begin() + static_cast<s64>(sector.sure));
      sector.sure = 0;
    }
  }
  /// The image is what counts now.
  void take_as_it_is(DiskImage& image) {
    std::vector<std::byte> data(kSectorSize);
    for (u64 i = 0; i < history_.size(); ++i) {
      u64 write = 0;
      if (image.read(i, data)) std::memcpy(&write, data.data(), sizeof(write));
      history_[i] = {{write}, 0};
    }
  }

  /// Empty if each sector is as it was flushed, or as a later write made it; else what is wrong.
  std::string judge(DiskImage& image) const {
    std::vector<std::byte> data(history_.size() * kSectorSize);
    std::vector<std::byte> wanted(kSectorSize);
    if (const Result<void> read = image.read(0, data); !read) return read.error().message;
    for (u64 i = 0; i < history_.size(); ++i) {
      const std::vector<u64>& possible = history_[i].possible;
      const auto sector = std::span(data).subspan(static_cast<std::size_t>(i) * kSectorSize, kSectorSize);
      u64 found = 0;
      std::memcpy(&found, sector.data(), sizeof(found));
      fill(wanted, i, found);
      if (std::find(possible.begin(), possible.end(), found) == possible.end())
        return "sector " + std::to_string(i) + " is of write " + std::to_string(found) + ", flushed was " +
               std::to_string(possible.front());
      if (!std::equal(sector.begin(), sector.end(), wanted.begin()))
        return "sector " + std::to_string(i) + " is of several writes";
    }
    return {};
  }

 private:
  struct Sector {
    std::vector<u64> possible{0};  // the write that was flushed, and those since
    std::size_t sure = 0;          // the last one that succeeded
  };
  std::vector<Sector> history_;
  u64 writes_ = 0;
};

}  // namespace ringdown::test
