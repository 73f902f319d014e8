// What watchers are told of tables and entries.
#include "mmu/shadow_tables.h"

namespace ringdown {

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

}  // namespace ringdown
