// Turns guest paging entries into the shadow entries that may stand for them.
#include "mmu/shadow_table.h"

namespace ringdown {

namespace {

/// Present, without reserved bits, and accessed: hardware may use it without telling anybody.
bool is_usable(u64 entry, const ShadowRole& role, bool large) {
  using namespace page_entry;
  const EntryFeatures features = {role.page_size_extension, role.wide_large_pages, role.no_execute};
  return Present::get(entry) && Accessed::get(entry) &&
         (entry & reserved_bits(role.mode, features, role.level, large)) == 0;
}

u8 rights_of(u64 entry, const ShadowRole& role) {
  using namespace shadow_rights;
  const bool writable = page_entry::Writable::get(entry);
  const bool supervisor_writable = writable || !role.write_protect;
  const bool user = page_entry::User::get(entry);
  u8 rights = page_entry::NoExecute::get(entry) ? 0 : kExecute;
  if (role.deprivilege == Deprivilege::Ring1) {
    if (user) rights |= kUser;
    if (supervisor_writable) rights |= kSupervisorWrite;
    if (writable) rights |= kUserWrite;
  } else if (role.side == GuestSide::Kernel) {
    // The guest's kernel is user code to the physical processor, and sees all of its own pages.
    rights |= kUser;
    if (supervisor_writable) rights |= kWrite;
  } else {
    if (user) rights |= kUser;
    if (writable) rights |= kWrite;
  }
  return rights;
}

constexpr u8 without_write(u8 rights) { return rights & static_cast<u8>(~shadow_rights::kWrite); }

}  // namespace

u64 guest_entry(const GuestMemory& memory, const ShadowTable& table, u32 slot) {
  const u32 bytes = table.geometry().entry_bytes;
  u64 entry = 0;
  std::memcpy(&entry, memory.store().page(table.frame) + slot * bytes, bytes);
  return entry;
}

ShadowRole child_role(const ShadowRole& directory, bool large) {
  if (large || directory.direct) {
    // All rights are the directory entry's: one direct table serves every role.
    return {.mode = directory.mode == PagingMode::Pae ? PagingMode::Pae : PagingMode::Bits32,
            .level = 1,
            .direct = true};
  }
  ShadowRole role = directory;
  role.level = 1;
  // It decides about page tables only where PAT does not exist.
  role.page_size_extension = directory.page_size_extension && !directory.wide_large_pages;
  return role;
}

bool is_write_protected(const GuestMemory& memory, HostFrame frame) {
  return memory.tracked(frame, Tracking::ShadowedTable) || memory.tracked(frame, Tracking::DescriptorTable);
}

DirectoryTarget decode_directory_entry(const GuestMemory& memory, const ShadowTable& directory, u32 slot) {
  const ShadowRole& role = directory.role;
  if (role.direct) {
    const GuestPhysical base(u64{slot} << directory.geometry().directory_shift);
    return {.present = true, .large = true, .rights = shadow_rights::kAll, .base = base};
  }
  const u64 entry = guest_entry(memory, directory, slot);
  const bool large = maps_large_page(entry, role.mode, role.page_size_extension);
  if (!is_usable(entry, role, large)) return {};
  DirectoryTarget target{.present = true, .large = large, .rights = rights_of(entry, role)};
  if (large) {
    target.base = large_page_address(entry, role.mode);
    if (!page_entry::Dirty::get(entry)) target.rights = without_write(target.rights);
    return target;
  }
  target.base = frame_address(entry, role.mode);
  const GuestMemory::Page page = memory.page(target.base);
  target.present = is_plain_ram(page);
  target.frame = HostFrame(page.read_frame);
  return target;
}

u64 decode_leaf_entry(const GuestMemory& memory, const ShadowTable& table, u32 slot) {
  u8 rights = shadow_rights::kAll;
  GuestPhysical physical = table.base + (u64{slot} << kPageShift);
  if (!table.role.direct) {
    const u64 entry = guest_entry(memory, table, slot);
    if (!is_usable(entry, table.role, false)) return shadow_entry::kNotPresent;
    physical = frame_address(entry, table.role.mode);
    rights = rights_of(entry, table.role);
    if (!page_entry::Dirty::get(entry)) rights = without_write(rights);
  }
  const GuestMemory::Page page = memory.page(physical);
  if (!is_frame(page.read_frame)) return shadow_entry::kNotPresent;
  const HostFrame frame(page.read_frame);
  if (!is_plain_ram(page)) rights = without_write(rights);
  const u64 entry = shadow_entry::make(rights, frame.value, physical.value >> kPageShift);
  return is_write_protected(memory, frame) ? shadow_entry::withhold(entry) : entry;
}

}  // namespace ringdown
