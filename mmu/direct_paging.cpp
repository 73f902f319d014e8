// Registering, changing and watching a paravirtual guest's page tables.
#include "mmu/direct_paging.h"

#include <fmt/format.h>

#include "mmu/page_entry.h"

namespace ringdown {

using paravirtual::Answer;

DirectPaging::DirectPaging(GuestMemory& memory, TranslationCache& cache)
    : GuestWalkPaging(memory, cache), types_(memory) {
  memory_.add_observer(*this, {Tracking::ShadowedTable, Tracking::DescriptorTable});
}

DirectPaging::~DirectPaging() {
  forget_guest();
  memory_.remove_observer(*this);
}

// --- The registry
// --------------------------------------------------------------------------------------------

void DirectPaging::protect_tables() {
  for (const HostFrame frame : types_.take_changes()) {
    if (types_.uses()[frame.value].tables != 0) {
      memory_.track(frame, Tracking::ShadowedTable);
    } else {
      memory_.untrack(frame, Tracking::ShadowedTable);
    }
  }
}

Answer DirectPaging::pin(GuestPhysical directory) {
  make_sure();
  if (pinned_.contains(directory)) return Answer::InUse;
  const u64 before = types_.validated();
  const Answer answer = types_.get_table(directory, 2);
  counters_.entries_validated += types_.validated() - before;
  if (answer == Answer::Done) pinned_.insert(directory);
  protect_tables();
  return answer;
}

Answer DirectPaging::unpin(GuestPhysical directory) {
  make_sure();
  if (!pinned_.contains(directory)) return Answer::NotPinned;
  if (is_loaded(directory)) return Answer::InUse;
  pinned_.erase(directory);
  types_.put_table(directory);
  protect_tables();
  return Answer::Done;
}

Answer DirectPaging::update(const paravirtual::EntryUpdate& update) {
  make_sure();
  const GuestPhysical entry(update.address);
  if (entry.value % sizeof(update.value) != 0) return Answer::NoMemory;
  if (types_.level_of(entry) == 0) return Answer::NotATable;
  const u64 before = types_.validated();
  const Answer answer = types_.replace(entry, memory_.read_value<u32>(entry), update.value);
  counters_.entries_validated += types_.validated() - before;
  if (answer == Answer::Done) {
    updating_entry_ = true;
    memory_.write_value(entry, update.value);
    updating_entry_ = false;
    ++counters_.entries_updated;
  }
  protect_tables();
  return answer;
}

bool DirectPaging::is_pinned(GuestPhysical directory) {
  make_sure();
  return pinned_.contains(directory);
}

bool DirectPaging::is_loaded(GuestPhysical directory) const {
  return controls_.paging && frame_address(controls_.cr3, PagingMode::Bits32) == directory;
}

void DirectPaging::forget_guest() {
  pinned_.clear();
  sure_ = false;
  make_sure();
}

// --- What the monitor does not see
// ---------------------------------------------------------------------------

void DirectPaging::frame_written(HostFrame frame, u32, u32) {
  store_performed();
  if (!updating_entry_ && types_.uses()[frame.value].tables != 0) sure_ = false;
}

void DirectPaging::tracking_added(HostFrame frame) {
  if (memory_.tracked(frame, Tracking::ShadowedTable)) cache_.revoke_write(frame);
  GuestWalkPaging::tracking_added(frame);
}

void DirectPaging::map_changed() {
  sure_ = false;
  GuestWalkPaging::map_changed();
}

void DirectPaging::make_sure() {
  if (sure_) return;
  sure_ = true;
  // What the counts say of entries that are no longer there cannot be given back one by one.
  const FrameTypes old = std::exchange(types_, FrameTypes(memory_));
  for (const GuestPhysical directory : std::exchange(pinned_, {})) {
    if (types_.get_table(directory, 2) == Answer::Done) pinned_.insert(directory);
  }
  counters_.entries_validated += types_.validated();
  for (u32 frame = 0; frame < old.uses().size(); ++frame) {
    if (old.uses()[frame].tables != 0 && types_.uses()[frame].tables == 0)
      memory_.untrack(HostFrame(frame), Tracking::ShadowedTable);
  }
  protect_tables();
}

// --- Translation
// ---------------------------------------------------------------------------------------------

void DirectPaging::admit(const PagingControls& controls) {
  const GuestPhysical root = frame_address(controls.cr3, PagingMode::Bits32);
  if (controls.physical_address_extension) {
    refuse("turned on PAE paging, whose tables cannot be registered");
  } else if (is_pinned(root)) {
    return;
  } else if (controls_.paging) {
    refuse(fmt::format("loaded CR3 with {:08x}, where no page directory is registered", controls.cr3));
  } else {
    refuse("turned paging on without registering its page tables");
  }
}

void DirectPaging::set_controls(const PagingControls& controls) {
  if (controls.paging) admit(controls);
  PagingControls in_force = controls;
  in_force.write_protect = controls.paging;
  GuestWalkPaging::set_controls(in_force);
}

Resolution DirectPaging::resolve(GuestLinear linear, AccessType type, Privilege privilege) {
  if (controls_.paging && !sure_) admit(controls_);
  return GuestWalkPaging::resolve(linear, type, privilege);
}

unsigned DirectPaging::reach_entries(const WalkResult& walk) {
  // While the guest's paging is off the processor walks two levels of the monitor's own.
  constexpr unsigned kLevels = 2;
  return controls_.paging ? walk.depth : kLevels;
}

bool DirectPaging::reach_page(GuestPhysical page, AccessType type, Resolution& resolution) {
  const GuestMemory::Page frames = memory_.page(page);
  const bool plain = is_plain_ram(frames);
  const bool writable = plain && !watched(HostFrame(frames.write_frame));
  resolution.keep_write = resolution.keep_write && writable;
  return !is_frame(frames.read_frame) || (type == AccessType::Write && !writable);
}

// --- From outside
// --------------------------------------------------------------------------------------------

std::vector<std::string> DirectPaging::audit() {
  ++counters_.audits;
  std::vector<std::string> differences;
  make_sure();
  FrameTypes fresh(memory_);
  for (const GuestPhysical directory : pinned_) {
    if (fresh.get_table(directory, 2) != Answer::Done)
      differences.push_back(fmt::format("directory {:08x} is registered and not valid", directory.value));
  }
  for (u32 frame = 0; frame < fresh.uses().size(); ++frame) {
    const FrameTypes::Use& is = types_.uses()[frame];
    const FrameTypes::Use& should = fresh.uses()[frame];
    if (!(is == should)) {
      differences.push_back(fmt::format("frame {:x}: {} uses as a table, {} writable, instead of {} and {}",
                                        frame, is.tables, is.writable, should.tables, should.writable));
    }
    if (should.tables != 0 && !memory_.tracked(HostFrame(frame), Tracking::ShadowedTable))
      differences.push_back(fmt::format("frame {:x} is a table and not watched", frame));
  }
  return differences;
}

std::string DirectPaging::describe(GuestLinear linear) const {
  const WalkResult walk = walk_page(memory_, controls_, linear);
  if (!walk.present || walk.reserved_bit) return "no guest-physical address";
  const GuestMemory::Page frames = memory_.page(walk.page);
  if (!is_plain_ram(frames)) return "no RAM";
  const FrameTypes::Use& use = types_.uses()[frames.read_frame];
  if (use.tables != 0) return fmt::format("frame {:x}, a table of level {}", frames.read_frame, use.level);
  return fmt::format("frame {:x}, writable by {} entries", frames.read_frame, use.writable);
}

void DirectPaging::serialize_state(Archive& archive) {
  std::vector<GuestPhysical> directories(pinned_.begin(), pinned_.end());
  archive(directories);
  if (!archive.loading()) return;
  forget_guest();
  for (const GuestPhysical directory : directories) {
    if (pin(directory) != Answer::Done) return archive.fail("a registered page directory is not valid");
  }
}

}  // namespace ringdown
