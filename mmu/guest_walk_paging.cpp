// The guest's own walk, what it costs the monitor, and the TLB's life under it.
#include "mmu/guest_walk_paging.h"

#include "mmu/page_entry.h"

namespace ringdown {

// --- What ends translations
// ----------------------------------------------------------------------------------

void GuestWalkPaging::forget_translations() {
  cache_.invalidate_all();
  local_spans_ = {};
  large_spans_ = {};
}

void GuestWalkPaging::set_global_pages(bool enabled) {
  if (enabled != global_pages_) forget_translations();
  global_pages_ = enabled;
}

// A load of CR3 with the value that it has ends translations too. That a load of CR0 or CR4 which changes
// nothing here does the same is more than the manual asks for, and allowed.
void GuestWalkPaging::set_controls(const PagingControls& controls) {
  const PagingControls old = controls_;
  controls_ = controls;
  if (!controls.paging && !old.paging) return;
  store_performed();
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

void GuestWalkPaging::invalidate_guest_page(GuestLinear linear) {
  const Reach everybody{only(context()), true};
  const u32 span = SpanSet::span_of(linear.value);
  if (!large_spans_.contains(span)) return cache_.invalidate(linear, 1, everybody);
  // All pieces of a large page go with one of them (SDM vol. 3A, 4.10.4.1).
  constexpr u32 kPages = 1u << (SpanSet::kSpanShift - kPageShift);
  cache_.invalidate(GuestLinear(span << SpanSet::kSpanShift), kPages, everybody);
}

void GuestWalkPaging::tracking_added(HostFrame frame) {
  if (watched(frame)) cache_.revoke_write(frame);
}

// --- Translation
// ---------------------------------------------------------------------------------------------

Resolution GuestWalkPaging::resolve(GuestLinear linear, AccessType type, Privilege privilege) {
  const WalkResult walk = walk_page(memory_, controls_, linear);
  const unsigned references = reach_entries(walk);
  Resolution resolution = resolve_walked(memory_, controls_, walk, type, privilege);
  resolution.walk_references = static_cast<u8>(references);
  if (resolution.kind == Resolution::Kind::Fault) {
    ++counters_.true_faults;
    invalidate_guest_page(linear);
    return resolution;
  }
  updating_entry_ = true;
  set_accessed_dirty(memory_, walk, type);
  updating_entry_ = false;
  if (reach_page(walk.page, type, resolution)) {
    const bool store = type == AccessType::Write && resolution.kind == Resolution::Kind::Memory;
    count_answered(linear, resolution, store && watched(HostFrame(resolution.page.write_frame)));
  }
  if (resolution.keep_read) note_kept(linear, walk, privilege);
  return resolution;
}

void GuestWalkPaging::note_kept(GuestLinear linear, const WalkResult& walk, Privilege privilege) {
  const u32 span = SpanSet::span_of(linear.value);
  const bool global =
      global_pages_ && walk.depth != 0 && page_entry::Global::get(walk.steps[walk.depth - 1u].entry);
  if (privilege == Privilege::Supervisor && !global) local_spans_.add(span);
  if (walk.large) large_spans_.add(span);
}

Resolution GuestWalkPaging::peek(GuestLinear linear) { return peek_page(memory_, controls_, linear); }

}  // namespace ringdown
