// The rules of invalidation, from the guest's side.
#include "tests/unit/mmu/stale_pages.h"

namespace ringdown::test {

namespace {

constexpr u32 kWord = 4;

}  // namespace

StalePages::StalePages(GuestMemory& memory) : memory_(memory) {
  const u64 size = memory.store().ram_size();
  before_.assign(memory.store().page(HostFrame(0)), memory.store().page(HostFrame(0)) + size);
  changed_.resize(size / kWord);
  for (HostFrame frame(0); frame < memory.store().first_rom_frame(); frame = frame + 1)
    memory.track(frame, Tracking::PageTable);
  memory.add_observer(*this, {Tracking::PageTable});
}

StalePages::~StalePages() { memory_.remove_observer(*this); }

std::vector<GuestLinear> StalePages::needed_by(const PagingStep& step) const {
  switch (step.kind) {
    case StepKind::Read:
    case StepKind::Write:
    case StepKind::Fetch:
    case StepKind::Prepare:
      break;
    default:
      return {};
  }
  std::vector<GuestLinear> pages;
  const GuestLinear first(step.address & ~kPageOffsetMask);
  if (stale(first)) pages.push_back(first);
  const u32 last = step.address + (step.kind == StepKind::Fetch ? 0 : step.size - 1);
  if (const GuestLinear second(last & ~kPageOffsetMask); second != first && stale(second))
    pages.push_back(second);
  return pages;
}

bool StalePages::stale(GuestLinear page) const {
  if (!controls_.paging) return false;
  const auto invalidated = invalidated_.find(page.value);
  const u64 since = invalidated != invalidated_.end() ? invalidated->second : all_invalidated_;
  const WalkResult walk = walk_page(memory_, controls_, page);
  for (u8 i = 0; i < walk.depth; ++i) {
    const GuestMemory::Page where = memory_.page(walk.steps[i].entry_address);
    if (!is_frame(where.write_frame)) continue;  // ROM and device space do not change
    const u64 place =
        (u64{where.write_frame} << kPageShift) + (walk.steps[i].entry_address.value & kPageOffsetMask);
    if (changed_[place / kWord] > since) return true;
  }
  return false;
}

void StalePages::took(const PagingStep& step, const PagingOutcome& outcome) {
  ++time_;
  // A fault invalidates what caused it.
  if (outcome.status == AccessStatus::PageFault)
    invalidated_[outcome.fault_address & ~kPageOffsetMask] = time_++;
  if (step.kind == StepKind::Invlpg) invalidated_[step.address & ~kPageOffsetMask] = time_++;
  if (step.kind != StepKind::Controls) return;
  const PagingControls old = std::exchange(controls_, step.controls);
  // MOV to CR0 or EFER that changes WP or NXE alone invalidates nothing.
  PagingControls same_but_rights = old;
  same_but_rights.write_protect = step.controls.write_protect;
  same_but_rights.no_execute = step.controls.no_execute;
  const bool rights_alone = same_but_rights == step.controls && !(old == step.controls);
  if (!rights_alone) invalidated_all();
}

void StalePages::invalidated_all() {
  all_invalidated_ = time_++;
  invalidated_.clear();
}

void StalePages::frame_written(HostFrame frame, u32 offset, u32 length) {
  const u32 bytes = entry_bytes();
  const u8* now = memory_.store().page(frame);
  u8* before = before_.data() + (u64{frame.value} << kPageShift);
  for (u32 start = offset / bytes * bytes; start < offset + length; start += bytes) {
    u64 old = 0, fresh = 0;
    std::memcpy(&old, before + start, bytes);
    std::memcpy(&fresh, now + start, bytes);
    // Accessed and dirty bits that are set change no translation.
    const bool same = (old | kA | kD) == fresh || (old | kA) == fresh || old == fresh;
    if ((old & kP) != 0 && !same) changed_[((u64{frame.value} << kPageShift) + start) / kWord] = time_;
  }
  std::memcpy(before + offset, now + offset, length);
}

}  // namespace ringdown::test
