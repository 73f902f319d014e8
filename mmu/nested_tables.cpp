// Walks, makes and checks the tables of the second dimension.
#include "mmu/nested_tables.h"

#include <fmt/format.h>

namespace ringdown {

using nested_entry::Frame;

void NestedTables::clear() {
  tables_.clear();
  tables_.push_back(std::make_unique<Table>());
  mappings_.clear();
}

NestedTables::Lookup NestedTables::look_up(GuestPhysical address) const {
  Lookup found;
  u32 table = 0;
  for (unsigned level = kLevels; level >= 1; --level) {
    const u64 entry = (*tables_[table])[slot_of(address, level)];
    ++found.references;
    if (entry == nested_entry::kNotPresent) break;
    if (level == 1) found.leaf = entry;
    table = static_cast<u32>(Frame::get(entry));
  }
  return found;
}

u64& NestedTables::leaf_of(GuestPhysical page) {
  u32 table = 0;
  for (unsigned level = kLevels; level > 1; --level) {
    u64& entry = (*tables_[table])[slot_of(page, level)];
    if (entry == nested_entry::kNotPresent) {
      entry = Frame::with(nested_entry::kAllRights, tables_.size());
      tables_.push_back(std::make_unique<Table>());
    }
    table = static_cast<u32>(Frame::get(entry));
  }
  return (*tables_[table])[slot_of(page, 1)];
}

void NestedTables::enter(GuestPhysical page, u64 leaf) {
  leaf_of(page) = leaf;
  const u64 frame = Frame::get(leaf);
  if (frame >= mappings_.size()) mappings_.resize(frame + 1);
  Mapping& mapping = mappings_[frame];
  const bool another = mapping.page.value != Mapping::kNone && mapping.page != page;
  mapping = {page, mapping.shared || another};
}

void NestedTables::write_protect(HostFrame frame) {
  if (frame.value >= mappings_.size()) return;
  const Mapping mapping = mappings_[frame.value];
  if (mapping.page.value == Mapping::kNone) return;
  // Only while address line 20 is masked do several pages lead to a frame that can be written.
  if (mapping.shared) return clear();
  u64& leaf = leaf_of(mapping.page);
  leaf = nested_entry::Writable::with(leaf, false);
}

std::vector<std::string> NestedTables::damaged() const {
  std::vector<std::string> lines;
  std::vector<bool> seen(tables_.size());
  check_table(0, kLevels, seen, lines);
  return lines;
}

void NestedTables::check_table(u32 number, unsigned level, std::vector<bool>& seen,
                               std::vector<std::string>& lines) const {
  seen[number] = true;
  if (level == 1) return;
  for (u32 slot = 0; slot < kSlots; ++slot) {
    const u64 entry = (*tables_[number])[slot];
    if (entry == nested_entry::kNotPresent) continue;
    const u64 next = Frame::get(entry);
    if (next >= tables_.size() || seen[next]) {
      lines.push_back(
          fmt::format("nested table {} of level {}, entry {}: leads to table {}", number, level, slot, next));
    } else {
      check_table(static_cast<u32>(next), level - 1, seen, lines);
    }
  }
}

}  // namespace ringdown
