// The two-dimensional walk, its violations, and the TLB's life under it.
#include "mmu/nested_paging.h"

#include <fmt/format.h>

#include "mmu/page_entry.h"

namespace ringdown {

NestedPaging::NestedPaging(GuestMemory& memory, TranslationCache& cache) : memory_(memory), cache_(cache) {
  memory_.add_observer(*this, {Tracking::DescriptorTable});
}

NestedPaging::~NestedPaging() { memory_.remove_observer(*this); }

// --- What ends translations
// ----------------------------------------------------------------------------------

void NestedPaging::forget_translations() {
  cache_.invalidate_all();
  local_spans_ = {};
  large_spans_ = {};
}

void NestedPaging::set_global_pages(bool enabled) {
  if (enabled != global_pages_) forget_translations();
  global_pages_ = enabled;
}

// A load of CR3 with the value that it has ends translations too. That a load of CR0 or CR4 which changes
// nothing here does the same is more than the manual asks for, and allowed.
void NestedPaging::set_controls(const PagingControls& controls) {
  const PagingControls old = controls_;
  controls_ = controls;
  if (!controls.paging && !old.paging) return;
  one_shot_page_.reset();
  if (controls != old) ++counters_.root_switches;
  if (!controls.same_mode(old)) return forget_translations();
  SpanSet kept;
  cache_.supervisor_spans().for_each([&](u32 span) {
    if (!local_spans_.contains(span)) kept.add(span);
  });
  cache_.switch_context(context(), false, kept);
  local_spans_ = {};
  large_spans_ &= kept;
}

void NestedPaging::invalidate_guest_page(GuestLinear linear) {
  const Reach everybody{only(context()), true};
  const u32 span = SpanSet::span_of(linear.value);
  if (!large_spans_.contains(span)) return cache_.invalidate(linear, 1, everybody);
  // All pieces of a large page go with one of them (SDM vol. 3A, 4.10.4.1).
  constexpr u32 kPages = 1u << (SpanSet::kSpanShift - kPageShift);
  cache_.invalidate(GuestLinear(span << SpanSet::kSpanShift), kPages, everybody);
}

void NestedPaging::map_changed() {
  tables_.clear();
  forget_translations();
}

void NestedPaging::tracking_added(HostFrame frame) {
  if (!memory_.tracked(frame, Tracking::DescriptorTable)) return;
  tables_.write_protect(frame);
  cache_.revoke_write(frame);
}

// --- Translation
// ---------------------------------------------------------------------------------------------

u64 NestedPaging::wanted_leaf(GuestPhysical page) const {
  using namespace nested_entry;
  const GuestMemory::Page frames = memory_.page(page);
  if (!is_frame(frames.read_frame)) return kNotPresent;
  const HostFrame frame(frames.read_frame);
  // The monitor watches descriptor tables whatever the technique.
  const bool writable = is_plain_ram(frames) && !memory_.tracked(frame, Tracking::DescriptorTable);
  const u64 rights = Readable::kMask | Executable::kMask | (writable ? Writable::kMask : 0);
  return Frame::with(MemoryType::with(rights, kWriteBack), frame.value);
}

NestedPaging::Reached NestedPaging::reach(GuestPhysical address, AccessType type) {
  Reached reached{tables_.look_up(address)};
  if (nested_entry::allows(reached.found.leaf, type)) return reached;
  reached.violation = true;
  const GuestPhysical page(address.value & ~u64{kPageOffsetMask});
  const u64 wanted = wanted_leaf(page);
  if (wanted == reached.found.leaf) return reached;
  tables_.enter(page, wanted);
  ++counters_.fills;
  reached.found = tables_.look_up(address);
  return reached;
}

unsigned NestedPaging::reach_entries(const WalkResult& walk) {
  unsigned references = 0;
  for (u8 i = 0; i < walk.depth; ++i) {
    const Reached entry = reach(walk.steps[i].entry_address, AccessType::Read);
    references += entry.found.references + 1;
    // What lies in device space stays missing, however often the walk is made anew.
    if (entry.violation && entry.found.leaf != nested_entry::kNotPresent) ++counters_.hidden_faults;
  }
  return references;
}

Resolution NestedPaging::resolve(GuestLinear linear, AccessType type, Privilege privilege) {
  const WalkResult walk = walk_page(memory_, controls_, linear);
  const unsigned references = reach_entries(walk);
  Resolution resolution = resolve_walked(memory_, controls_, walk, type, privilege);
  resolution.walk_references = static_cast<u8>(references);
  if (resolution.kind == Resolution::Kind::Fault) {
    ++counters_.true_faults;
    invalidate_guest_page(linear);
    return resolution;
  }
  set_accessed_dirty(memory_, walk, type);
  const Reached page = reach(walk.page, type);
  const u64 leaf = page.found.leaf;
  resolution.walk_references = static_cast<u8>(references + page.found.references);
  if (nested_entry::allows(leaf, AccessType::Read))
    resolution.page.read_frame = static_cast<u32>(nested_entry::Frame::get(leaf));
  resolution.keep_read = resolution.keep_read && nested_entry::allows(leaf, AccessType::Read);
  resolution.keep_write = resolution.keep_write && nested_entry::allows(leaf, AccessType::Write);
  if (page.violation) count_violation(linear, type, resolution);
  if (resolution.keep_read) note_kept(linear, walk, privilege);
  return resolution;
}

void NestedPaging::count_violation(GuestLinear linear, AccessType type, const Resolution& resolution) {
  if (resolution.kind == Resolution::Kind::Device) {
    if (assist()) ++counters_.device_accesses;
  } else if (type == AccessType::Write &&
             memory_.tracked(HostFrame(resolution.page.write_frame), Tracking::DescriptorTable)) {
    if (one_shot_page_ == page_of(linear)) return;
    one_shot_page_ = page_of(linear);
    ++counters_.write_protect_traps;
    assist();
  } else {
    ++counters_.hidden_faults;
  }
}

void NestedPaging::note_kept(GuestLinear linear, const WalkResult& walk, Privilege privilege) {
  const u32 span = SpanSet::span_of(linear.value);
  const bool global =
      global_pages_ && walk.depth != 0 && page_entry::Global::get(walk.steps[walk.depth - 1u].entry);
  if (privilege == Privilege::Supervisor && !global) local_spans_.add(span);
  if (walk.large) large_spans_.add(span);
}

Resolution NestedPaging::peek(GuestLinear linear) {
  return resolve_walked(memory_, controls_, walk_page(memory_, controls_, linear), AccessType::Read,
                        Privilege::Supervisor);
}

// --- From outside
// --------------------------------------------------------------------------------------------

std::vector<std::string> NestedPaging::audit() {
  ++counters_.audits;
  std::vector<std::string> differences = tables_.damaged();
  if (!differences.empty()) return differences;
  tables_.for_each_leaf([&](GuestPhysical page, u64 leaf) {
    // Write permission may be missing: it comes back with the next store.
    const u64 wanted = wanted_leaf(page);
    if (leaf == wanted || leaf == nested_entry::Writable::with(wanted, false)) return;
    differences.push_back(
        fmt::format("guest-physical {:09x}: nested entry {:x} instead of {:x}", page.value, leaf, wanted));
  });
  return differences;
}

std::string NestedPaging::describe(GuestLinear linear) const {
  const WalkResult walk = walk_page(memory_, controls_, linear);
  if (!walk.present || walk.reserved_bit) return "no guest-physical address";
  const NestedTables::Lookup found = tables_.look_up(walk.page);
  if (found.leaf == nested_entry::kNotPresent)
    return fmt::format("no entry for guest page {:x}", walk.page.value >> kPageShift);
  return fmt::format("frame {:x} for guest page {:x}, read{}{}", nested_entry::Frame::get(found.leaf),
                     walk.page.value >> kPageShift,
                     nested_entry::allows(found.leaf, AccessType::Write) ? ", write" : "",
                     nested_entry::allows(found.leaf, AccessType::Execute) ? ", execute" : "");
}

}  // namespace ringdown
