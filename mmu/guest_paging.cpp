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
  memory_.add_observer(*this, {Tracking::PageTable});
}

GuestPaging::~GuestPaging() { memory_.remove_observer(*this); }

void GuestPaging::set_controls(const PagingControls& controls) {
  const PagingControls old = controls_;
  controls_ = controls;
  if (controls == old || (!controls.paging && !old.paging)) return;
  if (!controls.same_mode(old)) forget_translations();
  switch_root(old);
}

void GuestPaging::switch_root(const PagingControls& old) {
  SpanSet kept;
  const auto [context, known] = contexts_.select(controls_.root());
  context_ = context;
  cache_.supervisor_spans().for_each([&](u32 span) {
    if (keeps_span(old, span)) kept.add(span);
  });
  cache_.switch_context(context, known, kept);
}

bool GuestPaging::keeps_span(const PagingControls& old, u32 span) {
  const u64 first = u64{span} << SpanSet::kSpanShift;
  const u64 step = u64{1} << geometry_of(mode_of(controls_)).directory_shift;
  for (u64 linear = first; linear < first + (u64{1} << SpanSet::kSpanShift); linear += step) {
    const GuestLinear start(static_cast<u32>(linear));
    const std::optional<WalkStep> now = read_directory_entry(memory_, controls_, start);
    const std::optional<WalkStep> before = read_directory_entry(memory_, old, start);
    if (now.has_value() != before.has_value()) return false;
    if (!now) continue;
    if (now->entry != before->entry || !is_plain_ram(memory_.page(now->entry_address))) return false;
    // What no walk has used yet has no translation that could go.
    if (page_entry::Accessed::get(now->entry) && !note_step(*now, start)) return false;
  }
  return true;
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

Resolution GuestPaging::peek(GuestLinear linear) { return peek_page(memory_, controls_, linear); }

bool GuestPaging::note_walk(const WalkResult& walk, GuestLinear linear) {
  for (u8 i = 0; i < walk.depth; ++i) {
    if (!note_step(walk.steps[i], linear)) return false;
  }
  return true;
}

bool GuestPaging::note_step(const WalkStep& step, GuestLinear linear) {
  const TableGeometry geometry = geometry_of(mode_of(controls_));
  const HostFrame frame(memory_.page(step.entry_address).read_frame);
  const u32 slot = static_cast<u32>(step.entry_address.value & kPageOffsetMask) / geometry.entry_bytes;
  const u64 table_span = u64{geometry.entries} << entry_shift(geometry, step.level);
  const GuestLinear base(static_cast<u32>(linear.value & ~(table_span - 1)));
  return uses_->note(frame, {step.level, base}, slot, context_);
}

void GuestPaging::frame_written(HostFrame frame, u32 offset, u32 length) {
  if (updating_entry_ || !uses_->known(frame)) return;
  const TableGeometry geometry = geometry_of(mode_of(controls_));
  const u32 first = offset / geometry.entry_bytes;
  const u32 last = (offset + length - 1) / geometry.entry_bytes;
  uses_->stored(frame, first, last, [&](TableUses::Use use, u32 slot, ContextSet contexts) {
    const u32 shift = entry_shift(geometry, use.level);
    // What supervisors have is by the directories of the active root; its page tables it may have from
    // another.
    const bool supervisors = use.level == 1 || (contexts & only(context_)) != 0;
    cache_.invalidate(use.base + (slot << shift), 1u << (shift - kPageShift), {contexts, supervisors});
  });
}

}  // namespace ringdown
