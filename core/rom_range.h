// The expansion ROM of a PCI function.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "core/bus.h"

namespace ringdown {

/// An image in a chip of the smallest size that holds it; the rest of it reads zero. Writes are dropped.
class RomRange final : public BusRange {
 public:
  /// The expansion ROM register places whole 2 KiB (PCI 2.1, 6.2.5.2); no image here is larger than 256 KiB.
  static constexpr std::size_t kSmallest = 2048;
  static constexpr std::size_t kLargest = 256u << 10;

  /// What is behind kLargest bytes of the image is left out.
  explicit RomRange(std::vector<u8> image) : bytes_(std::move(image)) {
    if (!bytes_.empty()) bytes_.resize(std::clamp(std::bit_ceil(bytes_.size()), kSmallest, kLargest));
  }

  bool empty() const { return bytes_.empty(); }
  u32 size() const { return static_cast<u32>(bytes_.size()); }

  u64 read(u32 offset, Width width) override {
    u64 value = 0;
    for (u32 i = 0; i < bytes_of(width); ++i) {
      const u8 byte = offset + i < bytes_.size() ? bytes_[offset + i] : u8{0xff};
      value |= u64{byte} << (8 * i);
    }
    return value;
  }
  void write(u32, Width, u64) override {}

 private:
  std::vector<u8> bytes_;
};

}  // namespace ringdown
