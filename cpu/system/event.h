// Events on their way through the IDT: exceptions, interrupts, software interrupts.
#pragma once

#include "cpu/fault.h"
#include "cpu/system/view.h"

namespace ringdown {

struct Event {
  enum class Source : u8 {
    Exception,          // a fault, trap or abort of the processor
    External,           // INTR or NMI
    SoftwareInterrupt,  // INT n: gate DPL and (in V86) IOPL or VME are checked
    Breakpoint,         // INT3, INTO: gate DPL is checked, IOPL is not
    IceBreakpoint,      // INT1 (F1): as an exception for DPL, as a trap for EIP
  };
  Source source = Source::Exception;
  u8 vector = 0;
  u16 error_code = 0;  // of the exceptions that have one
  u32 address = 0;     // #PF: value for CR2; #DB: bits for DR6

  bool pushes_error_code() const {
    return source == Source::Exception && has_error_code(static_cast<Vector>(vector));
  }
};
static_assert(sizeof(Event) == 8);  // without padding, as Fault

/// The event that a fault raises.
Event event_of(const Fault& fault);

/// Delivers an event at the current EIP (Intel SDM vol. 3A, chapter 6; real mode: 20.1.4; virtual-8086: 20.3,
/// VME included): updates CR2, DR6, DR7.GD and IA32_DEBUGCTL as the exception demands, switches stacks and
/// tasks, ends the halted state and the interrupt shadow, and resolves faults during delivery into a
/// contributory exception, #DF or shutdown (table 6-5). Returns Shutdown for a triple fault, with the vectors
/// in state.fault_chain; Split never. For the sources that are instructions (SoftwareInterrupt, Breakpoint,
/// IceBreakpoint), EIP is already behind the instruction, and a fault of delivery (#GP, #NP, ...) is returned
/// to the caller with nothing changed; for the other sources it is delivered in turn, here.
Fault deliver_event(SystemView& view, Event event);

}  // namespace ringdown
