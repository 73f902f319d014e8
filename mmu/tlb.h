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

  /// The fast path: where [linear, linear + size) lies on the host, if this kind of access may go there at
  /// once.
  struct Hit {
    u8* host;
    bool ok;
  };
  Hit read(u32 linear, u32 size) const { return read_tagged(linear, tag(linear, size)); }
  Hit write(u32 linear, u32 size) const { return write_tagged(linear, tag(linear, size)); }
  /// The same, for an access that hits only if `allowed`: one compare decides about both.
  Hit read_if(bool allowed, u32 linear, u32 size) const {
    return read_tagged(linear, allowed ? tag(linear, size) : kNeverTag);
  }
  Hit write_if(bool allowed, u32 linear, u32 size) const {
    return write_tagged(linear, allowed ? tag(linear, size) : kNeverTag);
  }

  /// Sets the translation of the page at `page`.
  void fill(u32 page, bool read, bool write, const u8* host) {
    const u32 slot = index(page);
    TlbEntry& entry = entries[slot];
    if (entry.read_tag == TlbEntry::kNoTag && entry.write_tag == TlbEntry::kNoTag) note_filled(slot);
    entry.read_tag = read ? page : TlbEntry::kNoTag;
    entry.write_tag = write ? page : TlbEntry::kNoTag;
    entry.addend = reinterpret_cast<u64>(host) - page;
  }
  void drop_page(u32 page) {
    TlbEntry& entry = entries[index(page)];
    if (entry.read_tag == page || entry.write_tag == page) entry = {};
  }
  /// Drops write permission to the page at `host`, whatever its linear addresses.
  void drop_writes(const u8* host) {
    for (TlbEntry& entry : entries) {
      if (entry.addend + entry.write_tag == reinterpret_cast<u64>(host)) entry.write_tag = TlbEntry::kNoTag;
    }
  }
  void clear() {
    if (filled_count_ <= filled_.size()) {
      for (u32 i = 0; i < filled_count_; ++i) entries[filled_[i]] = {};
    } else {
      entries.fill({});
    }
    filled_count_ = 0;
  }

 private:
  static constexpr u32 kNeverTag = 2;  // in no entry
  Hit read_tagged(u32 linear, u32 wanted) const {
    const TlbEntry& entry = entries[index(linear)];
    return {reinterpret_cast<u8*>(entry.addend + linear), entry.read_tag == wanted};
  }
  Hit write_tagged(u32 linear, u32 wanted) const {
    const TlbEntry& entry = entries[index(linear)];
    return {reinterpret_cast<u8*>(entry.addend + linear), entry.write_tag == wanted};
  }
  void note_filled(u32 slot) {
    if (filled_count_ < filled_.size()) filled_[filled_count_] = static_cast<u16>(slot);
    if (filled_count_ <= filled_.size()) ++filled_count_;
  }

  /// Slots filled since the last clear, so that switching between small address spaces need not wipe
  /// everything.
  std::array<u16, 256> filled_;
  u32 filled_count_ = 0;  // one more than fits: too many to list
};

}  // namespace ringdown
