// One shadow table: its entries, its role, and what the guest's entries say they should be.
#pragma once

#include <array>
#include <bit>

#include "core/field.h"
#include "core/memory.h"
#include "mmu/access.h"
#include "mmu/page_entry.h"
#include "mmu/shadow_paging.h"

namespace ringdown {

/// What a shadow entry grants the physical processor. Rights of directory and table entry are ANDed.
/// Supervisor and user write permission are apart, because a guest with CR0.WP = 0 may write read-only pages
/// at CPL 0–2 only, while the physical CR0.WP is always 1.
namespace shadow_rights {
inline constexpr u8 kUser = 1u << 0;
inline constexpr u8 kSupervisorWrite = 1u << 1;
inline constexpr u8 kUserWrite = 1u << 2;
inline constexpr u8 kExecute = 1u << 3;
inline constexpr u8 kWrite = kSupervisorWrite | kUserWrite;
inline constexpr u8 kAll = kUser | kWrite | kExecute;

constexpr bool allow(u8 rights, AccessType type, Privilege physical) {
  const bool user = physical == Privilege::User;
  u8 needed = user ? kUser : 0;
  if (type == AccessType::Write) needed |= user ? kUserWrite : kSupervisorWrite;
  if (type == AccessType::Execute) needed |= kExecute;
  return (needed & ~rights) == 0;
}
}  // namespace shadow_rights

/// A present entry of a shadow page table maps a host frame, of a shadow directory a table of the pool.
namespace shadow_entry {
using Present = Field<u64, 0>;
using Rights = Field<u64, 1, 4, u8>;
/// Page table only: the two write rights that the guest grants, dirty bit set, and that are withheld because
/// the frame is write-protected. In bits that hardware leaves to software.
using Withheld = Field<u64, 5, 2, u8>;
using Target = Field<u64, 8, 28, u32>;      // host frame or index of a table
using GuestPage = Field<u64, 36, 28, u64>;  // page table only: guest-physical page number

inline constexpr u64 kNotPresent = 0;
constexpr u64 make(u8 rights, u32 target, u64 guest_page = 0) {
  return GuestPage::with(Target::with(Rights::with(Present::kMask, rights), target), guest_page);
}
inline constexpr unsigned kWithheldShift = std::countr_zero(shadow_rights::kWrite);
/// The entry with its write rights withheld.
constexpr u64 withhold(u64 entry) {
  const u8 rights = Rights::get(entry);
  const u8 write = rights & shadow_rights::kWrite;
  return Withheld::with(Rights::with(entry, rights & static_cast<u8>(~write)),
                        static_cast<u8>(Withheld::get(entry) | write >> kWithheldShift));
}
/// The rights that the entry would have if its frame were not protected.
constexpr u8 guest_rights(u64 entry) {
  return static_cast<u8>(Rights::get(entry) | Withheld::get(entry) << kWithheldShift);
}
/// The entry with the write rights that were withheld.
constexpr u64 give_back(u64 entry) { return Withheld::with(Rights::with(entry, guest_rights(entry)), 0); }
constexpr u64 without_rights(u64 entry) { return Withheld::with(Rights::with(entry, 0), 0); }
}  // namespace shadow_entry

/// How a guest frame is read when it serves as this table. Tables of one frame with different roles coexist.
struct ShadowRole {
  PagingMode mode = PagingMode::None;
  u8 level = 2;  // 1: page table, 2: page directory
  /// Maps guest-physical memory from a base onwards: a large page, or no paging. No guest frame is behind it.
  bool direct = false;
  bool page_size_extension = false;
  bool wide_large_pages = true;
  bool write_protect = false;
  bool no_execute = false;
  Deprivilege deprivilege = Deprivilege::Ring1;
  GuestSide side = GuestSide::Kernel;
  friend bool operator==(const ShadowRole&, const ShadowRole&) = default;
};

/// The role of the table that a directory entry points to.
ShadowRole child_role(const ShadowRole& directory, bool large);

struct ShadowTable {
  static constexpr u32 kSlots = 1024;
  static constexpr u32 kNone = 0xffff'ffff;
  static constexpr u32 kMixed = kSlots;

  ShadowRole role;
  /// Guest-physical address of the guest's table; of the memory mapped, if direct.
  GuestPhysical base{};
  HostFrame frame{};          // of the guest's table, unless direct
  u32 next_of_frame = kNone;  // table of the same frame
  u32 first_parent = kNone;   // page tables: list of the directory entries that point here
  u32 parents_slot = kNone;   // the slot of all of these, or kMixed
  /// Directories: bit n if it translates linear GiB n (32-bit: all) of the active root; the contexts of the
  /// roots of which it translates GiB n.
  u8 active = 0;
  std::array<ContextSet, 4> contexts{};
  bool live = false;
  bool touched = false;  // used since the eviction hand last passed
  u32 idle_stores = 0;   // guest stores to the frame since the table last translated anything
  u32 period = 0;        // between two synchronisations, in which it was stored to last,
  u32 stores = 0;        // and how often
  u8 release_habit = 0;  // how many of the last periods in which it was released were worth it, up to 2
  u32 present = 0;       // entries
  std::array<u64, kSlots> entries;
  /// Links of the entry's list: those that map the same host frame, or that point to the same table.
  std::array<u32, kSlots> next;
  std::array<u32, kSlots> previous;

  TableGeometry geometry() const { return geometry_of(role.mode); }
  void touch() {
    touched = true;
    idle_stores = 0;
  }
};

/// The guest's entry behind one of a table that is not direct.
u64 guest_entry(const GuestMemory& memory, const ShadowTable& table, u32 slot);

/// What a shadow directory entry should be.
struct DirectoryTarget {
  bool present =
      false;  // the guest's entry is present, valid and accessed, and what it leads to can be cached
  bool large = false;
  u8 rights = 0;
  GuestPhysical base{};  // of the guest's page table or large page
  HostFrame frame{};     // of the guest's page table
};
DirectoryTarget decode_directory_entry(const GuestMemory& memory, const ShadowTable& directory, u32 slot);

/// What a shadow page-table entry should be; kNotPresent where nothing may be cached. Write permission needs
/// the guest's dirty bit and a frame that holds no tables.
u64 decode_leaf_entry(const GuestMemory& memory, const ShadowTable& table, u32 slot);

/// True if stores to `frame` must reach the monitor.
bool is_write_protected(const GuestMemory& memory, HostFrame frame);

}  // namespace ringdown
