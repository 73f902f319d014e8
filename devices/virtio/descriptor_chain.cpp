// Moves data between a buffer of the host and the segments of a chain.
#include "devices/virtio/descriptor_chain.h"

#include <algorithm>

namespace ringdown {

namespace {

/// Calls `move(address, part)` for each part of `data`, `offset` bytes into the segments.
template <class Byte, class Move>
bool for_each_part(std::span<const MemorySegment> segments, u64 offset, std::span<Byte> data, Move move) {
  for (const MemorySegment& segment : segments) {
    if (data.empty()) return true;
    if (offset >= segment.length) {
      offset -= segment.length;
      continue;
    }
    const std::span<Byte> part = data.first(std::min<u64>(data.size(), segment.length - offset));
    if (!move(segment.address + offset, part)) return false;
    data = data.subspan(part.size());
    offset = 0;
  }
  return data.empty();
}

}  // namespace

void SegmentList::clear() {
  segments_.clear();
  length_ = 0;
}

void SegmentList::add(MemorySegment segment) {
  if (segment.length == 0) return;
  segments_.push_back(segment);
  length_ += segment.length;
}

bool SegmentList::read(const DmaMemory& memory, u64 offset, std::span<std::byte> data) const {
  return for_each_part(segments_, offset, data, [&memory](GuestPhysical at, std::span<std::byte> part) {
    return memory.read(at, part);
  });
}

bool SegmentList::write(const DmaMemory& memory, u64 offset, std::span<const std::byte> data) const {
  return for_each_part(segments_, offset, data, [&memory](GuestPhysical at, std::span<const std::byte> part) {
    return memory.write(at, part);
  });
}

void SegmentList::serialize(Archive& archive, std::size_t most) {
  archive(segments_);
  if (!archive.loading()) return;
  const bool possible =
      segments_.size() <= most && std::ranges::all_of(segments_, [](const MemorySegment& segment) {
        return segment.length != 0 && segment_exists(segment.address.value, segment.length);
      });
  if (!possible) {
    archive.fail("a chain of descriptors is impossible");
    segments_.clear();
  }
  length_ = 0;
  for (const MemorySegment& segment : segments_) length_ += segment.length;
}

}  // namespace ringdown
