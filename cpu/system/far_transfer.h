// Transfers to another code segment: what far JMP, CALL, RET, IRET and events share.
#pragma once

#include "cpu/system/segment_descriptor.h"

namespace ringdown {

/// Reads the far pointer that is the memory operand of `op`: offset first, then the selector.
Fault read_far_pointer(SystemView& view, const Operation& op, u16& selector, u32& offset);

/// Checks the CS that a far RET or IRET popped: not more privileged than the caller, code, present.
Fault load_return_code(SystemView& view, u16 selector, SegmentRegister& cs);

/// Where a return to the same or an outer level goes.
struct FarReturn {
  SegmentRegister cs;  // from load_return_code; its RPL is the new CPL
  u32 eip = 0;
  /// Outer level only.
  SegmentRegister ss;
  u32 esp = 0;
};
/// Commits a return to an outer level: loads CS:EIP and SS:ESP and empties the data segment registers that
/// the new level may not use.
void return_to_outer_level(SystemView& view, const FarReturn& target);

/// Loads CS, EIP and the privilege level: the last step of a transfer in protected mode.
void enter_code(SystemView& view, SegmentRegister cs, u32 eip, unsigned cpl);
/// Loads CS and EIP in real or virtual-8086 mode.
void enter_paragraph(SystemView& view, u16 selector, u32 eip);

}  // namespace ringdown
