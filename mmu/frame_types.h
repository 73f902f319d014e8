// What a guest's frames are used for, so that none is a page table and writable at once.
#pragma once

#include <utility>
#include <vector>

#include "core/memory.h"
#include "core/paravirtual_abi.h"

namespace ringdown {

/// Counts uses of frames by page tables that were validated: as a table of level 1 or 2, or as the target of
/// writable entries, never both. A table is validated entry by entry when it gets its first use and released
/// when it loses its last; directories hold page tables, so that nothing is deeper than two levels. Rights of
/// directory entries do not count: a writable entry of a page table is one wherever it is linked.
class FrameTypes {
 public:
  explicit FrameTypes(const GuestMemory& memory) : memory_(&memory), uses_(memory.store().frame_count()) {}

  using Answer = paravirtual::Answer;
  /// Takes one use of a page as a table of that level. Nothing has changed if the answer is not Done.
  Answer get_table(GuestPhysical table, u8 level);
  void put_table(GuestPhysical table);
  /// Takes what the new value of an entry needs and gives back what the old one had. The caller stores it.
  Answer replace(GuestPhysical entry, u32 old_value, u32 new_value);
  /// Level of the table that a page is; 0 if it is none.
  u8 level_of(GuestPhysical page) const;
  u32 table_count() const { return tables_; }
  /// Entries looked at so far.
  u64 validated() const { return validated_; }

  struct Use {
    u32 tables = 0;    // as a table
    u32 writable = 0;  // as the target of writable entries
    u8 level = 0;
    friend bool operator==(const Use&, const Use&) = default;
  };
  const std::vector<Use>& uses() const { return uses_; }
  /// Frames that became tables, or ceased to be, since the last call.
  std::vector<HostFrame> take_changes() { return std::exchange(changes_, {}); }

 private:
  static constexpr u32 kEntries = kPageSize / sizeof(u32);

  u32 read(GuestPhysical entry) const { return memory_->read_value<u32>(entry); }
  Answer validate(GuestPhysical table, u8 level);
  Answer get_entry(u32 entry, u8 level);
  void put_entry(u32 entry, u8 level);
  /// The frame that a writable entry of a page table would let be written; nullptr if it is none of RAM.
  Use* written_by(u32 entry);

  const GuestMemory* memory_;
  std::vector<Use> uses_;  // by host frame
  std::vector<HostFrame> changes_;
  u32 tables_ = 0;
  u64 validated_ = 0;
};

}  // namespace ringdown
