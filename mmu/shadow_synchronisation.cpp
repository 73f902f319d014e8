// Keeping shadow tables in line with the guest's: at each store, or for released tables at TLB misses and
// loads of control registers.
#include <cstring>
#include <utility>

#include "mmu/shadow_tables.h"

namespace ringdown {

using shadow_entry::Present;
using shadow_entry::Rights;
using shadow_entry::Target;

void ShadowTables::stored(HostFrame frame, u32 offset, u32 length) {
  const bool released = !released_.empty() && released_.find(frame) != nullptr;
  if (released) {
    // The copy changes by whole entries, whatever their size.
    const u32 end = (offset + length + sizeof(u64) - 1) & ~u32{sizeof(u64) - 1};
    offset &= ~u32{sizeof(u64) - 1};
    length = end - offset;
  }
  for (u32 index = tables_of_frame_[frame.value]; index != kNone; index = at(index).next_of_frame) {
    const ShadowTable& table = at(index);
    if (table.present == 0) continue;
    const u32 bytes = table.geometry().entry_bytes;
    const u32 last = (offset + length - 1) / bytes;
    for (u32 slot = offset / bytes; slot <= last; ++slot) {
      if (Present::get(table.entries[slot])) bring_in_line(index, slot);
    }
  }
  if (released) released_.accept(frame, offset, length, memory_.store().page(frame));
}

void ShadowTables::bring_in_line(u32 index, u32 slot) {
  const ShadowTable& table = at(index);
  const u64 old = table.entries[slot];
  if (table.role.level == 1) {
    const u64 wanted = decode_leaf_entry(memory_, table, slot);
    if (old == wanted || goes_wrong(ShadowBreak::Kind::DropSync, index, slot)) return;
    replace_leaf(index, slot, wanted);
  } else {
    const DirectoryTarget target = decode_directory_entry(memory_, table, slot);
    const bool same =
        target.present && points_to(at(Target::get(old)), table, target) && Rights::get(old) == target.rights;
    if (same || goes_wrong(ShadowBreak::Kind::DropSync, index, slot)) return;
    update_directory(index, slot, target);
  }
  ++counters_.syncs;
  tell_entry(PagingEventKind::Sync, index, slot, old);
}

bool ShadowTables::goes_wrong(ShadowBreak::Kind kind, u32 index, u32 slot) {
  if (!breaker_.awaits(kind) || !breaker_.strikes()) return false;
  tell_entry(PagingEventKind::Break, index, slot, at(index).entries[slot]);
  return true;
}

void ShadowTables::note_store(HostFrame frame) {
  bool busy = false;
  for (u32 index = tables_of_frame_[frame.value]; index != kNone; index = at(index).next_of_frame) {
    ShadowTable& table = at(index);
    ++table.idle_stores;
    if (std::exchange(table.period, period_) != period_) table.stores = 0;
    busy |= ++table.stores >= (table.release_habit == kFirmHabit ? 1 : kBusyStores);
  }
  if (flooded(frame)) {
    drop_tables(frame);
  } else if (sync_ == ShadowSync::Lazy || (sync_ == ShadowSync::Auto && busy)) {
    if (may_be_released(frame)) release(frame);
  }
}

bool ShadowTables::flooded(HostFrame frame) {
  for (u32 index = tables_of_frame_[frame.value]; index != kNone; index = at(index).next_of_frame) {
    ShadowTable& table = at(index);
    if (table.idle_stores <= kFloodLimit || table.active != 0) return false;
    if (!is_in_tlb(index)) continue;
    table.touch();
    return false;
  }
  return true;
}

void ShadowTables::drop_tables(HostFrame frame) {
  while (tables_of_frame_[frame.value] != kNone) free_table(tables_of_frame_[frame.value]);
}

// What a directory leads to is shared and linked; only page tables can be behind.
bool ShadowTables::may_be_released(HostFrame frame) const {
  if (!memory_.tracked(frame, Tracking::ShadowedTable) || memory_.tracked(frame, Tracking::DescriptorTable)) {
    return false;
  }
  for (u32 index = tables_of_frame_[frame.value]; index != kNone; index = at(index).next_of_frame) {
    if (at(index).role.level != 1) return false;
  }
  return true;
}

void ShadowTables::release(HostFrame frame) {
  // The TLB keeps translations over loads of CR3 because they are never stale. From here on they may be: only
  // those stay that the guest uses from now on, as after its load of CR3.
  for (u32 index = tables_of_frame_[frame.value]; index != kNone; index = at(index).next_of_frame) {
    for_each_listed(at(index).first_parent, [&](u32 directory, u32 slot) {
      invalidate_directory(directory, slot, Rights::get(at(directory).entries[slot]));
    });
  }
  released_.add(frame, memory_.store().page(frame));
  lift_protection(tables_of_frame_[frame.value]);
}

void ShadowTables::synchronize(HostFrame frame) {
  protect(tables_of_frame_[frame.value]);
  // `stored` makes the copy the same as the page, part by part.
  constexpr u32 kPart = 64;
  const u8* copy = released_.find(frame)->data();
  const u8* page = memory_.store().page(frame);
  u32 differences = 0;
  for (u32 offset = 0; offset < kPageSize; offset += kPart) {
    if (std::memcmp(copy + offset, page + offset, kPart) == 0) continue;
    for (u32 entry = offset; entry < offset + kPart; entry += sizeof(u64)) {
      if (std::memcmp(copy + entry, page + entry, sizeof(u64)) == 0) continue;
      ++differences;
      tell_store(PagingEventKind::Store, frame, entry, sizeof(u64));
      stored(frame, entry, sizeof(u64));
    }
  }
  released_.remove(frame);
  for (u32 index = tables_of_frame_[frame.value]; index != kNone; index = at(index).next_of_frame) {
    ShadowTable& table = at(index);
    table.idle_stores += differences;
    if (differences < kBusyStores) {
      table.release_habit = 0;
    } else if (table.release_habit < kFirmHabit) {
      ++table.release_habit;
    }
  }
}

void ShadowTables::synchronize_entry(HostFrame frame, u32 slot, u32 entry_bytes) {
  const ReleasedTables::Copy* const copy = released_.find(frame);
  const u32 offset = slot * entry_bytes;
  if (copy == nullptr ||
      std::memcmp(copy->data() + offset, memory_.store().page(frame) + offset, entry_bytes) == 0) {
    return;
  }
  tell_store(PagingEventKind::Store, frame, offset, entry_bytes);
  stored(frame, offset, entry_bytes);
}

void ShadowTables::synchronize_all() {
  ++period_;
  while (!released_.empty()) {
    const HostFrame frame = released_.frames().back();
    synchronize(frame);
    if (flooded(frame)) drop_tables(frame);
  }
  free_orphans();
}

// --- Protection --------------------------------------------------------------------------------------------

void ShadowTables::change_mappings(HostFrame frame, PagingEventKind kind, u64 (*change)(u64)) {
  for_each_listed(mappings_[frame.value], [&](u32 table, u32 slot) {
    u64& entry = at(table).entries[slot];
    const u64 old = entry;
    entry = change(old);
    if (entry != old) tell_entry(kind, table, slot, old);
  });
}

void ShadowTables::write_protect(HostFrame frame) {
  change_mappings(frame, PagingEventKind::Withhold, shadow_entry::withhold);
  cache_.revoke_write(frame);
}

void ShadowTables::protect(u32 index) {
  const HostFrame frame = at(index).frame;
  if (memory_.tracked(frame, Tracking::ShadowedTable)) return;
  if (goes_wrong(ShadowBreak::Kind::LoseProtect, index, 0)) return;
  ++counters_.protects;
  memory_.track(frame, Tracking::ShadowedTable);
  tell_table(PagingEventKind::Protect, index);
}

void ShadowTables::lift_protection(u32 index) {
  const HostFrame frame = at(index).frame;
  if (!memory_.tracked(frame, Tracking::ShadowedTable)) return;
  ++counters_.releases;
  memory_.untrack(frame, Tracking::ShadowedTable);
  tell_table(PagingEventKind::Release, index);
  if (!is_write_protected(memory_, frame))
    change_mappings(frame, PagingEventKind::Grant, shadow_entry::give_back);
}

}  // namespace ringdown
