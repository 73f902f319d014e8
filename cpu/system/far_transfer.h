// Transfers to another code segment: what far JMP, CALL, RET, IRET and events share.
#pragma once

#include "cpu/system/segment_descriptor.h"

namespace ringdown {

/// Reads the far pointer that is the memory operand of `op`: offset first, then the selector.
Fault read_far_pointer(SystemView& view, const Operation& op, u16& selector, u32& offset);

/// Checks the CS that a far RET or IRET popped: not more privileged than the caller, code, present.
Fault check_return_code(SystemView& view, u16 selector, FoundDescriptor& code);

/// Where a return to the same or an outer level goes.
struct FarReturn {
  FoundDescriptor code;  // from check_return_code; its RPL is the new CPL
  u32 eip = 0;
  FoundDescriptor stack;  // outer level only
  u32 esp = 0;
};
/// The last checks of a return to the same level, and the return: loads CS:EIP and ESP.
Fault return_to_same_level(SystemView& view, const FarReturn& target);
/// The same for an outer level: loads CS:EIP and SS:ESP and empties the data segment registers that the new
/// level may not use.
Fault return_to_outer_level(SystemView& view, const FarReturn& target);

/// Loads CS, EIP and the privilege level: the last step of a transfer in protected mode.
inline void enter_code(SystemView& view, const SegmentRegister& cs, u32 eip, unsigned cpl) {
  const u16 selector = static_cast<u16>((cs.selector & 0xfffcu) | cpl);
  view.state.segment(Segment::Cs) = {selector, cs.attributes, cs.base, cs.limit};
  view.state.cpl = static_cast<u8>(cpl);
  view.registers.eip = eip;
}
/// Loads CS and EIP in real or virtual-8086 mode.
void enter_paragraph(SystemView& view, u16 selector, u32 eip);

}  // namespace ringdown
