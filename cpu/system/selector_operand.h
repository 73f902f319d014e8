// The 16-bit r/m operand of instructions that take a selector.
#pragma once

#include "cpu/system/segment_descriptor.h"

namespace ringdown {

inline Fault read_selector_operand(SystemView& view, const Operation& op, Selector& selector) {
  if (!op.memory) {
    selector.value = view.registers.read<u16>(op.rm);
    return Fault::none();
  }
  return view.read_segment(op.segment, effective_offset(view.registers, op), selector.value);
}

}  // namespace ringdown
