// Which translations of the TLB came from a shadow entry, and telling it that they no longer hold.
#include "mmu/shadow_tables.h"

namespace ringdown {

using shadow_entry::Present;
using shadow_entry::Rights;
using shadow_entry::Target;

namespace {

/// The first linear address that entry `slot` of an active directory translates in position `gib`.
GuestLinear linear_of(const ShadowTable& directory, u32 gib, u32 slot) {
  return GuestLinear((gib << 30) + (slot << directory.geometry().directory_shift));
}

}  // namespace

void ShadowTables::invalidate(u32 index, u32 slot, bool user, u32 first, u32 pages) {
  const ShadowTable& directory = at(index);
  for (u32 gib = 0; gib < directory.contexts.size(); ++gib) {
    const Reach reach{user ? directory.contexts[gib] : 0, (directory.active >> gib & 1) != 0};
    if (reach.users == 0 && !reach.supervisors) continue;
    const GuestLinear start = linear_of(directory, gib, slot) + (first << kPageShift);
    if (breaker_.awaits(ShadowBreak::Kind::StaleTlb) && cache_.holds(start, pages, reach) &&
        breaker_.strikes()) {
      tell_entry(PagingEventKind::Break, index, slot, directory.entries[slot]);
      continue;
    }
    cache_.invalidate(start, pages, reach);
  }
}

void ShadowTables::invalidate_leaf(u32 index, u32 slot) {
  const ShadowTable& table = at(index);
  const bool user = (Rights::get(table.entries[slot]) & shadow_rights::kUser) != 0;
  if (!user && table.parents_slot != ShadowTable::kMixed) {
    // A kernel's table is linked from every address space, but only the active ones translate for it.
    for_each_active_parent(index,
                           [&](u32 directory) { invalidate(directory, table.parents_slot, false, slot, 1); });
    return;
  }
  for_each_listed(table.first_parent, [&](u32 directory, u32 directory_slot) {
    invalidate(directory, directory_slot, user, slot, 1);
  });
}

void ShadowTables::invalidate_directory(u32 index, u32 slot, u8 rights) {
  const ShadowTable& directory = at(index);
  if (at(Target::get(directory.entries[slot])).present == 0) return;
  invalidate(index, slot, (rights & shadow_rights::kUser) != 0, 0, directory.geometry().entries);
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

bool ShadowTables::is_in_tlb(u32 index) const {
  const ShadowTable& table = at(index);
  if (table.role.level != 1 || table.parents_slot >= ShadowTable::kMixed) return false;
  bool held = false;
  for_each_active_parent(index, [&](u32 active) {
    const ShadowTable& directory = at(active);
    const u32 gib = static_cast<u32>(std::countr_zero(directory.active));
    const GuestLinear start = linear_of(directory, gib, table.parents_slot);
    const Reach reach{directory.contexts[gib], true};
    for (u32 slot = 0; slot < table.geometry().entries && !held; ++slot)
      held = Present::get(table.entries[slot]) && cache_.holds(start + (slot << kPageShift), 1, reach);
  });
  return held;
}

}  // namespace ringdown
