// The software TLB: linear page to host address, a direct-mapped array.
#pragma once

#include <array>

#include "mmu/access.h"
#include "mmu/context.h"

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
    return ((linear ^ (linear >> 11)) >> kPageShift) & (kEntries - 1);
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

  /// What paging grants on a page may be more than the fast path does: a write to a frame that is tracked
  /// goes the slow way, but its translation is known. The host address of one byte, or nullptr.
  u8* known(u32 linear, bool write) const {
    const TlbEntry& entry = entries[index(linear)];
    const u32 page = linear & ~kPageOffsetMask;
    const bool granted = entry.read_tag == page && (!write || writable_[index(linear)]);
    return granted ? reinterpret_cast<u8*>(entry.addend + linear) : nullptr;
  }
  /// The frame behind a page that may be written is tracked no more.
  void allow_writes(u32 page) { entries[index(page)].write_tag = page; }

  /// Sets the readable translation of the page at `page`. `granted`: paging lets it be written; `write`: the
  /// fast path may.
  void fill(u32 page, bool granted, bool write, const u8* host) {
    const u32 slot = index(page);
    TlbEntry& entry = entries[slot];
    if (entry.read_tag != page) {
      note_filled(slot);
      spans_.add(SpanSet::span_of(page));
    }
    entry.read_tag = page;
    entry.write_tag = write ? page : TlbEntry::kNoTag;
    entry.addend = reinterpret_cast<u64>(host) - page;
    writable_[slot] = granted;
  }
  void drop_page(u32 page) {
    TlbEntry& entry = entries[index(page)];
    if (entry.read_tag == page) entry = {};
  }
  /// The entry lets the page at `host` be written, as far as paging is asked.
  bool grants_write(u32 slot, const u8* host) const {
    const TlbEntry& entry = entries[slot];
    return writable_[slot] && entry.read_tag != TlbEntry::kNoTag &&
           entry.addend + entry.read_tag == reinterpret_cast<u64>(host);
  }
  /// Sends writes through the entry the slow way; if paging no longer grants them, `revoked`.
  void drop_write(u32 slot, bool revoked) {
    entries[slot].write_tag = TlbEntry::kNoTag;
    if (revoked) writable_[slot] = false;
  }

  /// Spans of which there may be translations.
  const SpanSet& spans() const { return spans_; }
  /// Drops the translations of all spans but these.
  void keep(const SpanSet& kept) {
    if (!spans_.within(kept)) {
      if (listed() && settled_.within(kept)) {
        for (u32 i = 0; i < filled_count_; ++i) drop_outside(entries[filled_[i]], kept);
      } else {
        for (TlbEntry& entry : entries) drop_outside(entry, kept);
      }
      spans_ &= kept;
    }
    settled_ = spans_;
    filled_count_ = 0;
  }
  void clear() { keep(SpanSet{}); }

 private:
  static constexpr u32 kNeverTag = 2;  // in no entry
  /// entries[index(linear)], with index and scaling in one shift.
  const TlbEntry& entry_of(u32 linear) const {
    constexpr unsigned kEntryShift = 4;
    static_assert(sizeof(TlbEntry) == 1u << kEntryShift);
    const u32 offset =
        ((linear ^ (linear >> 11)) >> (kPageShift - kEntryShift)) & ((kEntries - 1) << kEntryShift);
    return *reinterpret_cast<const TlbEntry*>(reinterpret_cast<const u8*>(entries.data()) + offset);
  }
  Hit read_tagged(u32 linear, u32 wanted) const {
    const TlbEntry& entry = entry_of(linear);
    return {reinterpret_cast<u8*>(entry.addend + linear), entry.read_tag == wanted};
  }
  Hit write_tagged(u32 linear, u32 wanted) const {
    const TlbEntry& entry = entry_of(linear);
    return {reinterpret_cast<u8*>(entry.addend + linear), entry.write_tag == wanted};
  }
  static void drop_outside(TlbEntry& entry, const SpanSet& kept) {
    if (entry.read_tag != TlbEntry::kNoTag && !kept.contains(SpanSet::span_of(entry.read_tag))) entry = {};
  }
  bool listed() const { return filled_count_ <= filled_.size(); }
  void note_filled(u32 slot) {
    if (filled_count_ < filled_.size()) filled_[filled_count_] = static_cast<u16>(slot);
    if (listed()) ++filled_count_;
  }

  std::array<bool, kEntries> writable_{};  // paging grants writes to the page of that entry
  SpanSet spans_;
  SpanSet settled_;  // had translations when `keep` ran last
  /// Slots filled since, so that switching between small address spaces need not look at everything.
  std::array<u16, 256> filled_;
  u32 filled_count_ = 0;  // one more than fits: too many to list
};

}  // namespace ringdown
