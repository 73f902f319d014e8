// Applies events to tables of its own.
#include "tests/unit/mmu/paging_mirror.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "mmu/shadow_table.h"

namespace ringdown::test {

void PagingMirror::paging_event(const PagingEvent& event) {
  switch (event.kind) {
    case PagingEventKind::Make:
      tables_[event.table] = {event.level, {}};
      break;
    case PagingEventKind::Drop:
      drop(event.table);
      break;
    case PagingEventKind::Activate:
      roots_[event.user_side ? 1 : 0][event.slot] = event.table;
      break;
    case PagingEventKind::Fill:
    case PagingEventKind::Sync:
    case PagingEventKind::Withhold:
    case PagingEventKind::Grant:
      change_entry(event);
      break;
    case PagingEventKind::Protect:
      protect(event.physical);
      break;
    case PagingEventKind::Release:
      protected_.erase(event.physical.value);
      break;
    case PagingEventKind::Store:
    case PagingEventKind::Mark:
      note_guest_entry(event);
      break;
    case PagingEventKind::RootSwitch:
      roots_ = {kNoRoot, kNoRoot};
      break;
    case PagingEventKind::HiddenFault:
    case PagingEventKind::TrueFault:
    case PagingEventKind::Evict:
    case PagingEventKind::Break:
      break;
  }
}

void PagingMirror::change_entry(const PagingEvent& event) {
  std::map<u16, u64>& entries = tables_.at(event.table).entries;
  if (shadow_entry::Present::get(event.new_entry)) {
    entries[event.slot] = event.new_entry;
  } else {
    entries.erase(event.slot);
  }
}

void PagingMirror::drop(u32 table) {
  tables_.erase(table);
  for (Root& root : roots_) std::ranges::replace(root, table, PagingEvent::kNoTable);
  for (auto& [number, other] : tables_) {
    if (other.level == 2)
      std::erase_if(other.entries,
                    [&](const auto& e) { return shadow_entry::Target::get(e.second) == table; });
  }
}

void PagingMirror::protect(GuestPhysical table) {
  memory_.read(table, std::as_writable_bytes(std::span(protected_[table.value])));
}

void PagingMirror::note_guest_entry(const PagingEvent& event) {
  const auto found = protected_.find(event.physical.value & ~u64{kPageOffsetMask});
  if (found == protected_.end())
    return;  // of a released table, which is read anew when it is protected again
  std::memcpy(found->second.data() + (event.physical.value & kPageOffsetMask), &event.guest_entry,
              event.entry_bytes);
}

void PagingMirror::collect(u32 directory, GuestLinear start, u32 shift, std::map<u32, u64>& leaves) const {
  const auto found = tables_.find(directory);
  if (found == tables_.end()) return;
  for (const auto& [slot, entry] : found->second.entries) {
    for (const auto& [table_slot, leaf] : tables_.at(shadow_entry::Target::get(entry)).entries)
      leaves[start.value + (u32{slot} << shift) + (u32{table_slot} << kPageShift)] = leaf;
  }
}

std::string PagingMirror::compare(const ShadowPaging& paging) const {
  std::map<u32, u64> mine;
  const u32 shift = geometry_of(mode_of(paging.controls())).directory_shift;
  for (u32 gib = 0; gib < 4; ++gib) collect(roots_[0][gib], GuestLinear(gib << 30), shift, mine);
  const std::vector<ShadowPaging::Leaf> leaves = paging.leaves();
  if (leaves.size() != mine.size())
    return fmt::format("{} entries by the events, {} in the shadow", mine.size(), leaves.size());
  for (const ShadowPaging::Leaf& leaf : leaves) {
    const auto found = mine.find(leaf.linear.value);
    if (found == mine.end()) return fmt::format("no event told of the entry for {:08x}", leaf.linear.value);
    if (shadow_entry::Target::get(found->second) != leaf.frame.value)
      return fmt::format("the events gave {:08x} another frame", leaf.linear.value);
  }
  for (const auto& [table, content] : protected_) {
    std::array<u8, kPageSize> now;
    memory_.read(GuestPhysical(table), std::as_writable_bytes(std::span(now)));
    if (now != content) return fmt::format("no event told of a store to the table at {:08x}", table);
  }
  return {};
}

}  // namespace ringdown::test
