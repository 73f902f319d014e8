// What those who look into the shadow from outside are told.
#include "mmu/shadow_paging.h"
#include "mmu/shadow_tables.h"

namespace ringdown {

std::vector<ShadowPaging::Step> ShadowPaging::steps(GuestLinear linear) const {
  if (!roots_valid_) return {};
  const u32 directory = directory_of(linear, side_);
  if (directory == ShadowTables::kNone) return {};
  const TableGeometry geometry = tables_->at(directory).geometry();
  const u32 slot = geometry.directory_slot(linear);
  const u64 entry = tables_->at(directory).entries[slot];
  std::vector<Step> steps{{directory, slot, entry}};
  if (!shadow_entry::Present::get(entry)) return steps;
  const u32 table = shadow_entry::Target::get(entry);
  const u32 table_slot = geometry.table_slot(linear);
  steps.push_back({table, table_slot, tables_->at(table).entries[table_slot]});
  return steps;
}

std::vector<ShadowPaging::TableSummary> ShadowPaging::tables() const {
  std::vector<TableSummary> summaries;
  for (u32 number = 0; number < tables_->size(); ++number) {
    const ShadowTable& table = tables_->at(number);
    if (!table.live) continue;
    summaries.push_back({.number = number,
                         .level = table.role.level,
                         .direct = table.role.direct,
                         .active = table.active != 0,
                         .base = table.base,
                         .present = table.present});
  }
  return summaries;
}

}  // namespace ringdown
