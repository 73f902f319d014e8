// Which entries of which guest table frames the live translations came from.
#pragma once

#include <array>
#include <vector>

#include "core/memory.h"
#include "core/types.h"
#include "mmu/context.h"

namespace ringdown {

/// Every frame with a record is tracked as a page table; a frame loses its tracking when the last of its used
/// entries is stored to, or at the first store after its records went out of date.
class TableUses {
 public:
  /// The part of a walk that one table did.
  struct Use {
    u8 level = 0;        // 1: page table, 2: page directory
    GuestLinear base{};  // linear address that entry 0 translates
    friend bool operator==(const Use&, const Use&) = default;
  };

  explicit TableUses(GuestMemory& memory);
  ~TableUses();

  /// Notes that entry `slot` of the table in `frame` was used, for a translation in `context`. False if the
  /// frame is used in too many ways, or too many frames are: the caller must forget all translations and note
  /// again.
  [[nodiscard]] bool note(HostFrame frame, Use use, u32 slot, u32 context);

  /// No translation is live any more. Records become out of date; tracking is dropped lazily.
  void forget_all() { ++epoch_; }

  /// Entries [first_slot, last_slot] of `frame` were stored to: calls `stale(use, slot, contexts)` for
  /// each of them that was used and forgets these uses.
  template <class Callback>
  void stored(HostFrame frame, u32 first_slot, u32 last_slot, Callback stale) {
    u32* link = &heads_[frame.value];
    while (*link != kNone) {
      Record& record = records_[*link];
      if (record.epoch == epoch_) take_used(record, first_slot, last_slot, stale);
      if (record.epoch != epoch_ || record.used_count == 0) {
        release(link);
      } else {
        link = &record.next;
      }
    }
    if (heads_[frame.value] == kNone) memory_.untrack(frame, Tracking::PageTable);
  }

  bool known(HostFrame frame) const { return heads_[frame.value] != kNone; }

 private:
  static constexpr u32 kNone = 0xffff'ffff;
  static constexpr u32 kMaxSlots = 1024;
  /// One frame rarely serves as more than two tables at once (a recursive directory does).
  static constexpr u32 kMaxUsesPerFrame = 8;
  static constexpr u32 kMaxRecords = 16384;

  struct Record {
    u32 next = kNone;  // of the same frame, or free
    u64 epoch = 0;     // 0: free
    u32 used_count = 0;
    HostFrame frame{};
    Use use;
    ContextSet contexts = 0;  // that used any of the entries
    std::array<u64, kMaxSlots / 64> used{};
  };

  template <class Callback>
  static void take_used(Record& record, u32 first_slot, u32 last_slot, Callback& stale) {
    for (u32 slot = first_slot; slot <= last_slot; ++slot) {
      u64& word = record.used[slot / 64];
      const u64 bit = u64{1} << (slot % 64);
      if ((word & bit) == 0) continue;
      word &= ~bit;
      --record.used_count;
      stale(record.use, slot, record.contexts);
    }
  }

  /// The record of `frame` for `use`, made if there is none; kNone at a limit.
  u32 find_or_make(HostFrame frame, Use use);
  u32 allocate();
  void release(u32* link);
  /// Drops every record that is out of date, and the tracking that only these needed.
  void sweep();

  GuestMemory& memory_;
  std::vector<u32> heads_;  // by frame
  std::vector<Record> records_;
  u32 free_ = kNone;
  u64 epoch_ = 1;
};

}  // namespace ringdown
