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

bool grants(const SegmentRegister& segment, AccessType type, u32 offset, u32 size) {
  switch (type) {
    case AccessType::Read:
      return segment.may_read(offset, size);
    case AccessType::Write:
      return segment.may_write(offset, size);
    case AccessType::Execute:
      return segment.attributes.present() && segment.contains(offset, size);
  }
  return false;
}

}  // namespace

Fault SystemView::check_segment(Segment segment, u32 offset, u32 size, AccessType type, u32& linear) const {
  const SegmentRegister& reg = state.segment(segment);
  // Types are not checked outside protected mode.
  const bool allowed =
      state.paragraph_segments() ? reg.contains(offset, size) : grants(reg, type, offset, size);
  if (!allowed) return segment == Segment::Ss ? stack_fault() : general_protection();
  linear = reg.base + offset;
  const bool checked =
      state.cpl == 3 && (state.cr0 & cr0::kAm) != 0 && (registers.flags.control() & eflags::kAc) != 0;
  if (checked && (linear & alignment_mask(size)) != 0) return Fault::exception(Vector::AlignmentCheck, 0);
  return Fault::none();
}

}  // namespace ringdown
