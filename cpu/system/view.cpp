// The checks of an access through a segment register.
#include "cpu/system/view.h"

namespace ringdown {

namespace {

/// Boundary that an operand must lie on while alignment checking is on (Intel SDM vol. 3A, table 6-7),
/// minus 1. Operands of 16 bytes raise #GP(0) elsewhere, or may lie anywhere: #AC for MOVUPS and its like is
/// left to the processor.
u32 alignment_mask(u32 size) {
  switch (size) {
    case 2:
    case 14:  // FSTENV and FSAVE with 16-bit operands
    case 94:
      return 1;
    case 4:
    case 6:
    case 28:  // with 32-bit operands
    case 108:
      return 3;
    case 8:
    case 10:
      return 7;
    default:
      return 0;
  }
}

}  // namespace

Fault SystemView::check_segment(Segment segment, u32 offset, u32 size, AccessType type, u32& linear) const {
  const SegmentRegister& reg = state.segment(segment);
  bool allowed = false;
  if (state.paragraph_segments()) {
    allowed = reg.contains(offset, size);  // types are not checked outside protected mode
  } else {
    allowed = type == AccessType::Write ? reg.may_write(offset, size) : reg.may_read(offset, size);
  }
  if (!allowed) return segment == Segment::Ss ? stack_fault() : general_protection();
  linear = reg.base + offset;
  const bool checked =
      state.cpl == 3 && (state.cr0 & cr0::kAm) != 0 && (registers.flags.control() & eflags::kAc) != 0;
  if (checked && (linear & alignment_mask(size)) != 0) return Fault::exception(Vector::AlignmentCheck, 0);
  return Fault::none();
}

}  // namespace ringdown
