// The buffers of one request: what a chain of descriptors leads to.
#pragma once

#include <span>
#include <vector>

#include "core/archive.h"
#include "core/dma_memory.h"

namespace ringdown {

/// A run of guest-physical memory that ends below 4 GiB.
struct MemorySegment {
  GuestPhysical address;
  u32 length = 0;
  void serialize(Archive& archive) { archive(address, length); }
};

/// Bytes that lie in several segments, one behind the other.
class SegmentList {
 public:
  void clear();
  void add(MemorySegment segment);

  u64 length() const { return length_; }
  std::size_t count() const { return segments_.size(); }
  /// Moves data from or to the list, `offset` bytes in. False if it is shorter than that, or leads to no
  /// memory.
  bool read(const DmaMemory& memory, u64 offset, std::span<std::byte> data) const;
  bool write(const DmaMemory& memory, u64 offset, std::span<const std::byte> data) const;

  /// A restored list is refused if it could not have been made by `add` from at most `most` segments.
  void serialize(Archive& archive, std::size_t most);

 private:
  std::vector<MemorySegment> segments_;
  u64 length_ = 0;
};

/// Reused from one request to the next, so that none is paid for with an allocation.
struct DescriptorChain {
  u16 head = 0;  // what the used ring names it by
  SegmentList readable;
  SegmentList writable;

  void clear() {
    readable.clear();
    writable.clear();
  }
};

/// Whether a segment lies below 4 GiB, where everything of this machine is.
constexpr bool segment_exists(u64 address, u32 length) {
  constexpr u64 kEnd = u64{1} << 32;
  return address <= kEnd && length <= kEnd - address;
}

}  // namespace ringdown
