// The software TLB: linear page to host address, one direct-mapped array per privilege.
#pragma once

#include <array>

#include "mmu/access.h"

namespace ringdown {

/// One translation. A tag is the linear page address if that kind of access may use `addend`, else kNoTag.
struct TlbEntry {
  static constexpr u32 kNoTag = 1;  // never page-aligned, so never equal to a masked address
  u32 read_tag = kNoTag;
  u32 write_tag = kNoTag;
  u64 addend = 0;  // host address minus linear address
};

/// Everything that must not go the fast way (device pages, tracked frames for writes, watched pages) has no
/// tag here, so that the fast path is a single compare.
class Tlb {
 public:
  static constexpr u32 kEntries = 2048;

  static constexpr u32 index(u32 linear) {
    const u32 page = linear >> kPageShift;
    return (page ^ (page >> 11)) & (kEntries - 1);
  }
  /// Tag to compare for an access of `size` bytes: an access that crosses into the next page can match no
  /// entry, since neighbouring pages never share an index.
  static constexpr u32 tag(u32 linear, u32 size) { return (linear + (size - 1)) & ~kPageOffsetMask; }

  std::array<TlbEntry, kEntries> entries;
};

}  // namespace ringdown
