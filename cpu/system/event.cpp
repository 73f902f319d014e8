// Delivery of events: choice of mechanism, nested faults up to shutdown, and the instructions that raise
// events.
#include "cpu/system/event.h"

#include "cpu/system/event_delivery.h"
#include "cpu/system/operations.h"

namespace ringdown {

namespace {

/// Classes of exceptions for the double-fault rule (Intel SDM vol. 3A, table 6-4).
enum class FaultClass : u8 { Benign, Contributory, PageFault, DoubleFault };

FaultClass class_of(Event event) {
  if (event.source != Event::Source::Exception) return FaultClass::Benign;
  switch (static_cast<Vector>(event.vector)) {
    case Vector::DivideError:
    case Vector::InvalidTss:
    case Vector::SegmentNotPresent:
    case Vector::StackFault:
    case Vector::GeneralProtection:
      return FaultClass::Contributory;
    case Vector::PageFault:
      return FaultClass::PageFault;
    case Vector::DoubleFault:
      return FaultClass::DoubleFault;
    case Vector::Debug:
    case Vector::Nmi:
    case Vector::Breakpoint:
    case Vector::Overflow:
    case Vector::BoundRange:
    case Vector::InvalidOpcode:
    case Vector::DeviceNotAvailable:
    case Vector::CoprocessorOverrun:
    case Vector::FloatingPoint:
    case Vector::AlignmentCheck:
    case Vector::MachineCheck:
    case Vector::SimdFloatingPoint:
      return FaultClass::Benign;
  }
  return FaultClass::Benign;
}

/// What follows a fault of class `second` while an event of class `first` is delivered (table 6-5).
enum class Outcome : u8 { Serial, DoubleFault, Shutdown };

Outcome resolve(FaultClass first, FaultClass second) {
  if (second == FaultClass::Benign) return Outcome::Serial;
  switch (first) {
    case FaultClass::Benign:
      return Outcome::Serial;
    case FaultClass::Contributory:
      return second == FaultClass::Contributory ? Outcome::DoubleFault : Outcome::Serial;
    case FaultClass::PageFault:
      return Outcome::DoubleFault;
    case FaultClass::DoubleFault:
      return Outcome::Shutdown;
  }
  return Outcome::Shutdown;
}

bool is_from_instruction(Event::Source source) {
  switch (source) {
    case Event::Source::SoftwareInterrupt:
    case Event::Source::Breakpoint:
    case Event::Source::IceBreakpoint:
      return true;
    case Event::Source::Exception:
    case Event::Source::External:
      return false;
  }
  return false;
}

void note_in_chain(PrivilegedState& state, u8 vector) {
  if (state.fault_chain_length < state.fault_chain.size())
    state.fault_chain[state.fault_chain_length++] = vector;
}

/// CR2, and what a #DB does to the debug registers (vol. 3B, 17.2.3, 17.2.4 and 17.4.1).
void record_cause(PrivilegedState& state, Event event) {
  if (event.source != Event::Source::Exception) return;
  if (event.vector == static_cast<u8>(Vector::PageFault)) state.cr2 = event.address;
  if (event.vector != static_cast<u8>(Vector::Debug)) return;
  constexpr u32 kBreakpointBits = 0xf * dr6::kB0;
  if ((event.address & kBreakpointBits) != 0) state.dr6 &= ~kBreakpointBits;
  state.dr6 |= event.address;
  state.dr7 &= ~dr7::kGd;
  state.msr.debug_control &= ~(debug_control::kLbr | debug_control::kBtf);
}

/// One attempt; `committed` as deliver_through_gate sets it.
Fault deliver_once(SystemView& view, Event event, bool& committed) {
  const PrivilegedState& state = view.state;
  if (!state.protected_mode()) return deliver_in_real_mode(view, event);
  if (state.virtual_8086() && event.source == Event::Source::SoftwareInterrupt) {
    if ((state.cr4 & cr4::kVme) != 0) {
      bool redirected = false;
      if (Fault fault = is_redirected(view, event.vector, redirected)) return fault;
      if (redirected) return deliver_to_8086_program(view, event);
    }
    if (state.iopl() < 3) return general_protection();
  }
  return deliver_through_gate(view, event, committed);
}

Event double_fault() { return event_of(Fault::exception(Vector::DoubleFault, 0)); }

Fault raise_from_instruction(SystemView& view, Event::Source source, u8 vector) {
  return deliver_event(view, {source, vector});
}

}  // namespace

Event event_of(const Fault& fault) {
  return {Event::Source::Exception, static_cast<u8>(fault.vector), fault.error_code, fault.address};
}

Fault deliver_event(SystemView& view, Event first) {
  PrivilegedState& state = view.state;
  // An event stands between instructions: no block is under way that an access could disturb.
  view.memory.effects_allowed = true;
  state.fault_chain_length = 0;
  // Debug traps of an instruction that does not complete are met again when it is restarted; those that MOV
  // SS held back are lost (Intel SDM vol. 3C, 26.6.3).
  if (!is_from_instruction(first.source)) state.pending_debug = 0;
  bool committed = false;
  Event event = first;
  for (;;) {
    note_in_chain(state, event.vector);
    record_cause(state, event);
    const Fault fault = deliver_once(view, event, committed);
    if (!fault) {
      state.activity = Activity::Running;
      state.shadow = InterruptShadow::None;
      return Fault::none();
    }
    if (is_from_instruction(event.source) && !committed) return fault;
    const Event next = event_of(fault);
    switch (resolve(class_of(event), class_of(next))) {
      case Outcome::Serial:
        event = next;
        break;
      case Outcome::DoubleFault:
        event = double_fault();
        break;
      case Outcome::Shutdown:
        note_in_chain(state, next.vector);
        state.activity = Activity::Shutdown;
        return Fault::shutdown();
    }
  }
}

Fault op_int(SystemView& view, const Operation& op) {
  return raise_from_instruction(view, Event::Source::SoftwareInterrupt, static_cast<u8>(op.immediate));
}

Fault op_int3(SystemView& view, const Operation&) {
  return raise_from_instruction(view, Event::Source::Breakpoint, static_cast<u8>(Vector::Breakpoint));
}

Fault op_into(SystemView& view, const Operation&) {
  if (!view.registers.flags.of()) return Fault::none();
  return raise_from_instruction(view, Event::Source::Breakpoint, static_cast<u8>(Vector::Overflow));
}

Fault op_int1(SystemView& view, const Operation&) {
  return raise_from_instruction(view, Event::Source::IceBreakpoint, static_cast<u8>(Vector::Debug));
}

}  // namespace ringdown
