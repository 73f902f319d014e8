// Answers the physical page faults of a shadowed guest, and keeps the shadow true to the guest's tables.
#include "mmu/shadow_paging.h"

#include "mmu/shadow_tables.h"

namespace ringdown {

namespace {

/// A shadow has two levels in every mode of the guest's.
constexpr u8 kWalkReferences = 2;

}  // namespace

ShadowPaging::ShadowPaging(GuestMemory& memory, TranslationCache& cache, Deprivilege deprivilege,
                           const PagingOptions& options)
    : memory_(memory),
      cache_(cache),
      deprivilege_(deprivilege),
      tables_(std::make_unique<ShadowTables>(memory, cache, options, counters_, events_)) {
  memory_.add_observer(*this, {Tracking::ShadowedTable, Tracking::DescriptorTable});
}

ShadowPaging::~ShadowPaging() { memory_.remove_observer(*this); }

u64 ShadowPaging::memory_used() const { return tables_->memory_used(); }

GuestSide ShadowPaging::side_of(Privilege privilege) const {
  const bool user = deprivilege_ == Deprivilege::Ring3 && privilege == Privilege::User;
  return user ? GuestSide::User : GuestSide::Kernel;
}

Privilege ShadowPaging::physical(Privilege privilege) const {
  return deprivilege_ == Deprivilege::Ring3 ? Privilege::User : privilege;
}

u32 ShadowPaging::directory_count() const { return mode_of(controls_) == PagingMode::Pae ? 4 : 1; }

u32 ShadowPaging::directory_of(GuestLinear linear, GuestSide side) const {
  return roots_[static_cast<unsigned>(side)][position_of(linear)];
}

u32 ShadowPaging::position_of(GuestLinear linear) const {
  return mode_of(controls_) == PagingMode::Pae ? linear.value >> 30 : 0;
}

// --- Roots -------------------------------------------------------------------------------------------------

void ShadowPaging::set_controls(const PagingControls& controls) {
  // Also a load of what CR3 holds already invalidates (SDM vol. 3A, 4.10.4.1).
  tables_->synchronize_all();
  const PagingControls old = controls_;
  controls_ = controls;
  if (controls == old || (!controls.paging && !old.paging)) return;
  store_performed();
  ++counters_.root_switches;
  events_.tell({.kind = PagingEventKind::RootSwitch,
                .physical = GuestPhysical(controls.cr3 & ~0x1fu),
                .guest_entry = controls.cr3,
                .old_entry = old.cr3});
  const bool same_mode = controls.same_mode(old) && roots_valid_;
  if (!same_mode) cache_.invalidate_all();
  const auto [context, known] = contexts_.select(controls.root());
  context_ = context;
  const Root before = roots_[static_cast<unsigned>(GuestSide::Kernel)];
  if (activate_roots()) ++counters_.root_cache_hits;
  SpanSet kept;
  if (same_mode) {
    const Root& now = roots_[static_cast<unsigned>(GuestSide::Kernel)];
    cache_.supervisor_spans().for_each([&](u32 span) {
      if (translate_alike(before, now, span)) kept.add(span);
    });
  }
  cache_.switch_context(context, known, kept);
}

bool ShadowPaging::translate_alike(const Root& one, const Root& other, u32 span) const {
  const u64 first = u64{span} << SpanSet::kSpanShift;
  const TableGeometry geometry = geometry_of(mode_of(controls_));
  for (u64 linear = first; linear < first + (u64{1} << SpanSet::kSpanShift);
       linear += u64{1} << geometry.directory_shift) {
    const GuestLinear start(static_cast<u32>(linear));
    const u32 position = position_of(start);
    const u32 directories[] = {one[position], other[position]};
    if (directories[0] == directories[1]) continue;
    u64 entries[] = {shadow_entry::kNotPresent, shadow_entry::kNotPresent};
    for (unsigned i = 0; i < 2; ++i) {
      if (directories[i] != ShadowTables::kNone)
        entries[i] = tables_->at(directories[i]).entries[geometry.directory_slot(start)];
    }
    if (entries[0] != entries[1]) return false;
  }
  return true;
}

void ShadowPaging::set_side(GuestSide side) {
  if (deprivilege_ == Deprivilege::Ring1 || side == side_) return;
  side_ = side;
  ++counters_.root_switches;
  // Both sides of the current controls are always at hand.
  ++counters_.root_cache_hits;
}

ShadowRole ShadowPaging::directory_role(GuestSide side) const {
  const PagingMode mode = mode_of(controls_);
  if (mode == PagingMode::None) return {.direct = true};
  return {.mode = mode,
          .page_size_extension = controls_.page_size_extension,
          .wide_large_pages = controls_.wide_large_pages,
          .write_protect = controls_.write_protect,
          .no_execute = controls_.no_execute,
          .deprivilege = deprivilege_,
          .side = side};
}

void ShadowPaging::set_active(const std::array<Root, 2>& roots, bool active) {
  for (const Root& root : roots) {
    for (u32 position = 0; position < root.size(); ++position) {
      if (root[position] == ShadowTables::kNone) continue;
      tables_->set_active(root[position], position, active);
      if (active) tables_->at(root[position]).contexts[position] |= only(context_);
    }
  }
}

bool ShadowPaging::activate_roots() {
  constexpr Root kNoRoot{ShadowTables::kNone, ShadowTables::kNone, ShadowTables::kNone, ShadowTables::kNone};
  // What was active stays so, and is not evicted, until all of the new root is there.
  const std::array<Root, 2> old = roots_valid_ ? roots_ : std::array{kNoRoot, kNoRoot};
  roots_ = {kNoRoot, kNoRoot};
  roots_valid_ = true;
  bool cached = true;
  const unsigned sides = deprivilege_ == Deprivilege::Ring3 ? 2 : 1;
  for (unsigned side = 0; side < sides; ++side) {
    const ShadowRole role = directory_role(static_cast<GuestSide>(side));
    for (u32 position = 0; position < directory_count(); ++position) {
      roots_[side][position] = find_or_make_directory(position, role, old[side][position], cached);
    }
  }
  set_active(old, false);
  set_active(roots_, true);
  tell_active();
  return cached;
}

void ShadowPaging::tell_active() const {
  if (!events_.watched()) return;
  for (const Root& root : roots_) {
    for (u32 position = 0; position < root.size(); ++position) {
      if (root[position] != ShadowTables::kNone)
        tables_->tell_table(PagingEventKind::Activate, root[position], position);
    }
  }
}

u32 ShadowPaging::find_or_make_directory(u32 position, const ShadowRole& role, u32 model, bool& cached) {
  GuestPhysical base{};
  HostFrame frame{};
  if (!role.direct) {
    const bool pae = role.mode == PagingMode::Pae;
    const u64 pointer = pae ? controls_.pdpte[position] : controls_.cr3;
    if (pae && !page_entry::Present::get(pointer)) return ShadowTables::kNone;
    base = frame_address(pointer, role.mode);
    const GuestMemory::Page page = memory_.page(base);
    if (!is_plain_ram(page)) return ShadowTables::kNone;
    frame = HostFrame(page.read_frame);
  }
  u32 directory = role.direct ? tables_->find_direct(base, role) : tables_->find(frame, role);
  if (directory == ShadowTables::kNone) {
    cached = false;
    directory = tables_->create(base, frame, role);
    if (model != ShadowTables::kNone && tables_->at(model).role == role)
      tables_->link_alike(directory, model);
  }
  // Not to be evicted for the next one.
  tables_->set_active(directory, position, true);
  tables_->at(directory).touch();
  return directory;
}

// --- Translation -------------------------------------------------------------------------------------------

ShadowPaging::Lookup ShadowPaging::look_up(GuestLinear linear, GuestSide side) const {
  return look_up_in(directory_of(linear, side), linear);
}

ShadowPaging::Lookup ShadowPaging::look_up_in(u32 directory, GuestLinear linear) const {
  Lookup found;
  if (directory == ShadowTables::kNone) return found;
  found.directory = &tables_->at(directory);
  const TableGeometry geometry = found.directory->geometry();
  const u64 entry = found.directory->entries[geometry.directory_slot(linear)];
  if (!shadow_entry::Present::get(entry)) return found;
  found.table = &tables_->at(shadow_entry::Target::get(entry));
  const u64 leaf = found.table->entries[geometry.table_slot(linear)];
  if (!shadow_entry::Present::get(leaf)) return found;
  found.leaf = leaf;
  found.rights = shadow_entry::Rights::get(entry) & shadow_entry::Rights::get(leaf);
  found.guest_rights = shadow_entry::Rights::get(entry) & shadow_entry::guest_rights(leaf);
  return found;
}

Resolution ShadowPaging::resolve(GuestLinear linear, AccessType type, Privilege privilege) {
  if (!roots_valid_) activate_roots();
  synchronize_page(linear);
  const Lookup found = look_up(linear, side_of(privilege));
  const Privilege as = physical(privilege);
  if (found.leaf == shadow_entry::kNotPresent)
    return answer_fault(linear, type, privilege, fault_code(found, type, as));
  const HostFrame frame(shadow_entry::Target::get(found.leaf));
  const bool granted = shadow_rights::allow(found.rights, type, as);
  const bool withheld = !granted && type == AccessType::Write &&
                        shadow_rights::allow(found.guest_rights, type, as) &&
                        is_write_protected(memory_, frame);
  if (!granted && !withheld) return answer_fault(linear, type, privilege, fault_code(found, type, as));
  // How often instructions are fetched depends on the length of blocks; the life of tables must not.
  if (type != AccessType::Execute) {
    found.directory->touch();
    found.table->touch();
  }
  Resolution resolution;
  resolution.walk_references = kWalkReferences;
  resolution.kind = Resolution::Kind::Memory;
  resolution.keep_read = true;
  resolution.keep_write = shadow_rights::allow(found.rights, AccessType::Write, as);
  const bool written = resolution.keep_write || withheld;
  resolution.page = {frame.value, written ? frame.value : GuestMemory::Page::kDiscard};
  resolution.physical = GuestPhysical(shadow_entry::GuestPage::get(found.leaf) << kPageShift);
  if (withheld) count_fault(linear, fault_code(found, type, as), resolution);
  return resolution;
}

u32 ShadowPaging::fault_code(const Lookup& found, AccessType type, Privilege physical) {
  u32 code = found.leaf != shadow_entry::kNotPresent ? page_fault::kPresent : 0;
  if (type == AccessType::Write) code |= page_fault::kWrite;
  if (type == AccessType::Execute) code |= page_fault::kFetch;
  if (physical == Privilege::User) code |= page_fault::kUser;
  return code;
}

Resolution ShadowPaging::answer_fault(GuestLinear linear, AccessType type, Privilege privilege, u32 code) {
  const WalkResult walk = walk_page(memory_, controls_, linear);
  Resolution resolution = resolve_walked(memory_, controls_, walk, type, privilege);
  resolution.walk_references = kWalkReferences;
  if (resolution.kind == Resolution::Kind::Fault) {
    ++counters_.true_faults;
    events_.tell({.kind = PagingEventKind::TrueFault, .linear = linear, .error_code = resolution.error_code});
    return resolution;
  }
  updating_entry_ = true;
  set_accessed_dirty(memory_, walk, type);
  updating_entry_ = false;
  // Only what the shadow now holds is invalidated when the guest changes its tables: only that may be kept.
  if (resolution.keep_read) fill(linear, side_of(privilege));
  const Lookup found = look_up(linear, side_of(privilege));
  resolution.keep_read = shadow_rights::allow(found.rights, AccessType::Read, physical(privilege)) &&
                         found.leaf != shadow_entry::kNotPresent;
  resolution.keep_write =
      resolution.keep_read && shadow_rights::allow(found.rights, AccessType::Write, physical(privilege));
  count_fault(linear, code, resolution);
  return resolution;
}

void ShadowPaging::fill(GuestLinear linear, GuestSide side) {
  const u32 directory = directory_of(linear, side);
  if (directory == ShadowTables::kNone) return;
  const TableGeometry geometry = tables_->at(directory).geometry();
  const u32 table = tables_->link(directory, geometry.directory_slot(linear));
  if (table != ShadowTables::kNone) {
    tables_->at(directory).touch();
    tables_->at(table).touch();
    if (tables_->fill_leaf(table, geometry.table_slot(linear))) ++counters_.fills;
  }
  tables_->free_orphans();
}

void ShadowPaging::synchronize_page(GuestLinear linear) {
  if (tables_->released().empty()) return;
  for (const GuestSide side : {GuestSide::Kernel, GuestSide::User}) {
    const ShadowTable* const table = look_up(linear, side).table;
    if (table == nullptr || table->role.direct) continue;
    const TableGeometry geometry = table->geometry();
    tables_->synchronize_entry(table->frame, geometry.table_slot(linear), geometry.entry_bytes);
  }
}

void ShadowPaging::count_fault(GuestLinear linear, u32 code, const Resolution& resolution) {
  const bool store = (code & page_fault::kWrite) != 0 && resolution.kind == Resolution::Kind::Memory;
  const std::optional<HiddenCause> cause = count_answered(
      linear, resolution, store && is_write_protected(memory_, HostFrame(resolution.page.write_frame)));
  if (!cause) return;
  events_.tell({.kind = PagingEventKind::HiddenFault,
                .cause = *cause,
                .linear = linear,
                .physical = resolution.physical + (linear.value & kPageOffsetMask),
                .error_code = code});
}

Resolution ShadowPaging::peek(GuestLinear linear) { return peek_page(memory_, controls_, linear); }

// --- Changes -----------------------------------------------------------------------------------------------

void ShadowPaging::frame_written(HostFrame frame, u32 offset, u32 length) {
  if (!updating_entry_ && is_write_protected(memory_, frame)) store_performed();
  if (!tables_->has_tables(frame)) return;
  tables_->tell_store(updating_entry_ ? PagingEventKind::Mark : PagingEventKind::Store, frame, offset,
                      length);
  tables_->stored(frame, offset, length);
  if (updating_entry_) return;
  tables_->note_store(frame);
  tables_->free_orphans();
}

void ShadowPaging::tracking_added(HostFrame frame) {
  if (is_write_protected(memory_, frame)) tables_->write_protect(frame);
}

void ShadowPaging::map_changed() {
  tables_->clear();
  roots_valid_ = false;
  cache_.invalidate_all();
}

}  // namespace ringdown
