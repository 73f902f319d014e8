// The second dimension of nested paging: a radix tree from guest-physical pages to host frames.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/field.h"
#include "mmu/access.h"

namespace ringdown {

/// Fields of an entry in the format of extended page tables (Intel SDM vol. 3C, 'EPT translation mechanism').
/// An entry with none of the three rights is not present.
namespace nested_entry {
using Readable = Field<u64, 0>;
using Writable = Field<u64, 1>;
using Executable = Field<u64, 2>;
using MemoryType = Field<u64, 3, 3>;
/// Of a leaf: the host frame. Of other entries: the number of the next table, which has no host-physical
/// address.
using Frame = Field<u64, 12, 40>;

inline constexpr u64 kNotPresent = 0;
inline constexpr u64 kAllRights = Readable::kMask | Writable::kMask | Executable::kMask;
inline constexpr u64 kWriteBack = 6;

constexpr bool allows(u64 entry, AccessType type) {
  switch (type) {
    case AccessType::Read:
      return Readable::get(entry);
    case AccessType::Write:
      return Writable::get(entry);
    case AccessType::Execute:
      return Executable::get(entry);
  }
  return false;
}
}  // namespace nested_entry

/// Four levels of 512 entries, 4 KiB pages only. Tables are made for pages that are entered, never for those
/// that are looked up, so that guest-physical memory bounds them.
class NestedTables {
 public:
  static constexpr unsigned kLevels = 4;
  static constexpr u32 kSlots = 512;

  NestedTables() { clear(); }

  struct Lookup {
    u64 leaf = nested_entry::kNotPresent;
    unsigned references = 0;  // entries read
  };
  /// What the processor's walk finds for a guest-physical address.
  Lookup look_up(GuestPhysical address) const;
  /// Replaces the leaf of a page.
  void enter(GuestPhysical page, u64 leaf);
  /// Takes write permission to a frame from all leaves that have it.
  void write_protect(HostFrame frame);
  void clear();

  u64 memory_used() const { return tables_.size() * sizeof(Table); }
  /// Calls `visit(page, leaf)` for each present leaf, in order of address.
  template <class Visit>
  void for_each_leaf(Visit visit) const {
    visit_table(0, kLevels, GuestPhysical(0), visit);
  }
  /// One line for each entry that does not lead where it can, or to a table that another one leads to.
  std::vector<std::string> damaged() const;

 private:
  using Table = std::array<u64, kSlots>;

  /// Bits of an address below what one entry of a table of that level maps.
  static constexpr unsigned shift_of(unsigned level) { return kPageShift + 9 * (level - 1); }
  static constexpr u32 slot_of(GuestPhysical address, unsigned level) {
    return static_cast<u32>(address.value >> shift_of(level)) % kSlots;
  }
  template <class Visit>
  void visit_table(u32 number, unsigned level, GuestPhysical base, Visit& visit) const {
    for (u32 slot = 0; slot < kSlots; ++slot) {
      const u64 entry = (*tables_[number])[slot];
      if (entry == nested_entry::kNotPresent) continue;
      const GuestPhysical start(base.value | u64{slot} << shift_of(level));
      if (level == 1) {
        visit(start, entry);
      } else {
        visit_table(static_cast<u32>(nested_entry::Frame::get(entry)), level - 1, start, visit);
      }
    }
  }
  u64& leaf_of(GuestPhysical page);
  void check_table(u32 number, unsigned level, std::vector<bool>& seen,
                   std::vector<std::string>& lines) const;

  std::vector<std::unique_ptr<Table>> tables_;  // the first is the root
  /// By host frame: a page that was entered with it, and whether others were too.
  struct Mapping {
    static constexpr u64 kNone = ~u64{0};
    GuestPhysical page{kNone};
    bool shared = false;
  };
  std::vector<Mapping> mappings_;
};

}  // namespace ringdown
