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
  if (Fault fault = load_return_code(view, static_cast<u16>(selector), target.cs)) return fault;
  stack.skip(released);
  const unsigned level = Selector(target.cs.selector).rpl();
  if (level == view.cpl()) {
    if (target.eip > target.cs.limit) return general_protection();
    view.registers.set(Gpr::Esp, stack.esp());
    enter_code(view, target.cs, target.eip, level);
    return Fault::none();
  }
  u32 ss_selector = 0;
  if (Fault fault = stack.pop(target.esp)) return fault;
  if (Fault fault = stack.pop(ss_selector)) return fault;
  if (Fault fault =
          load_stack_segment(view, Selector(ss_selector), level, Vector::GeneralProtection, target.ss)) {
    return fault;
  }
  if (target.eip > target.cs.limit) return general_protection();
  return_to_outer_level(view, target);
  // The parameters are released from the outer stack too.
  const SegmentRegister& ss = view.state.segment(Segment::Ss);
  view.registers.set(Gpr::Esp, move_stack_pointer(ss, view.registers.get(Gpr::Esp), released));
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

Fault load_return_code(SystemView& view, u16 selector_value, SegmentRegister& cs) {
  const Selector selector(selector_value);
  FoundDescriptor code;
  if (Fault fault = find_descriptor(view, selector, Vector::GeneralProtection, code)) return fault;
  const SegmentAttributes attributes = code.descriptor.attributes();
  const bool level_allows =
      selector.rpl() >= view.cpl() &&
      (attributes.conforming() ? attributes.dpl() <= selector.rpl() : attributes.dpl() == selector.rpl());
  if (!attributes.code() || !level_allows) return general_protection(selector.error_code());
  if (!attributes.present()) return segment_not_present(selector.error_code());
  cs = code.loaded(selector.value);
  return mark_accessed(view, code);
}

void return_to_outer_level(SystemView& view, const FarReturn& target) {
  view.state.segment(Segment::Ss) = target.ss;
  view.registers.set(Gpr::Esp, replace_stack_pointer(target.ss, view.registers.get(Gpr::Esp), target.esp));
  enter_code(view, target.cs, target.eip, Selector(target.cs.selector).rpl());
  for (const Segment segment : {Segment::Es, Segment::Ds, Segment::Fs, Segment::Gs}) {
    drop_if_too_privileged(view, segment);
  }
}

Fault op_ret_far(SystemView& view, const Operation& op) {
  const u32 released = op.immediate & 0xffffu;
  if (view.state.paragraph_segments()) return return_in_paragraph_mode(view, op.size, released);
  return return_in_protected_mode(view, op.size, released);
}

}  // namespace ringdown
