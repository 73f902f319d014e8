// Life of the shadow tables: making, linking, keeping in line with the guest, freeing.
#include "mmu/shadow_tables.h"

#include <algorithm>

namespace ringdown {

using shadow_entry::kNotPresent;
using shadow_entry::Present;
using shadow_entry::Rights;
using shadow_entry::Target;

namespace {

/// Shadow tables may take an eighth of what the guest has as RAM, and no more than 25 MiB.
constexpr u32 kShareOfMemory = 8;
constexpr u32 kTableFrames = (sizeof(ShadowTable) + kPageSize - 1) / kPageSize;

/// The first linear address that entry `slot` of an active directory translates in position `gib`.
GuestLinear linear_of(const ShadowTable& directory, u32 gib, u32 slot) {
  return GuestLinear((gib << 30) + (slot << directory.geometry().directory_shift));
}

}  // namespace

ShadowTables::ShadowTables(GuestMemory& memory, TranslationCache& cache, const PagingEvents& events)
    : memory_(memory),
      cache_(cache),
      events_(events),
      tables_of_frame_(memory.store().frame_count(), kNone),
      mappings_(memory.store().frame_count(), kNone),
      limit_(std::clamp(memory.store().frame_count() / kShareOfMemory / kTableFrames, kMinimumTables,
                        kMaximumTables)) {}

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
  const u32 index = free_.back();
  free_.pop_back();
  ShadowTable& table = at(index);
  table.role = role;
  // Of aliases, the address that is on the bus.
  table.base = role.direct ? base : memory_.apply_a20(base);
  table.frame = frame;
  table.next_of_frame = kNone;
  table.first_parent = kNone;
  table.active = 0;
  table.contexts = {};
  table.live = true;
  table.present = 0;
  table.entries.fill(kNotPresent);
  table.touch();
  tell_table(PagingEventKind::Make, index);
  if (role.direct) {
    direct_tables_.emplace(direct_key(base, role), index);
    return index;
  }
  table.next_of_frame = tables_of_frame_[frame.value];
  tables_of_frame_[frame.value] = index;
  if (!memory_.tracked(frame, Tracking::ShadowedTable)) tell_table(PagingEventKind::Protect, index);
  memory_.track(frame, Tracking::ShadowedTable);
  return index;
}

u32& ShadowTables::list_head(const ShadowTable& table, u64 entry) {
  return table.role.level == 1 ? mappings_[Target::get(entry)] : at(Target::get(entry)).first_parent;
}

void ShadowTables::insert(u32 table, u32 slot, u64 entry) {
  ShadowTable& holder = at(table);
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
  if (child == kNone) child = create(target.base, target.frame, role);
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
    invalidate_directory(directory, slot, Rights::get(entry));
    remove(table, slot);
    return true;
  }
  const u8 old_rights = Rights::get(entry);
  if (old_rights == target.rights) return false;
  entry = Rights::with(entry, target.rights);
  if ((old_rights & ~target.rights) != 0) invalidate_directory(directory, slot, old_rights);
  return true;
}

bool ShadowTables::refresh_leaf(u32 table, u32 slot) {
  ShadowTable& holder = at(table);
  const u64 old = holder.entries[slot];
  const u64 wanted = decode_leaf_entry(memory_, holder, slot);
  if (old == wanted) return false;
  if (Present::get(old)) {
    const bool only_rights = shadow_entry::without_rights(old) == shadow_entry::without_rights(wanted);
    if (!only_rights || (Rights::get(old) & ~Rights::get(wanted)) != 0) invalidate_leaf(holder, slot);
    if (only_rights) {
      holder.entries[slot] = wanted;
      return true;
    }
    remove(table, slot);
  }
  if (Present::get(wanted)) insert(table, slot, wanted);
  return true;
}

bool ShadowTables::fill_leaf(u32 table, u32 slot) {
  const u64 old = at(table).entries[slot];
  if (!refresh_leaf(table, slot)) return false;
  tell_entry(PagingEventKind::Fill, table, slot, old);
  return true;
}

u32 ShadowTables::stored(HostFrame frame, u32 offset, u32 length) {
  u32 changed = 0;
  for (u32 index = tables_of_frame_[frame.value]; index != kNone; index = at(index).next_of_frame) {
    const ShadowTable& table = at(index);
    if (table.present == 0) continue;
    const u32 bytes = table.geometry().entry_bytes;
    const u32 last = (offset + length - 1) / bytes;
    for (u32 slot = offset / bytes; slot <= last; ++slot) {
      const u64 old = table.entries[slot];
      if (!Present::get(old)) continue;
      const bool differs = table.role.level == 1
                               ? refresh_leaf(index, slot)
                               : update_directory(index, slot, decode_directory_entry(memory_, table, slot));
      if (!differs) continue;
      ++changed;
      tell_entry(PagingEventKind::Sync, index, slot, old);
    }
  }
  return changed;
}

void ShadowTables::tell_store(PagingEventKind kind, HostFrame frame, u32 offset, u32 length) const {
  if (!events_.watched() || !has_tables(frame)) return;
  const ShadowTable& table = at(tables_of_frame_[frame.value]);
  const u32 bytes = table.geometry().entry_bytes;
  for (u32 slot = offset / bytes; slot <= (offset + length - 1) / bytes; ++slot) {
    events_.tell({.kind = kind,
                  .level = table.role.level,
                  .slot = static_cast<u16>(slot),
                  .physical = table.base + slot * bytes,
                  .entry_bytes = static_cast<u8>(bytes),
                  .guest_entry = guest_entry(memory_, table, slot)});
  }
}

void ShadowTables::note_store(HostFrame frame) {
  bool flooded = true;
  for (u32 index = tables_of_frame_[frame.value]; index != kNone; index = at(index).next_of_frame) {
    ShadowTable& table = at(index);
    if (++table.idle_stores <= kFloodLimit || table.active != 0) flooded = false;
  }
  if (!flooded) return;
  while (tables_of_frame_[frame.value] != kNone) free_table(tables_of_frame_[frame.value]);
}

void ShadowTables::invalidate(const ShadowTable& directory, u32 slot, bool user, u32 first, u32 pages) {
  for (u32 gib = 0; gib < directory.contexts.size(); ++gib) {
    const Reach reach{user ? directory.contexts[gib] : 0, (directory.active >> gib & 1) != 0};
    if (reach.users != 0 || reach.supervisors)
      cache_.invalidate(linear_of(directory, gib, slot) + (first << kPageShift), pages, reach);
  }
}

void ShadowTables::invalidate_leaf(const ShadowTable& table, u32 slot) {
  const bool user = (Rights::get(table.entries[slot]) & shadow_rights::kUser) != 0;
  for (u32 id = table.first_parent; id != kNone;) {
    const ShadowTable& directory = at(id / ShadowTable::kSlots);
    const u32 directory_slot = id % ShadowTable::kSlots;
    invalidate(directory, directory_slot, user, slot, 1);
    id = directory.next[directory_slot];
  }
}

void ShadowTables::invalidate_directory(const ShadowTable& directory, u32 slot, u8 rights) {
  if (at(Target::get(directory.entries[slot])).present == 0) return;
  invalidate(directory, slot, (rights & shadow_rights::kUser) != 0, 0, directory.geometry().entries);
}

std::optional<GuestLinear> ShadowTables::active_address(const ShadowTable& table, u32 slot) const {
  if (table.role.level == 2) {
    if (table.active == 0) return {};
    return linear_of(table, static_cast<u32>(std::countr_zero(table.active)), slot);
  }
  for (u32 id = table.first_parent; id != kNone;) {
    const ShadowTable& directory = at(id / ShadowTable::kSlots);
    const u32 directory_slot = id % ShadowTable::kSlots;
    if (const auto start = active_address(directory, directory_slot)) return *start + (slot << kPageShift);
    id = directory.next[directory_slot];
  }
  return {};
}

void ShadowTables::tell_entry(PagingEventKind kind, u32 index, u32 slot, u64 old) const {
  if (!events_.watched()) return;
  const ShadowTable& table = at(index);
  PagingEvent event{.kind = kind,
                    .level = table.role.level,
                    .slot = static_cast<u16>(slot),
                    .table = index,
                    .direct = table.role.direct,
                    .old_entry = old,
                    .new_entry = table.entries[slot]};
  if (const auto linear = active_address(table, slot)) {
    event.linear = *linear;
    event.in_active_root = true;
  }
  if (!table.role.direct) {
    event.entry_bytes = static_cast<u8>(table.geometry().entry_bytes);
    event.physical = table.base + slot * event.entry_bytes;
    event.guest_entry = guest_entry(memory_, table, slot);
  }
  events_.tell(event);
}

void ShadowTables::tell_table(PagingEventKind kind, u32 index, u32 slot) const {
  const ShadowTable& table = at(index);
  events_.tell({.kind = kind,
                .level = table.role.level,
                .slot = static_cast<u16>(slot),
                .table = index,
                .direct = table.role.direct,
                .user_side = table.role.side == GuestSide::User,
                .physical = table.base});
}

void ShadowTables::write_protect(HostFrame frame) {
  for (u32 id = mappings_[frame.value]; id != kNone;) {
    ShadowTable& table = at(id / ShadowTable::kSlots);
    const u32 slot = id % ShadowTable::kSlots;
    u64& entry = table.entries[slot];
    const u64 old = entry;
    entry = shadow_entry::withhold(entry);
    if (entry != old) tell_entry(PagingEventKind::Withhold, id / ShadowTable::kSlots, slot, old);
    id = table.next[slot];
  }
  cache_.revoke_write(frame);
}

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
    invalidate_directory(at(parent), slot, Rights::get(at(parent).entries[slot]));
    remove(parent, slot);
  }
  for (u32 slot = 0; table.present != 0; ++slot) {
    if (!Present::get(table.entries[slot])) continue;
    if (table.role.level == 2) invalidate_directory(table, slot, Rights::get(table.entries[slot]));
    remove(index, slot);
  }
  release(index);
}

void ShadowTables::release(u32 index) {
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
  memory_.untrack(table.frame, Tracking::ShadowedTable);
  tell_table(PagingEventKind::Release, index);
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
    tell_table(PagingEventKind::Evict, hand_);
    free_table(hand_);
    free_orphans();
    return;
  }
}

void ShadowTables::clear() {
  // Guests change the map many times in a row: the reverse map is large, and empty after the first.
  if (free_.size() == tables_.size()) return;
  for (u32 index = 0; index < size(); ++index) {
    if (at(index).live) release(index);
  }
  orphans_.clear();
  std::ranges::fill(mappings_, kNone);
}

}  // namespace ringdown
