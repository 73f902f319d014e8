// What follows from a change of the processor's state: how code is executed, and what fast paths compare.
#include "cpu/processor.h"

namespace ringdown {

void Processor::set_privilege(Privilege p) {
  privilege = p;
  tlb = &memory.tlb(p);
  fetch_generation = &memory.fetch_generation(p);
}

void Processor::state_changed() { derive_execution(source_.update(state, registers.flags).segments); }

void Processor::state_changed(SegmentSet segments) {
  source_.take(state, registers.flags, segments);
  derive_execution(segments);
}

void Processor::segment_changed(Segment segment) {
  source_.take_segment(state, segment);
  if (keeps_mode(segment)) {
    update_windows(only(segment));
  } else {
    derive_execution(only(segment));
  }
}

// A data segment by itself can only make flat data what it was, or make it something else.
bool Processor::keeps_mode(Segment changed) const {
  switch (changed) {
    case Segment::Fs:
    case Segment::Gs:
      return true;
    case Segment::Ds:
    case Segment::Es:
      return state.segment(changed).flat_writable() == mode_.flat_data;
    case Segment::Ss:
    case Segment::Cs:
      return execution_mode() == mode_;
  }
  return false;
}

BlockMode Processor::execution_mode() const {
  const SegmentRegister& cs = state.segment(Segment::Cs);
  BlockMode mode;
  mode.code32 = cs.attributes.big();
  mode.stack32 = state.segment(Segment::Ss).attributes.big();
  mode.paragraph = state.paragraph_segments();
  mode.flat_code = cs.base == 0 && cs.limit == 0xffff'ffff;
  mode.code64k = cs.limit == 0xffff;
  mode.flat_data = state.segment(Segment::Ds).flat_writable() && state.segment(Segment::Es).flat_writable() &&
                   state.segment(Segment::Ss).flat_writable();
  if (trap_handler_ != nullptr) mode.policy = trap_handler_->policy();
  return mode;
}

// Nothing here is architectural.
void Processor::derive_execution(SegmentSet changed) {
  update_windows(changed);
  ++derivation_;
  if (state.cpl != accounted_cpl_) account_cpl();
  mode_ = execution_mode();
  set_privilege(privilege_at(state.cpl));
  jump_context =
      (static_cast<u64>(mode_.value()) << kJumpModeShift) | (privilege == Privilege::User ? u64{1} << 63 : 0);
  // EFLAGS.AC at CPL 3 under CR0.AM: the fast path does not check alignment, so there must be none.
  const bool aligned =
      (state.cr0 & cr0::kAm) != 0 && state.cpl == 3 && (registers.flags.control() & eflags::kAc) != 0;
  memory.set_caching(!aligned);
  update_watch();
  update_fpu_blocked();
  sse_usable = (state.cr0 & (cr0::kTs | cr0::kEm)) == 0 && (state.cr4 & cr4::kOsfxsr) != 0;
}

void Processor::update_fpu_blocked() {
  fpu_blocked = x87_on_host || (state.cr0 & (cr0::kTs | cr0::kEm)) != 0 || x87.has_pending_exception();
}

void Processor::update_windows(SegmentSet changed) {
  for_each_segment(changed, [this](Segment name) {
    const SegmentRegister& segment = state.segment(name);
    const SegmentAttributes rights = segment.attributes;
    const u64 end = rights.present() && !rights.expand_down() ? u64{segment.limit} + 1 : 0;
    windows[static_cast<unsigned>(name)] = {rights.readable() ? end : 0, rights.writable() ? end : 0,
                                            segment.base};
  });
}

}  // namespace ringdown
