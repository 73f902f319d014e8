// Life of the shadow tables: making, linking, keeping in line with the guest, freeing.
#include "mmu/shadow_tables.h"

#include <algorithm>

namespace ringdown {

using shadow_entry::kNotPresent;
using shadow_entry::Present;
using shadow_entry::Rights;
using shadow_entry::Target;

namespace {

constexpr u64 kShareOfMemory = 8;

/// How many tables fit into the memory that they may take.
u32 table_limit(const PagingOptions& options, const MemoryStore& store) {
  const u64 wanted = options.shadow_bytes != 0 ? options.shadow_bytes : store.ram_size() / kShareOfMemory;
  return static_cast<u32>(std::max(wanted, kMinimumShadowBytes) / sizeof(ShadowTable));
}

}  // namespace

ShadowTables::ShadowTables(GuestMemory& memory, TranslationCache& cache, const PagingOptions& options,
                           PagingCounters& counters, const PagingEvents& events)
    : memory_(memory),
      cache_(cache),
      sync_(options.sync),
      breaker_(options.break_shadow),
      counters_(counters),
      events_(events),
      tables_of_frame_(memory.store().frame_count(), kNone),
      mappings_(memory.store().frame_count(), kNone),
      limit_(table_limit(options, memory.store())) {}

ShadowTables::~ShadowTables() { clear(); }

u64 ShadowTables::memory_used() const {
  return tables_.size() * sizeof(ShadowTable) + (tables_of_frame_.size() + mappings_.size()) * sizeof(u32);
}

u32 ShadowTables::find(HostFrame frame, const ShadowRole& role) const {
  u32 table = tables_of_frame_[frame.value];
  while (table != kNone && at(table).role != role) table = at(table).next_of_frame;
  return table;
}

u64 ShadowTables::direct_key(GuestPhysical base, const ShadowRole& role) {
  // The low twelve bits of a base are zero.
  return base.value | static_cast<u64>(role.mode) << 1 | (role.level - 1u);
}

u32 ShadowTables::find_direct(GuestPhysical base, const ShadowRole& role) const {
  const auto found = direct_tables_.find(direct_key(base, role));
  return found == direct_tables_.end() ? kNone : found->second;
}

u32 ShadowTables::create(GuestPhysical base, HostFrame frame, const ShadowRole& role) {
  if (free_.empty() && tables_.size() >= limit_) evict();
  if (free_.empty()) {
    free_.push_back(size());
    tables_.push_back(std::make_unique<ShadowTable>());
  }
  // A new reader of the frame begins in line with it.
  if (!role.direct && released_.find(frame) != nullptr) synchronize(frame);
  const u32 index = free_.back();
  free_.pop_back();
  ShadowTable& table = at(index);
  table.role = role;
  // Of aliases, the address that is on the bus.
  table.base = role.direct ? base : memory_.apply_a20(base);
  table.frame = frame;
  table.next_of_frame = kNone;
  table.first_parent = kNone;
  table.parents_slot = kNone;
  table.active = 0;
  table.contexts = {};
  table.live = true;
  table.present = 0;
  table.stores = 0;
  table.release_habit = 0;
  table.entries.fill(kNotPresent);
  table.touch();
  tell_table(PagingEventKind::Make, index);
  if (role.direct) {
    direct_tables_.emplace(direct_key(base, role), index);
    return index;
  }
  table.next_of_frame = tables_of_frame_[frame.value];
  tables_of_frame_[frame.value] = index;
  protect(index);
  return index;
}

void ShadowTables::set_active(u32 index, u32 position, bool active) {
  ShadowTable& directory = at(index);
  const u8 before = directory.active;
  const u8 bit = static_cast<u8>(1u << position);
  directory.active = static_cast<u8>(active ? before | bit : before & ~bit);
  if (before == 0 && directory.active != 0) active_.push_back(index);
  if (before != 0 && directory.active == 0) std::erase(active_, index);
}

u32& ShadowTables::list_head(const ShadowTable& table, u64 entry) {
  return table.role.level == 1 ? mappings_[Target::get(entry)] : at(Target::get(entry)).first_parent;
}

void ShadowTables::insert(u32 table, u32 slot, u64 entry) {
  ShadowTable& holder = at(table);
  if (holder.role.level == 2) {
    ShadowTable& child = at(Target::get(entry));
    const bool alike = child.first_parent == kNone || child.parents_slot == slot;
    child.parents_slot = alike ? slot : ShadowTable::kMixed;
  }
  u32& head = list_head(holder, entry);
  holder.entries[slot] = entry;
  holder.next[slot] = head;
  holder.previous[slot] = kNone;
  if (head != kNone)
    at(head / ShadowTable::kSlots).previous[head % ShadowTable::kSlots] = entry_id(table, slot);
  head = entry_id(table, slot);
  ++holder.present;
}

void ShadowTables::remove(u32 table, u32 slot) {
  ShadowTable& holder = at(table);
  const u64 entry = holder.entries[slot];
  const u32 next = holder.next[slot];
  const u32 previous = holder.previous[slot];
  if (next != kNone) at(next / ShadowTable::kSlots).previous[next % ShadowTable::kSlots] = previous;
  if (previous != kNone) {
    at(previous / ShadowTable::kSlots).next[previous % ShadowTable::kSlots] = next;
  } else {
    list_head(holder, entry) = next;
  }
  holder.entries[slot] = kNotPresent;
  --holder.present;
  if (holder.role.level == 1) return;
  const u32 child = Target::get(entry);
  if (at(child).first_parent == kNone) orphans_.push_back(child);
}

bool ShadowTables::points_to(const ShadowTable& child, const ShadowTable& directory,
                             const DirectoryTarget& target) const {
  if (child.role != child_role(directory.role, target.large)) return false;
  return child.role.direct ? child.base == target.base : child.frame == target.frame;
}

u32 ShadowTables::link(u32 directory, u32 slot) {
  const DirectoryTarget target = decode_directory_entry(memory_, at(directory), slot);
  if (Present::get(at(directory).entries[slot])) update_directory(directory, slot, target);
  if (const u64 entry = at(directory).entries[slot]; Present::get(entry)) return Target::get(entry);
  if (!target.present) return kNone;
  const ShadowRole role = child_role(at(directory).role, target.large);
  u32 child = role.direct ? find_direct(target.base, role) : find(target.frame, role);
  if (child == kNone) {
    child = create(target.base, target.frame, role);
  } else if (!role.direct && released_.find(target.frame) != nullptr) {
    // No translation of these addresses can be older than the guest's directory entry.
    synchronize(target.frame);
  }
  insert(directory, slot, shadow_entry::make(target.rights, child));
  tell_entry(PagingEventKind::Fill, directory, slot, kNotPresent);
  return child;
}

void ShadowTables::link_alike(u32 directory, u32 model) {
  for (u32 slot = 0; slot < at(directory).geometry().entries; ++slot) {
    const u64 entry = at(model).entries[slot];
    if (!Present::get(entry)) continue;
    const DirectoryTarget target = decode_directory_entry(memory_, at(directory), slot);
    const u32 child = Target::get(entry);
    if (!target.present || !points_to(at(child), at(directory), target)) continue;
    insert(directory, slot, shadow_entry::make(target.rights, child));
    tell_entry(PagingEventKind::Fill, directory, slot, kNotPresent);
  }
}

bool ShadowTables::update_directory(u32 table, u32 slot, const DirectoryTarget& target) {
  ShadowTable& directory = at(table);
  u64& entry = directory.entries[slot];
  if (!target.present || !points_to(at(Target::get(entry)), directory, target)) {
    invalidate_directory(table, slot, Rights::get(entry));
    remove(table, slot);
    return true;
  }
  const u8 old_rights = Rights::get(entry);
  if (old_rights == target.rights) return false;
  entry = Rights::with(entry, target.rights);
  if ((old_rights & ~target.rights) != 0) invalidate_directory(table, slot, old_rights);
  return true;
}

bool ShadowTables::refresh_leaf(u32 table, u32 slot) {
  const u64 wanted = decode_leaf_entry(memory_, at(table), slot);
  if (at(table).entries[slot] == wanted) return false;
  replace_leaf(table, slot, wanted);
  return true;
}

void ShadowTables::replace_leaf(u32 table, u32 slot, u64 wanted) {
  ShadowTable& holder = at(table);
  const u64 old = holder.entries[slot];
  if (Present::get(old)) {
    const bool only_rights = shadow_entry::without_rights(old) == shadow_entry::without_rights(wanted);
    if (!only_rights || (Rights::get(old) & ~Rights::get(wanted)) != 0) invalidate_leaf(table, slot);
    if (only_rights) {
      holder.entries[slot] = wanted;
      return;
    }
    remove(table, slot);
  }
  if (Present::get(wanted)) insert(table, slot, wanted);
}

bool ShadowTables::fill_leaf(u32 table, u32 slot) {
  const u64 old = at(table).entries[slot];
  const bool changed = refresh_leaf(table, slot);
  if (changed) tell_entry(PagingEventKind::Fill, table, slot, old);
  if (!at(table).role.direct) synchronize_entry(at(table).frame, slot, at(table).geometry().entry_bytes);
  return changed;
}

// --- Freeing -----------------------------------------------------------------------------------------------

void ShadowTables::free_orphans() {
  while (!orphans_.empty()) {
    const u32 table = orphans_.back();
    orphans_.pop_back();
    // It may have been linked again, or freed, since.
    if (at(table).live && at(table).role.level == 1 && at(table).first_parent == kNone) free_table(table);
  }
}

void ShadowTables::free_table(u32 index) {
  ShadowTable& table = at(index);
  while (table.first_parent != kNone) {
    const u32 parent = table.first_parent / ShadowTable::kSlots;
    const u32 slot = table.first_parent % ShadowTable::kSlots;
    invalidate_directory(parent, slot, Rights::get(at(parent).entries[slot]));
    remove(parent, slot);
  }
  for (u32 slot = 0; table.present != 0; ++slot) {
    if (!Present::get(table.entries[slot])) continue;
    if (table.role.level == 2) invalidate_directory(index, slot, Rights::get(table.entries[slot]));
    remove(index, slot);
  }
  return_to_pool(index);
}

void ShadowTables::return_to_pool(u32 index) {
  ShadowTable& table = at(index);
  table.live = false;
  free_.push_back(index);
  tell_table(PagingEventKind::Drop, index);
  if (table.role.direct) {
    direct_tables_.erase(direct_key(table.base, table.role));
    return;
  }
  u32* link = &tables_of_frame_[table.frame.value];
  while (*link != index) link = &at(*link).next_of_frame;
  *link = table.next_of_frame;
  if (has_tables(table.frame)) return;
  released_.remove(table.frame);
  lift_protection(index);
}

void ShadowTables::evict() {
  // Second chance: two rounds find a victim unless all tables are active directories.
  for (u32 step = 0; step < 2 * size(); ++step) {
    hand_ = (hand_ + 1) % size();
    ShadowTable& table = at(hand_);
    if (!table.live || table.active != 0) continue;
    if (table.touched) {
      table.touched = false;
      continue;
    }
    ++counters_.evictions;
    tell_table(PagingEventKind::Evict, hand_);
    free_table(hand_);
    free_orphans();
    return;
  }
}

void ShadowTables::clear() {
  // Guests change the map many times in a row: the reverse map is large, and empty after the first.
  if (free_.size() == tables_.size()) return;
  std::ranges::fill(mappings_, kNone);
  for (u32 index = 0; index < size(); ++index) {
    if (!at(index).live) continue;
    at(index).active = 0;
    return_to_pool(index);
  }
  active_.clear();
  orphans_.clear();
}

}  // namespace ringdown
