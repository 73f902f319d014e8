// The pool of shadow tables: look-up by guest frame and role, links, the reverse map, protection,
// synchronisation and eviction.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "mmu/released_tables.h"
#include "mmu/shadow_table.h"

namespace ringdown {

/// Tables are numbered; entries are numbered `table * kSlots + slot`. Everything that takes rights away from
/// an entry of a root that has a context tells the translation cache.
class ShadowTables {
 public:
  static constexpr u32 kNone = ShadowTable::kNone;

  /// What the pool does is counted in `counters` and told to `events`; both outlive it.
  ShadowTables(GuestMemory& memory, TranslationCache& cache, const PagingOptions& options,
               PagingCounters& counters, const PagingEvents& events);
  ~ShadowTables();

  ShadowTable& at(u32 table) { return *tables_[table]; }
  const ShadowTable& at(u32 table) const { return *tables_[table]; }
  u32 size() const { return static_cast<u32>(tables_.size()); }
  u64 memory_used() const;

  /// The table of a guest frame in a role; kNone if there is none.
  u32 find(HostFrame frame, const ShadowRole& role) const;
  /// The table that maps memory from `base` on.
  u32 find_direct(GuestPhysical base, const ShadowRole& role) const;
  /// Makes an empty table; write-protects the guest's frame. May evict others, but none of the active root.
  u32 create(GuestPhysical base, HostFrame frame, const ShadowRole& role);
  /// The directory translates linear GiB `position` (32-bit: all) of the active root, or no longer does.
  void set_active(u32 directory, u32 position, bool active);

  /// Points the directory's entry to the table that the guest's entry says, made if need be. Returns the
  /// table, or kNone if the guest's entry cannot be cached.
  u32 link(u32 directory, u32 slot);
  /// Links all entries of a new directory that must lead to where those of `model` lead.
  void link_alike(u32 directory, u32 model);
  /// Makes a page-table entry what the guest's says. True if it changed.
  bool fill_leaf(u32 table, u32 slot);
  /// The guest's entries [offset, offset + length) of `frame` were stored to: brings present shadow entries
  /// in line.
  void stored(HostFrame frame, u32 offset, u32 length);
  /// Counts a guest store to a frame of tables. A frame that is stored to again and again without being used
  /// for a translation has most likely become something else: its tables are dropped. One that is a busy page
  /// table may be released.
  void note_store(HostFrame frame);
  /// Tells of the guest's entries [offset, offset + length) of `frame`, which were written.
  void tell_store(PagingEventKind kind, HostFrame frame, u32 offset, u32 length) const;
  /// Tells of a table; `slot`: where it is in the root, if that matters.
  void tell_table(PagingEventKind kind, u32 table, u32 slot = 0) const;
  /// An entry of a page table that may be released is about to be used.
  void synchronize_entry(HostFrame frame, u32 slot, u32 entry_bytes);
  /// The guest invalidated everything: all released page tables are brought in line and protected again.
  void synchronize_all();
  const ReleasedTables& released() const { return released_; }
  bool has_tables(HostFrame frame) const { return tables_of_frame_[frame.value] != kNone; }

  /// The frame became a table: takes write permission from every entry that maps it.
  void write_protect(HostFrame frame);
  /// Frees tables that nothing points to any more. To be called where no table is being worked on.
  void free_orphans();
  /// Frees everything, also what is active.
  void clear();

  /// Head of the list of entries that map `frame`, for the audit.
  u32 first_mapping(HostFrame frame) const { return mappings_[frame.value]; }

 private:
  static constexpr u32 kFloodLimit = 24;
  /// So many stores between two synchronisations cost more in traps than a release does.
  static constexpr u32 kBusyStores = 4;
  static constexpr u8 kFirmHabit = 2;

  static u32 entry_id(u32 table, u32 slot) { return table * ShadowTable::kSlots + slot; }
  static u64 direct_key(GuestPhysical base, const ShadowRole& role);
  /// Calls `visit(table, slot)` for each entry of a list: those that map a frame, or that point to a table.
  template <class Visit>
  void for_each_listed(u32 head, Visit visit) const {
    for (u32 id = head; id != kNone;) {
      const u32 table = id / ShadowTable::kSlots;
      const u32 slot = id % ShadowTable::kSlots;
      visit(table, slot);
      id = at(table).next[slot];
    }
  }
  /// Calls `visit(directory)` for each active directory that points to a page table at its `parents_slot`.
  template <class Visit>
  void for_each_active_parent(u32 index, Visit visit) const {
    using namespace shadow_entry;
    for (const u32 directory : active_) {
      const u64 entry = at(directory).entries[at(index).parents_slot];
      if (Present::get(entry) && Target::get(entry) == index) visit(directory);
    }
  }
  /// Makes of each entry that maps `frame` what `change` makes of it, and tells of those that it changes.
  void change_mappings(HostFrame frame, PagingEventKind kind, u64 (*change)(u64));
  u32& list_head(const ShadowTable& table, u64 entry);
  void insert(u32 table, u32 slot, u64 entry);
  void remove(u32 table, u32 slot);

  /// Brings a page-table entry in line with the guest's. True if it changed.
  bool refresh_leaf(u32 table, u32 slot);
  void replace_leaf(u32 table, u32 slot, u64 wanted);
  /// Brings a present entry in line with the guest's, which was stored to.
  void bring_in_line(u32 table, u32 slot);
  /// Counts an event that concerns an entry; true if it is the one that is to go wrong.
  bool goes_wrong(ShadowBreak::Kind kind, u32 table, u32 slot);
  /// Brings a present directory entry in line with `target`. True if it changed.
  bool update_directory(u32 table, u32 slot, const DirectoryTarget& target);
  bool points_to(const ShadowTable& child, const ShadowTable& directory, const DirectoryTarget& target) const;
  /// Tells the translation cache of `pages` pages from `first` on of those that the directory's entry
  /// translates; `user`: users have access.
  void invalidate(u32 directory, u32 slot, bool user, u32 first, u32 pages);
  void invalidate_leaf(u32 table, u32 slot);
  /// `rights`: that the directory entry had.
  void invalidate_directory(u32 directory, u32 slot, u8 rights);
  /// Tells of an entry that changed from `old`.
  void tell_entry(PagingEventKind kind, u32 table, u32 slot, u64 old) const;
  /// Where the entry is in the active root, if it is: the first address that it translates.
  std::optional<GuestLinear> active_address(const ShadowTable& table, u32 slot) const;
  void free_table(u32 table);
  void return_to_pool(u32 table);
  void evict();
  /// Whether the frame's tables were stored to so often without being used that it has most likely become
  /// something else.
  bool flooded(HostFrame frame);
  /// Whether the TLB has translations of the active root that came from a page table.
  bool is_in_tlb(u32 table) const;
  void drop_tables(HostFrame frame);

  void protect(u32 table);
  /// The frame of `table` may be stored to again without a trap.
  void lift_protection(u32 table);
  bool may_be_released(HostFrame frame) const;
  void release(HostFrame frame);
  /// Brings a released page table in line and protects it again.
  void synchronize(HostFrame frame);

  GuestMemory& memory_;
  TranslationCache& cache_;
  const ShadowSync sync_;
  ShadowBreaker breaker_;
  PagingCounters& counters_;
  const PagingEvents& events_;
  ReleasedTables released_;
  u32 period_ = 1;
  std::vector<std::unique_ptr<ShadowTable>> tables_;
  std::vector<u32> free_;
  std::vector<u32> orphans_;
  std::vector<u32> tables_of_frame_;  // by host frame: first table
  std::vector<u32> mappings_;         // by host frame: first entry that maps it
  std::unordered_map<u64, u32> direct_tables_;
  std::vector<u32> active_;  // directories
  u32 limit_;
  u32 hand_ = 0;
};

}  // namespace ringdown
