// Far JMP and CALL in every mode, and the operations that use them.
#include "cpu/system/far_transfer.h"

#include "cpu/system/operations.h"
#include "cpu/system/stack.h"
#include "cpu/system/task_switch.h"

namespace ringdown {

namespace {

enum class Kind : u8 { Jump, Call };

struct Target {
  u16 selector = 0;
  u32 offset = 0;
  OperandSize size = OperandSize::Dword;
  Kind kind = Kind::Jump;
};

SegmentRegister code_register(const FoundDescriptor& code, unsigned cpl) {
  return code.loaded(static_cast<u16>(code.selector.error_code() | cpl));
}

/// What a CALL that stays at its level pushes.
PushFrame return_address(const SystemView& view, OperandSize size) {
  PushFrame frame(size);
  frame.push(view.state.segment(Segment::Cs).selector);
  frame.push(view.registers.eip);
  return frame;
}

/// The last steps of a transfer that stays at the current level.
Fault enter_same_level(SystemView& view, const Target& target, const FoundDescriptor& code, u32 eip,
                       OperandSize size) {
  if (eip > code.descriptor.limit()) return general_protection();
  u32 esp = view.registers.get(Gpr::Esp);
  if (target.kind == Kind::Call) {
    if (Fault fault = return_address(view, size).store_on_current_stack(view, esp)) return fault;
  }
  if (Fault fault = mark_accessed(view, code)) return fault;
  view.registers.set(Gpr::Esp, esp);
  enter_code(view, code_register(code, view.cpl()), eip, view.cpl());
  return Fault::none();
}

Fault transfer_to_code(SystemView& view, const Target& target, const FoundDescriptor& code) {
  const SegmentAttributes attributes = code.descriptor.attributes();
  const bool privilege_allows = attributes.conforming()
                                    ? attributes.dpl() <= view.cpl()
                                    : code.selector.rpl() <= view.cpl() && attributes.dpl() == view.cpl();
  if (!privilege_allows) return general_protection(code.selector.error_code());
  if (!attributes.present()) return segment_not_present(code.selector.error_code());
  return enter_same_level(view, target, code, target.offset, target.size);
}

/// CALL through a gate to a more privileged level: new stack from the TSS, parameters copied (5.8.5).
Fault call_inner_level(SystemView& view, const Descriptor& gate, const FoundDescriptor& code) {
  const unsigned level = code.descriptor.dpl();
  const OperandSize size = gate.gate32() ? OperandSize::Dword : OperandSize::Word;
  InnerStack inner;
  if (Fault fault = find_inner_stack(view, level, inner)) return fault;
  std::array<u32, 32> parameters{};
  StackReader outer(view, size);
  for (unsigned i = 0; i < gate.parameter_count(); ++i) {
    if (Fault fault = outer.pop(parameters[i])) return fault;
  }
  if (gate.gate_offset() > code.descriptor.limit()) return general_protection();

  PushFrame frame(size);
  frame.push(view.state.segment(Segment::Ss).selector);
  frame.push(view.registers.get(Gpr::Esp));
  for (unsigned i = gate.parameter_count(); i-- > 0;) frame.push(parameters[i]);
  frame.push(view.state.segment(Segment::Cs).selector);
  frame.push(view.registers.eip);
  u32 esp = 0;
  if (Fault fault = store_on_inner_stack(view, frame, inner, esp)) return fault;
  if (Fault fault = mark_accessed(view, code)) return fault;
  view.state.segment(Segment::Ss) = inner.segment.loaded();
  view.registers.set(Gpr::Esp, esp);
  enter_code(view, code_register(code, level), gate.gate_offset(), level);
  return Fault::none();
}

Fault transfer_through_gate(SystemView& view, const Target& target, const Descriptor& gate) {
  FoundDescriptor code;
  if (Fault fault = find_descriptor(view, gate.gate_selector(), Vector::GeneralProtection, code))
    return fault;
  const SegmentAttributes attributes = code.descriptor.attributes();
  const u32 error_code = code.selector.error_code();
  if (!attributes.code() || attributes.dpl() > view.cpl()) return general_protection(error_code);
  const bool inner = !attributes.conforming() && attributes.dpl() < view.cpl();
  if (target.kind == Kind::Jump && inner) return general_protection(error_code);
  if (!attributes.present()) return segment_not_present(error_code);
  if (inner) return call_inner_level(view, gate, code);
  const OperandSize size = gate.gate32() ? OperandSize::Dword : OperandSize::Word;
  return enter_same_level(view, target, code, gate.gate_offset(), size);
}

Fault transfer_to_task(SystemView& view, const Target& target, const FoundDescriptor& tss) {
  if (!tss.descriptor.available_tss()) return general_protection(tss.selector.error_code());
  if (!tss.descriptor.present()) return segment_not_present(tss.selector.error_code());
  TaskSwitch request;
  request.reason = target.kind == Kind::Call ? TaskSwitchReason::Call : TaskSwitchReason::Jump;
  request.tss = tss;
  return switch_task_for_instruction(view, request);
}

Fault transfer_to_system(SystemView& view, const Target& target, const FoundDescriptor& found) {
  const Descriptor& descriptor = found.descriptor;
  const u32 error_code = found.selector.error_code();
  const bool allowed = descriptor.dpl() >= view.cpl() && descriptor.dpl() >= found.selector.rpl();
  switch (descriptor.system_type()) {
    case SystemType::CallGate16:
    case SystemType::CallGate32:
      if (!allowed) return general_protection(error_code);
      if (!descriptor.present()) return segment_not_present(error_code);
      return transfer_through_gate(view, target, descriptor);
    case SystemType::TaskGate: {
      if (!allowed) return general_protection(error_code);
      if (!descriptor.present()) return segment_not_present(error_code);
      FoundDescriptor tss;
      if (Fault fault = find_tss(view, descriptor.gate_selector(), Vector::GeneralProtection, tss))
        return fault;
      return transfer_to_task(view, target, tss);
    }
    case SystemType::Tss16Available:
    case SystemType::Tss32Available:
      if (!allowed || found.selector.local()) return general_protection(error_code);
      return transfer_to_task(view, target, found);
    case SystemType::Tss16Busy:
    case SystemType::Tss32Busy:
    case SystemType::Ldt:
    case SystemType::InterruptGate16:
    case SystemType::TrapGate16:
    case SystemType::InterruptGate32:
    case SystemType::TrapGate32:
      break;
  }
  return general_protection(error_code);
}

Fault transfer_in_paragraph_mode(SystemView& view, const Target& target) {
  if (target.offset > view.state.segment(Segment::Cs).limit) return general_protection();
  if (target.kind == Kind::Call) {
    if (Fault fault = return_address(view, target.size).push_on_current_stack(view)) return fault;
  }
  enter_paragraph(view, target.selector, target.offset);
  return Fault::none();
}

Fault transfer(SystemView& view, const Target& target) {
  if (view.state.paragraph_segments()) return transfer_in_paragraph_mode(view, target);
  FoundDescriptor found;
  if (Fault fault = find_descriptor(view, Selector(target.selector), Vector::GeneralProtection, found)) {
    return fault;
  }
  const SegmentAttributes attributes = found.descriptor.attributes();
  if (attributes.code()) return transfer_to_code(view, target, found);
  if (!attributes.code_or_data()) return transfer_to_system(view, target, found);
  return general_protection(found.selector.error_code());
}

/// The operand of a far JMP or CALL: a pointer in the instruction, or one in memory.
Fault read_target(SystemView& view, const Operation& op, Target& target) {
  target.size = op.size;
  if (!op.memory) {
    target.selector = op.extra;
    target.offset = op.size == OperandSize::Word ? op.immediate & 0xffffu : op.immediate;
    return Fault::none();
  }
  return read_far_pointer(view, op, target.selector, target.offset);
}

Fault transfer_operand(SystemView& view, const Operation& op, Kind kind) {
  Target target;
  target.kind = kind;
  if (Fault fault = read_target(view, op, target)) return fault;
  return transfer(view, target);
}

}  // namespace

void enter_paragraph(SystemView& view, u16 selector, u32 eip) {
  SegmentRegister& cs = view.state.segment(Segment::Cs);
  cs = view.state.virtual_8086() ? v86_segment(selector) : real_mode_segment(selector, cs);
  view.registers.eip = eip;
}

Fault read_far_pointer(SystemView& view, const Operation& op, u16& selector, u32& offset) {
  const u32 address = effective_offset(view.registers, op);
  u32 step = 4;
  if (op.size == OperandSize::Word) {
    u16 word = 0;
    if (Fault fault = view.read_segment(op.segment, address, word)) return fault;
    offset = word;
    step = 2;
  } else {
    if (Fault fault = view.read_segment(op.segment, address, offset)) return fault;
  }
  const u32 second = op.address16 ? (address + step) & 0xffffu : address + step;
  return view.read_segment(op.segment, second, selector);
}

Fault op_jmp_far(SystemView& view, const Operation& op) { return transfer_operand(view, op, Kind::Jump); }
Fault op_call_far(SystemView& view, const Operation& op) { return transfer_operand(view, op, Kind::Call); }

}  // namespace ringdown
