// The bare machine's paging unit: page walks whose results stay true until the guest changes its tables.
#include "mmu/guest_paging.h"

#include "mmu/page_entry.h"
#include "mmu/table_uses.h"

namespace ringdown {

namespace {

/// Bytes that one entry of a table of that level maps, as a power of two.
u32 entry_shift(TableGeometry geometry, u8 level) {
  return level == 2 ? geometry.directory_shift : kPageShift;
}

}  // namespace

GuestPaging::GuestPaging(GuestMemory& memory, TranslationCache& cache)
    : memory_(memory), cache_(cache), uses_(std::make_unique<TableUses>(memory)) {
  memory_.add_observer(*this);
}

GuestPaging::~GuestPaging() { memory_.remove_observer(*this); }

void GuestPaging::set_controls(const PagingControls& controls) {
  const bool same = controls == controls_ || (!controls.paging && !controls_.paging);
  controls_ = controls;
  if (!same) forget_translations();
}

void GuestPaging::map_changed() { forget_translations(); }

void GuestPaging::forget_translations() {
  cache_.invalidate_all();
  uses_->forget_all();
}

Resolution GuestPaging::resolve(GuestLinear linear, AccessType type, Privilege privilege) {
  const WalkResult walk = walk_page(memory_, controls_, linear);
  const Resolution resolution = resolve_walked(memory_, controls_, walk, type, privilege);
  if (resolution.kind == Resolution::Kind::Fault) return resolution;
  updating_entry_ = true;
  set_accessed_dirty(memory_, walk, type);
  updating_entry_ = false;
  if (resolution.keep_read && !note_walk(walk, linear)) {
    forget_translations();
    // With nothing live there is room for one walk's tables.
    static_cast<void>(note_walk(walk, linear));
  }
  return resolution;
}

Resolution GuestPaging::peek(GuestLinear linear) {
  return resolve_walked(memory_, controls_, walk_page(memory_, controls_, linear), AccessType::Read,
                        Privilege::Supervisor);
}

bool GuestPaging::note_walk(const WalkResult& walk, GuestLinear linear) {
  const TableGeometry geometry = geometry_of(mode_of(controls_));
  for (u8 i = 0; i < walk.depth; ++i) {
    const WalkStep& step = walk.steps[i];
    const HostFrame frame(memory_.page(step.entry_address).read_frame);
    const u32 slot = static_cast<u32>(step.entry_address.value & kPageOffsetMask) / geometry.entry_bytes;
    const u64 table_span = u64{geometry.entries} << entry_shift(geometry, step.level);
    const GuestLinear base(static_cast<u32>(linear.value & ~(table_span - 1)));
    if (!uses_->note(frame, {step.level, base}, slot)) return false;
  }
  return true;
}

void GuestPaging::frame_written(HostFrame frame, u32 offset, u32 length) {
  if (updating_entry_ || !uses_->known(frame)) return;
  const TableGeometry geometry = geometry_of(mode_of(controls_));
  const u32 first = offset / geometry.entry_bytes;
  const u32 last = (offset + length - 1) / geometry.entry_bytes;
  uses_->stored(frame, first, last, [&](TableUses::Use use, u32 slot) {
    const u32 shift = entry_shift(geometry, use.level);
    const GuestLinear start = use.base + (slot << shift);
    for (u32 page = 0; page < (1u << (shift - kPageShift)); ++page) {
      cache_.invalidate_page(start + (page << kPageShift));
    }
  });
}

}  // namespace ringdown
