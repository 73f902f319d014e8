// MOV, PUSH and POP of segment registers, and the loads of far pointers (Intel SDM vol. 2).
#include "cpu/system/far_transfer.h"
#include "cpu/system/operations.h"
#include "cpu/system/segment_descriptor.h"
#include "cpu/system/stack.h"

namespace ringdown {

namespace {

/// The segment register that an encoding names; false for the two reserved encodings.
bool segment_of(const Operation& op, Segment& segment) {
  segment = static_cast<Segment>(op.number);
  return op.number < kSegmentCount;
}

/// Loading SS holds interrupts and debug traps back for one instruction (vol. 3A, 6.8.3).
void commit_segment(SystemView& view, Segment segment, const SegmentRegister& loaded) {
  view.state.segment(segment) = loaded;
  if (segment == Segment::Ss) view.state.shadow = InterruptShadow::MovSs;
}

/// LDS and its kin: register and segment register change together.
Fault load_far_pointer(SystemView& view, const Operation& op, Segment segment) {
  if (!op.memory) return invalid_opcode();
  u16 selector = 0;
  u32 offset = 0;
  SegmentRegister loaded;
  if (Fault fault = read_far_pointer(view, op, selector, offset)) return fault;
  if (Fault fault = load_segment(view, segment, selector, loaded)) return fault;
  view.state.segment(segment) = loaded;
  if (op.size == OperandSize::Word) {
    view.registers.write<u16>(op.reg, static_cast<u16>(offset));
  } else {
    view.registers.write<u32>(op.reg, offset);
  }
  return Fault::none();
}

}  // namespace

Fault op_mov_from_sreg(SystemView& view, const Operation& op) {
  Segment segment;
  if (!segment_of(op, segment)) return invalid_opcode();
  const u16 selector = view.state.segment(segment).selector;
  if (op.memory) return view.write_segment(op.segment, effective_offset(view.registers, op), selector);
  if (op.size == OperandSize::Word) {
    view.registers.write<u16>(op.rm, selector);
  } else {
    view.registers.write<u32>(op.rm, selector);
  }
  return Fault::none();
}

Fault op_mov_to_sreg(SystemView& view, const Operation& op) {
  Segment segment;
  if (!segment_of(op, segment) || segment == Segment::Cs) return invalid_opcode();
  u16 selector = 0;
  if (op.memory) {
    if (Fault fault = view.read_segment(op.segment, effective_offset(view.registers, op), selector))
      return fault;
  } else {
    selector = view.registers.read<u16>(op.rm);
  }
  SegmentRegister loaded;
  if (Fault fault = load_segment(view, segment, selector, loaded)) return fault;
  commit_segment(view, segment, loaded);
  return Fault::none();
}

Fault op_push_sreg(SystemView& view, const Operation& op) {
  Segment segment;
  if (!segment_of(op, segment)) return invalid_opcode();
  // A 32-bit push moves ESP by four but writes only the word (vol. 2, PUSH).
  const u32 slot = op.size == OperandSize::Word ? 2 : 4;
  return push_value(view, slot, view.state.segment(segment).selector);
}

Fault op_pop_sreg(SystemView& view, const Operation& op) {
  Segment segment;
  if (!segment_of(op, segment) || segment == Segment::Cs) return invalid_opcode();
  const u32 slot = op.size == OperandSize::Word ? 2 : 4;
  u16 selector = 0;
  if (Fault fault = read_top(view, selector)) return fault;
  SegmentRegister loaded;
  if (Fault fault = load_segment(view, segment, selector, loaded)) return fault;
  release_top(view, slot);
  commit_segment(view, segment, loaded);
  return Fault::none();
}

Fault op_lds(SystemView& view, const Operation& op) { return load_far_pointer(view, op, Segment::Ds); }
Fault op_les(SystemView& view, const Operation& op) { return load_far_pointer(view, op, Segment::Es); }
Fault op_lfs(SystemView& view, const Operation& op) { return load_far_pointer(view, op, Segment::Fs); }
Fault op_lgs(SystemView& view, const Operation& op) { return load_far_pointer(view, op, Segment::Gs); }
Fault op_lss(SystemView& view, const Operation& op) { return load_far_pointer(view, op, Segment::Ss); }

}  // namespace ringdown
