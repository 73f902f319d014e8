// Far RET, and the parts of a return that IRET shares.
#include "cpu/system/far_transfer.h"
#include "cpu/system/operations.h"
#include "cpu/system/stack.h"

namespace ringdown {

namespace {

/// Empties a data segment register that the new, less privileged level may not use (SDM vol. 2, RET).
void drop_if_too_privileged(SystemView& view, Segment segment) {
  SegmentRegister& reg = view.state.segment(segment);
  const SegmentAttributes attributes = reg.attributes;
  const bool reachable = attributes.conforming() || attributes.dpl() >= view.cpl();
  if (!attributes.present() || !reachable) reg = null_segment(0, reg);
}

/// RETF in protected mode; `released` bytes of parameters lie above the return address.
Fault return_in_protected_mode(SystemView& view, OperandSize size, u32 released) {
  StackReader stack(view, size);
  FarReturn target;
  u32 selector = 0;
  if (Fault fault = stack.pop(target.eip)) return fault;
  if (Fault fault = stack.pop(selector)) return fault;
  if (Fault fault = check_return_code(view, static_cast<u16>(selector), target.code)) return fault;
  stack.skip(released);
  const unsigned level = target.code.selector.rpl();
  if (level == view.cpl()) {
    target.esp = stack.esp();
    return return_to_same_level(view, target);
  }
  u32 ss_selector = 0;
  if (Fault fault = stack.pop(target.esp)) return fault;
  if (Fault fault = stack.pop(ss_selector)) return fault;
  if (Fault fault =
          check_stack_segment(view, Selector(ss_selector), level, Vector::GeneralProtection, target.stack)) {
    return fault;
  }
  if (Fault fault = return_to_outer_level(view, target)) return fault;
  // The parameters are released from the outer stack too.
  release_top(view, released);
  return Fault::none();
}

Fault return_in_paragraph_mode(SystemView& view, OperandSize size, u32 released) {
  StackReader stack(view, size);
  u32 eip = 0;
  u32 selector = 0;
  if (Fault fault = stack.pop(eip)) return fault;
  if (Fault fault = stack.pop(selector)) return fault;
  if (eip > view.state.segment(Segment::Cs).limit) return general_protection();
  stack.skip(released);
  view.registers.set(Gpr::Esp, stack.esp());
  enter_paragraph(view, static_cast<u16>(selector), eip);
  return Fault::none();
}

}  // namespace

Fault check_return_code(SystemView& view, u16 selector_value, FoundDescriptor& code) {
  const Selector selector(selector_value);
  if (Fault fault = find_descriptor(view, selector, Vector::GeneralProtection, code)) return fault;
  const SegmentAttributes attributes = code.descriptor.attributes();
  const bool level_allows =
      selector.rpl() >= view.cpl() &&
      (attributes.conforming() ? attributes.dpl() <= selector.rpl() : attributes.dpl() == selector.rpl());
  if (!attributes.code() || !level_allows) return general_protection(selector.error_code());
  return attributes.present() ? Fault::none() : segment_not_present(selector.error_code());
}

Fault return_to_same_level(SystemView& view, const FarReturn& target) {
  if (target.eip > target.code.descriptor.limit()) return general_protection();
  if (Fault fault = mark_accessed(view, target.code)) return fault;
  view.registers.set(Gpr::Esp, target.esp);
  enter_code(view, target.code.loaded(), target.eip, view.cpl());
  return Fault::none();
}

Fault return_to_outer_level(SystemView& view, const FarReturn& target) {
  if (target.eip > target.code.descriptor.limit()) return general_protection();
  if (Fault fault = mark_accessed(view, target.code)) return fault;
  if (Fault fault = mark_accessed(view, target.stack)) return fault;
  SegmentRegister& ss = view.state.segment(Segment::Ss);
  ss = target.stack.loaded();
  view.registers.set(Gpr::Esp, replace_stack_pointer(ss, view.registers.get(Gpr::Esp), target.esp));
  enter_code(view, target.code.loaded(), target.eip, target.code.selector.rpl());
  for (const Segment segment : {Segment::Es, Segment::Ds, Segment::Fs, Segment::Gs}) {
    drop_if_too_privileged(view, segment);
  }
  return Fault::none();
}

Fault op_ret_far(SystemView& view, const Operation& op) {
  const u32 released = op.immediate & 0xffffu;
  if (view.state.paragraph_segments()) return return_in_paragraph_mode(view, op.size, released);
  return return_in_protected_mode(view, op.size, released);
}

}  // namespace ringdown
