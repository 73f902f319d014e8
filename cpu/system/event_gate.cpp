// Delivery of an event through the IDT's gates in protected and virtual-8086 mode (Intel SDM vol. 3A, 6.12).
#include "cpu/system/event_delivery.h"
#include "cpu/system/far_transfer.h"
#include "cpu/system/stack.h"
#include "cpu/system/task_switch.h"

namespace ringdown {

namespace {

bool is_software(Event event) {
  return event.source == Event::Source::SoftwareInterrupt || event.source == Event::Source::Breakpoint;
}

/// Error codes of faults met on the way have EXT set unless an INT instruction is at their root (6.13).
Fault with_ext(Fault fault, Event event) {
  const bool selector_code =
      fault.kind == Fault::Kind::Exception &&
      (fault.vector == Vector::InvalidTss || fault.vector == Vector::SegmentNotPresent ||
       fault.vector == Vector::StackFault || fault.vector == Vector::GeneralProtection);
  if (selector_code && !is_software(event))
    fault.error_code = static_cast<u16>(fault.error_code | error_code_bit::kExt);
  return fault;
}

Fault find_gate(SystemView& view, Event event, Descriptor& gate) {
  const u32 error_code = event.vector * Descriptor::kSize | error_code_bit::kIdt;
  const TableRegister& idtr = view.state.idtr;
  const u32 offset = event.vector * Descriptor::kSize;
  if (offset + (Descriptor::kSize - 1) > idtr.limit) return general_protection(error_code);
  u64 raw = 0;
  if (Fault fault = view.read_table(idtr.base + offset, raw)) return fault;
  gate = Descriptor(raw);
  const bool usable = gate.is_system(SystemType::TaskGate) || gate.is_system(SystemType::InterruptGate16) ||
                      gate.is_system(SystemType::TrapGate16) || gate.is_system(SystemType::InterruptGate32) ||
                      gate.is_system(SystemType::TrapGate32);
  if (!usable) return general_protection(error_code);
  if (is_software(event) && gate.dpl() < view.cpl()) return general_protection(error_code);
  if (!gate.present()) return segment_not_present(error_code);
  return Fault::none();
}

Fault deliver_to_task(SystemView& view, Event event, const Descriptor& gate, bool& committed) {
  TaskSwitch request;
  request.reason = TaskSwitchReason::Interrupt;
  request.saved_flags = pushed_flags(view, event) & eflags::kRf;
  request.push_error_code = event.pushes_error_code();
  request.error_code = event.error_code;
  if (Fault fault = find_tss(view, gate.gate_selector(), Vector::GeneralProtection, request.tss))
    return fault;
  const u32 selector_code = request.tss.selector.error_code();
  if (!request.tss.descriptor.available_tss()) return general_protection(selector_code);
  if (!request.tss.descriptor.present()) return segment_not_present(selector_code);
  const TaskSwitchResult result = switch_task(view, request);
  if (result.committed) committed = true;
  return result.fault;
}

void push_interrupted(const SystemView& view, Event event, PushFrame& frame) {
  frame.push(pushed_flags(view, event));
  frame.push(view.state.segment(Segment::Cs).selector);
  frame.push(view.registers.eip);
  if (event.pushes_error_code()) frame.push(event.error_code);
}

/// Flags that every gate clears, and IF for interrupt gates (6.12.1.2, 6.12.1.3).
void clear_flags(SystemView& view, const Descriptor& gate) {
  const SystemType type = gate.system_type();
  const bool interrupt_gate = type == SystemType::InterruptGate16 || type == SystemType::InterruptGate32;
  view.set_eflags(0,
                  eflags::kTf | eflags::kNt | eflags::kRf | eflags::kVm | (interrupt_gate ? eflags::kIf : 0));
}

OperandSize size_of(const Descriptor& gate) { return gate.gate32() ? OperandSize::Dword : OperandSize::Word; }

Fault deliver_same_level(SystemView& view, Event event, const Descriptor& gate, const FoundDescriptor& code) {
  if (gate.gate_offset() > code.descriptor.limit()) return general_protection();
  PushFrame frame(size_of(gate));
  push_interrupted(view, event, frame);
  u32 esp = view.registers.get(Gpr::Esp);
  if (Fault fault = frame.store(view, view.state.segment(Segment::Ss), view.privilege(), 0, esp))
    return fault;
  if (Fault fault = mark_accessed(view, code)) return fault;
  view.registers.set(Gpr::Esp, esp);
  clear_flags(view, gate);
  enter_code(view, code.loaded(), gate.gate_offset(), view.cpl());
  return Fault::none();
}

/// To a more privileged level, on the stack that the TSS names; from virtual-8086 mode the data segment
/// registers are saved and emptied (20.3.1).
Fault deliver_inner_level(SystemView& view, Event event, const Descriptor& gate,
                          const FoundDescriptor& code) {
  PrivilegedState& state = view.state;
  constexpr Segment kDataSegments[] = {Segment::Gs, Segment::Fs, Segment::Ds, Segment::Es};
  const bool from_v86 = state.virtual_8086();
  const unsigned level = code.descriptor.dpl();
  InnerStack inner;
  if (Fault fault = find_inner_stack(view, level, inner)) return fault;
  if (gate.gate_offset() > code.descriptor.limit()) return general_protection();

  PushFrame frame(size_of(gate));
  if (from_v86) {
    for (const Segment segment : kDataSegments) frame.push(state.segment(segment).selector);
  }
  frame.push(state.segment(Segment::Ss).selector);
  frame.push(view.registers.get(Gpr::Esp));
  push_interrupted(view, event, frame);
  u32 esp = 0;
  if (Fault fault = store_on_inner_stack(view, frame, inner, esp)) return fault;
  if (Fault fault = mark_accessed(view, code)) return fault;

  clear_flags(view, gate);
  state.segment(Segment::Ss) = inner.segment.loaded();
  view.registers.set(Gpr::Esp, esp);
  if (from_v86) {
    for (const Segment segment : kDataSegments)
      state.segment(segment) = null_segment(0, state.segment(segment));
  }
  enter_code(view, code.loaded(), gate.gate_offset(), level);
  return Fault::none();
}

Fault deliver_to_code(SystemView& view, Event event, const Descriptor& gate) {
  FoundDescriptor code;
  if (Fault fault = find_descriptor(view, gate.gate_selector(), Vector::GeneralProtection, code))
    return fault;
  const SegmentAttributes attributes = code.descriptor.attributes();
  const u32 error_code = code.selector.error_code();
  const unsigned cpl = view.cpl();
  if (!attributes.code() || attributes.dpl() > cpl) return general_protection(error_code);
  const bool inner = !attributes.conforming() && attributes.dpl() < cpl;
  if (!attributes.present()) return segment_not_present(error_code);
  const bool v86_target_wrong = view.state.virtual_8086() && (!inner || attributes.dpl() != 0);
  if (v86_target_wrong) return general_protection(error_code);
  return inner ? deliver_inner_level(view, event, gate, code) : deliver_same_level(view, event, gate, code);
}

}  // namespace

u32 pushed_flags(const SystemView& view, Event event) {
  const u32 flags = view.eflags();
  if (event.source != Event::Source::Exception) return flags;
  switch (static_cast<Vector>(event.vector)) {
    // Traps and aborts, and #DB: only a general-detect #DB is a fault that the instruction itself caused
    // (Intel SDM vol. 3B, 17.3.1.1).
    case Vector::Breakpoint:
    case Vector::Overflow:
    case Vector::Nmi:
    case Vector::DoubleFault:
    case Vector::MachineCheck:
      return flags;
    case Vector::Debug:
      return (event.address & dr6::kBd) != 0 ? flags | eflags::kRf : flags;
    case Vector::DivideError:
    case Vector::BoundRange:
    case Vector::InvalidOpcode:
    case Vector::DeviceNotAvailable:
    case Vector::CoprocessorOverrun:
    case Vector::InvalidTss:
    case Vector::SegmentNotPresent:
    case Vector::StackFault:
    case Vector::GeneralProtection:
    case Vector::PageFault:
    case Vector::FloatingPoint:
    case Vector::AlignmentCheck:
    case Vector::SimdFloatingPoint:
      return flags | eflags::kRf;
  }
  return flags;
}

Fault deliver_through_gate(SystemView& view, Event event, bool& committed) {
  Descriptor gate;
  if (Fault fault = find_gate(view, event, gate)) return with_ext(fault, event);
  const Fault fault = gate.system_type() == SystemType::TaskGate
                          ? deliver_to_task(view, event, gate, committed)
                          : deliver_to_code(view, event, gate);
  return with_ext(fault, event);
}

}  // namespace ringdown
