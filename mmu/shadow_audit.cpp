// Looking at the shadow from outside: the audit against the guest's tables, and views for people.
#include <fmt/format.h>

#include "mmu/shadow_paging.h"
#include "mmu/shadow_tables.h"

namespace ringdown {

using shadow_entry::Present;
using shadow_entry::Rights;
using shadow_entry::Target;

namespace {

/// The controls under which the guest's walk begins at `directory`, as the first GiB of a PAE root or as all
/// of a 32-bit one.
PagingControls controls_of(const ShadowTable& directory) {
  PagingControls controls;
  controls.paging = directory.role.mode != PagingMode::None;
  controls.write_protect = directory.role.write_protect;
  controls.page_size_extension = directory.role.page_size_extension;
  controls.wide_large_pages = directory.role.wide_large_pages;
  controls.physical_address_extension = directory.role.mode == PagingMode::Pae;
  controls.no_execute = directory.role.no_execute;
  controls.cr3 = static_cast<u32>(directory.base.value);
  controls.pdpte = {directory.base.value | page_entry::Present::kMask, 0, 0, 0};
  return controls;
}

bool all_accessed(const WalkResult& walk) {
  for (u8 i = 0; i < walk.depth; ++i) {
    if (!page_entry::Accessed::get(walk.steps[i].entry)) return false;
  }
  return true;
}

/// The privileges of the guest that walk tables of this role.
bool serves(const ShadowRole& role, Privilege privilege) {
  if (role.deprivilege == Deprivilege::Ring1) return true;
  return (role.side == GuestSide::User) == (privilege == Privilege::User);
}

struct Difference {
  std::vector<std::string>& lines;
  u32 directory;  // base, to tell roots apart
  GuestLinear linear;
  void add(std::string_view what) const {
    lines.push_back(fmt::format("directory {:08x} linear {:08x}: {}", directory, linear.value, what));
  }
};

/// `rights`: of both levels; `guest_rights`: with those that are withheld.
void compare_rights(const GuestMemory& memory, const ShadowRole& role, u8 rights, u8 guest_rights,
                    const WalkResult& walk, const PagingControls& controls, const Difference& difference) {
  const GuestMemory::Page page = memory.page(walk.page);
  const bool guest_writes = walk.dirty && is_plain_ram(page);
  const bool may_write = guest_writes && !is_write_protected(memory, HostFrame(page.write_frame));
  for (const Privilege privilege : {Privilege::Supervisor, Privilege::User}) {
    if (!role.direct && !serves(role, privilege)) continue;
    const Privilege physical = role.deprivilege == Deprivilege::Ring3 ? Privilege::User : privilege;
    for (const AccessType type : {AccessType::Read, AccessType::Write, AccessType::Execute}) {
      const bool granted = shadow_rights::allow(rights, type, physical);
      bool allowed = page_fault_code(walk, controls, type, privilege) == kNoFault;
      if (shadow_rights::allow(guest_rights, type, physical) &&
          !(allowed && (type != AccessType::Write || guest_writes)))
        difference.add("the shadow takes for withheld what the guest's tables do not grant");
      if (type == AccessType::Write) allowed = allowed && may_write;
      // Write permission may be missing (it comes back with the next store), never too much.
      if (granted && !allowed) difference.add("the shadow grants what the guest's tables do not");
      if (!granted && allowed && type != AccessType::Write)
        difference.add("the shadow denies what is allowed");
    }
  }
}

}  // namespace

std::vector<std::string> ShadowPaging::audit() {
  ++counters_.audits;
  std::vector<std::string> differences;
  for (u32 index = 0; index < tables_->size(); ++index) {
    const ShadowTable& table = tables_->at(index);
    if (!table.live) continue;
    if (!table.role.direct && !memory_.tracked(table.frame, Tracking::ShadowedTable) &&
        tables_->released().find(table.frame) == nullptr) {
      differences.push_back(fmt::format("frame {:x} holds a table and is not protected", table.frame.value));
    }
    if (table.role.level == 2) audit_directory(index, differences);
  }
  audit_kept(differences);
  audit_mappings(differences);
  return differences;
}

WalkResult ShadowPaging::known_walk(const PagingControls& controls, GuestLinear linear) const {
  const ReleasedTables& released = tables_->released();
  return walk_page(
      [&](GuestPhysical address, u32 bytes) {
        const GuestMemory::Page page = memory_.page(address);
        const auto* copy = is_frame(page.read_frame) ? released.find(HostFrame(page.read_frame)) : nullptr;
        if (copy == nullptr) return read_entry(memory_, address, bytes);
        u64 entry = 0;
        std::memcpy(&entry, copy->data() + (address.value & kPageOffsetMask), bytes);
        return entry;
      },
      controls, linear);
}

u32 ShadowPaging::directory_of_kept(const KeptTranslation& kept) const {
  const GuestSide side = side_of(kept.privilege);
  if (kept.privilege == Privilege::Supervisor || kept.context == context_)
    return directory_of(kept.page, side);
  const PagingRoot* const root = contexts_.root_of(kept.context);
  if (root == nullptr) return ShadowTables::kNone;
  const ShadowRole role = directory_role(side);
  if (role.direct) return tables_->find_direct({}, role);
  const u64 pointer = role.mode == PagingMode::Pae ? root->pdpte[position_of(kept.page)] : root->cr3;
  const GuestMemory::Page page = memory_.page(frame_address(pointer, role.mode));
  return is_plain_ram(page) ? tables_->find(HostFrame(page.read_frame), role) : ShadowTables::kNone;
}

void ShadowPaging::audit_kept(std::vector<std::string>& differences) const {
  cache_.for_each_kept([&](const KeptTranslation& kept) {
    const auto add = [&](std::string_view what) {
      differences.push_back(
          fmt::format("TLB, {} {}, linear {:08x}: {}",
                      kept.privilege == Privilege::User ? "users of context" : "supervisors; active context",
                      kept.privilege == Privilege::User ? kept.context : context_, kept.page.value, what));
    };
    const Lookup found = look_up_in(directory_of_kept(kept), kept.page);
    if (found.leaf == shadow_entry::kNotPresent) return add("a page that the shadow does not map");
    if (Target::get(found.leaf) != kept.frame.value) add("another frame than the shadow maps");
    if (!shadow_rights::allow(found.rights, kept.type, physical(kept.privilege)))
      add("rights that the shadow does not grant");
    if (kept.type == AccessType::Write && memory_.tracking(kept.frame) != 0)
      add("stores to a tracked frame go unnoticed");
  });
}

void ShadowPaging::audit_directory(u32 index, std::vector<std::string>& differences) const {
  const ShadowTable& directory = tables_->at(index);
  const PagingControls controls = controls_of(directory);
  const TableGeometry geometry = directory.geometry();
  for (u32 slot = 0; slot < geometry.entries; ++slot) {
    const u64 entry = directory.entries[slot];
    if (!Present::get(entry)) continue;
    const ShadowTable& child = tables_->at(Target::get(entry));
    const GuestLinear linear(slot << geometry.directory_shift);
    const Difference difference{differences, controls.cr3, linear};
    if (!child.live) {
      difference.add("leads to a freed table");
      continue;
    }
    if (controls.paging) {
      const u64 guest = known_walk(controls, linear).steps[0].entry;
      const bool usable = page_entry::Present::get(guest) && page_entry::Accessed::get(guest);
      if (!usable) difference.add("a directory entry that the guest does not have, or not accessed");
      const GuestPhysical base = child.role.direct ? large_page_address(guest, directory.role.mode)
                                                   : frame_address(guest, directory.role.mode);
      const bool same =
          child.role.direct ? child.base == base : child.frame == HostFrame(memory_.page(base).read_frame);
      if (usable && !same) difference.add("leads to another table than the guest's entry");
    }
    for (u32 page = 0; page < geometry.entries; ++page) {
      if (Present::get(child.entries[page])) audit_leaf(directory, slot, page, controls, differences);
    }
  }
}

void ShadowPaging::audit_leaf(const ShadowTable& directory, u32 slot, u32 table_slot,
                              const PagingControls& controls, std::vector<std::string>& differences) const {
  const TableGeometry geometry = directory.geometry();
  const GuestLinear linear((slot << geometry.directory_shift) + (table_slot << kPageShift));
  const Difference difference{differences, controls.cr3, linear};
  const u64 entry = directory.entries[slot];
  const u64 leaf = tables_->at(Target::get(entry)).entries[table_slot];
  const WalkResult walk = known_walk(controls, linear);
  if (!walk.present || !all_accessed(walk)) {
    difference.add("a page that the guest's tables do not map, or not accessed");
    return;
  }
  if (Target::get(leaf) != memory_.page(walk.page).read_frame ||
      shadow_entry::GuestPage::get(leaf) != walk.page.value >> kPageShift) {
    difference.add("another frame than the guest's tables map");
  }
  const u8 rights = Rights::get(entry) & Rights::get(leaf);
  const u8 guest_rights = Rights::get(entry) & shadow_entry::guest_rights(leaf);
  compare_rights(memory_, directory.role, rights, guest_rights, walk, controls, difference);
}

void ShadowPaging::audit_mappings(std::vector<std::string>& differences) const {
  u64 present = 0;
  for (u32 index = 0; index < tables_->size(); ++index) {
    const ShadowTable& table = tables_->at(index);
    if (table.live && table.role.level == 1) present += table.present;
  }
  u64 listed = 0;
  for (u32 frame = 0; frame < memory_.store().frame_count(); ++frame) {
    for (u32 id = tables_->first_mapping(HostFrame(frame)); id != ShadowTables::kNone;) {
      const ShadowTable& table = tables_->at(id / ShadowTable::kSlots);
      const u32 slot = id % ShadowTable::kSlots;
      const u64 leaf = table.entries[slot];
      if (!table.live || !Present::get(leaf) || Target::get(leaf) != frame) {
        differences.push_back(fmt::format("frame {:x}: the reverse map lists an entry elsewhere", frame));
        return;
      }
      if ((Rights::get(leaf) & shadow_rights::kWrite) != 0 && is_write_protected(memory_, HostFrame(frame))) {
        differences.push_back(fmt::format("frame {:x}: writable although protected", frame));
      }
      ++listed;
      id = table.next[slot];
    }
  }
  if (listed != present) {
    differences.push_back(fmt::format("{} entries present, {} in the reverse map", present, listed));
  }
}

u32 ShadowPaging::table_count() const {
  u32 count = 0;
  for (u32 index = 0; index < tables_->size(); ++index) count += tables_->at(index).live ? 1 : 0;
  return count;
}

std::vector<ShadowPaging::Leaf> ShadowPaging::leaves() const {
  std::vector<Leaf> result;
  if (!roots_valid_) return result;
  const GuestSide side = deprivilege_ == Deprivilege::Ring3 ? side_ : GuestSide::Kernel;
  for (u32 position = 0; position < directory_count(); ++position) {
    const u32 index = roots_[static_cast<unsigned>(side)][position];
    if (index == ShadowTables::kNone) continue;
    const ShadowTable& directory = tables_->at(index);
    for (u32 slot = 0; slot < directory.geometry().entries; ++slot) {
      const GuestLinear start((position << 30) + (slot << directory.geometry().directory_shift));
      append_leaves(directory.entries[slot], start, result);
    }
  }
  return result;
}

void ShadowPaging::append_leaves(u64 directory_entry, GuestLinear start, std::vector<Leaf>& result) const {
  if (!Present::get(directory_entry)) return;
  const Privilege runs = physical(Privilege::Supervisor);
  const ShadowTable& table = tables_->at(Target::get(directory_entry));
  for (u32 slot = 0; slot < table.geometry().entries; ++slot) {
    const u64 leaf = table.entries[slot];
    if (!Present::get(leaf)) continue;
    const u8 rights = Rights::get(directory_entry) & Rights::get(leaf);
    result.push_back({.linear = start + (slot << kPageShift),
                      .frame = HostFrame(Target::get(leaf)),
                      .writable = shadow_rights::allow(rights, AccessType::Write, runs),
                      .user = shadow_rights::allow(rights, AccessType::Read, Privilege::User),
                      .executable = shadow_rights::allow(rights, AccessType::Execute, runs)});
  }
}

std::string ShadowPaging::describe(GuestLinear linear) const {
  if (!roots_valid_) return "not present (no root)";
  const Lookup found = look_up(linear, deprivilege_ == Deprivilege::Ring3 ? side_ : GuestSide::Kernel);
  if (found.directory == nullptr) return "not present (no directory)";
  if (found.table == nullptr) return "not present (directory entry)";
  if (found.leaf == shadow_entry::kNotPresent) return "not present (page-table entry)";
  using namespace shadow_rights;
  return fmt::format("frame {:x} for guest page {:x}, {}{}{}{}{}", Target::get(found.leaf),
                     shadow_entry::GuestPage::get(found.leaf),
                     (found.rights & kUser) != 0 ? "user" : "supervisor",
                     (found.rights & kSupervisorWrite) != 0 ? ", supervisor write" : "",
                     (found.rights & kUserWrite) != 0 ? ", user write" : "",
                     (found.rights & kExecute) != 0 ? ", execute" : "",
                     found.table->role.direct ? ", large page or no paging" : "");
}

}  // namespace ringdown
