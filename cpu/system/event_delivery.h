// The ways one event reaches its handler; cpu/system/event.cpp chooses among them and resolves their faults.
#pragma once

#include "cpu/system/event.h"

namespace ringdown {

/// Bits of the error code of a fault met during delivery (Intel SDM vol. 3A, 6.13).
namespace error_code_bit {
inline constexpr u32 kExt = 1u << 0;
inline constexpr u32 kIdt = 1u << 1;
}  // namespace error_code_bit

/// One attempt through the IDT's gates. Sets `committed` if it switched tasks; a fault returned then belongs
/// to the new task. With any other fault nothing has changed.
Fault deliver_through_gate(SystemView& view, Event event, bool& committed);

/// One attempt through the interrupt vector table of real mode.
Fault deliver_in_real_mode(SystemView& view, Event event);

/// INT n in virtual-8086 mode with CR4.VME: whether the redirection bitmap sends it to the 8086 program's own
/// handler (SDM vol. 3B, 20.3.3).
Fault is_redirected(SystemView& view, u8 vector, bool& redirected);

/// Runs the 8086 program's own handler (methods 5 and 6 of table 20-2).
Fault deliver_to_8086_program(SystemView& view, Event event);

/// EFLAGS as an event's frame holds them: RF is set for faults, so that the instruction does not meet its own
/// breakpoint again.
u32 pushed_flags(const SystemView& view, Event event);

}  // namespace ringdown
