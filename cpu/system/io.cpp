// Port I/O: permission by IOPL and the TSS's bitmap, IN, OUT and the string forms (Intel SDM vol. 1, chapter
// 19).
#include "cpu/system/debug.h"
#include "cpu/system/io_instruction.h"
#include "cpu/system/operations.h"
#include "cpu/system/task_state.h"

namespace ringdown {

namespace {

/// #GP(0) unless every port of the access is permitted. Virtual-8086 mode always asks the bitmap.
Fault check_permission(SystemView& view, u16 port, Width width) {
  const PrivilegedState& state = view.state;
  const bool free = !state.protected_mode() || (!state.virtual_8086() && view.cpl() <= state.iopl());
  if (free) return Fault::none();
  const SegmentRegister& tr = state.tr;
  if (!is_tss32(tr) || tss32::kIoMapBase + 1 > tr.limit) return general_protection();
  u16 map = 0;
  if (Fault fault = view.read_table(tr.base + tss32::kIoMapBase, map)) return fault;
  // Two bytes are read always, so a bitmap needs one byte of ones behind it.
  const u32 offset = u32{map} + port / 8;
  if (offset + 1 > tr.limit) return general_protection();
  u16 bits = 0;
  if (Fault fault = view.read_table(tr.base + offset, bits)) return fault;
  const u32 wanted = ((1u << bytes_of(width)) - 1) << (port % 8);
  return (bits & wanted) != 0 ? general_protection() : Fault::none();
}

/// Behind the access, before registers change. I/O breakpoints are traps: due behind the instruction.
void note_access(SystemView& view, const Operation& op, IoInstruction::Kind kind, u16 port, Width width,
                 u32 memory = 0) {
  const Registers& r = view.registers;
  const u8 bytes = static_cast<u8>(bytes_of(width));
  view.state.pending_debug |= io_breakpoint_hits(view.state, port, bytes);
  view.backend.note_io(
      {kind, bytes, port, memory, op.eip, r.get(Gpr::Ecx), r.get(Gpr::Esi), r.get(Gpr::Edi)});
}

Width width_of(OperandSize size) {
  switch (size) {
    case OperandSize::Byte:
      return Width::Byte;
    case OperandSize::Word:
      return Width::Word;
    case OperandSize::Dword:
    case OperandSize::Qword:
      return Width::Dword;
  }
  return Width::Byte;
}

template <class T>
inline constexpr Width kWidthOf = static_cast<Width>(sizeof(T));

Fault input(SystemView& view, const Operation& op, IoInstruction::Kind kind, u16 port) {
  const Width width = width_of(op.size);
  if (Fault fault = check_permission(view, port, width)) return fault;
  const u32 value = view.backend.read_port(IoPort(port), width);
  switch (width) {
    case Width::Byte:
      view.registers.write<u8>(offset_of(Gpr::Eax), static_cast<u8>(value));
      break;
    case Width::Word:
      view.registers.write<u16>(offset_of(Gpr::Eax), static_cast<u16>(value));
      break;
    case Width::Dword:
    case Width::Qword:
      view.registers.set(Gpr::Eax, value);
      break;
  }
  note_access(view, op, kind, port, width);
  return Fault::none();
}

Fault output(SystemView& view, const Operation& op, IoInstruction::Kind kind, u16 port) {
  const Width width = width_of(op.size);
  if (Fault fault = check_permission(view, port, width)) return fault;
  const u32 value = view.registers.get(Gpr::Eax) & static_cast<u32>(open_bus(width));
  view.backend.write_port(IoPort(port), width, value);
  note_access(view, op, kind, port, width);
  return Fault::none();
}

u16 port_in_dx(const SystemView& view) { return view.registers.read<u16>(offset_of(Gpr::Edx)); }
u16 port_in_instruction(const Operation& op) { return static_cast<u8>(op.immediate); }

u32 index_value(const SystemView& view, const Operation& op, Gpr reg) {
  const u32 value = view.registers.get(reg);
  return op.address16 ? value & 0xffffu : value;
}

void add_to_index(SystemView& view, const Operation& op, Gpr reg, u32 delta) {
  if (op.address16) {
    const u16 sum = static_cast<u16>(view.registers.read<u16>(offset_of(reg)) + delta);
    view.registers.write<u16>(offset_of(reg), sum);
  } else {
    view.registers.set(reg, view.registers.get(reg) + delta);
  }
}

/// Asked behind the permission: processors refuse the port to a string that is repeated no times, too.
bool is_exhausted(const SystemView& view, const Operation& op) {
  return op.repeat != Repeat::None && index_value(view, op, Gpr::Ecx) == 0;
}

/// Moves the index register on and, under REP, has the instruction run again while iterations remain, with RF
/// set so that a breakpoint on it is met once (SDM vol. 3B, 17.3.1.1).
void finish_iteration(SystemView& view, const Operation& op, Gpr index, u32 size) {
  add_to_index(view, op, index, view.registers.flags.df() ? 0u - size : size);
  if (op.repeat == Repeat::None) return;
  add_to_index(view, op, Gpr::Ecx, ~0u);
  if (index_value(view, op, Gpr::Ecx) == 0) return;
  view.registers.eip = op.eip;
  view.registers.flags.set_control(view.registers.flags.control() | eflags::kRf);
}

template <class T>
Fault input_string(SystemView& view, const Operation& op) {
  const u16 port = port_in_dx(view);
  if (Fault fault = check_permission(view, port, kWidthOf<T>)) return fault;
  if (is_exhausted(view, op)) return Fault::none();
  u32 linear = 0;
  const u32 offset = index_value(view, op, Gpr::Edi);
  if (Fault fault = view.check_segment(Segment::Es, offset, sizeof(T), AccessType::Write, linear))
    return fault;
  if (Fault fault = view.prepare_write(linear, view.privilege(), sizeof(T))) return fault;
  const T value = static_cast<T>(view.backend.read_port(IoPort(port), kWidthOf<T>));
  if (Fault fault = view.write(linear, view.privilege(), value)) return fault;
  using Kind = IoInstruction::Kind;
  note_access(view, op, op.repeat == Repeat::None ? Kind::Ins : Kind::RepeatedIns, port, kWidthOf<T>, linear);
  finish_iteration(view, op, Gpr::Edi, sizeof(T));
  return Fault::none();
}

template <class T>
Fault output_string(SystemView& view, const Operation& op) {
  const u16 port = port_in_dx(view);
  if (Fault fault = check_permission(view, port, kWidthOf<T>)) return fault;
  if (is_exhausted(view, op)) return Fault::none();
  T value{};
  const u32 offset = index_value(view, op, Gpr::Esi);
  if (Fault fault = view.read_segment(op.segment, offset, value)) return fault;
  view.backend.write_port(IoPort(port), kWidthOf<T>, value);
  using Kind = IoInstruction::Kind;
  note_access(view, op, op.repeat == Repeat::None ? Kind::Outs : Kind::RepeatedOuts, port, kWidthOf<T>,
              view.state.segment(op.segment).base + offset);
  finish_iteration(view, op, Gpr::Esi, sizeof(T));
  return Fault::none();
}

}  // namespace

Fault op_in_immediate(SystemView& view, const Operation& op) {
  return input(view, op, IoInstruction::Kind::InImmediate, port_in_instruction(op));
}
Fault op_in_dx(SystemView& view, const Operation& op) {
  return input(view, op, IoInstruction::Kind::InRegister, port_in_dx(view));
}
Fault op_out_immediate(SystemView& view, const Operation& op) {
  return output(view, op, IoInstruction::Kind::OutImmediate, port_in_instruction(op));
}
Fault op_out_dx(SystemView& view, const Operation& op) {
  return output(view, op, IoInstruction::Kind::OutRegister, port_in_dx(view));
}

Fault op_insb(SystemView& view, const Operation& op) { return input_string<u8>(view, op); }
Fault op_insw(SystemView& view, const Operation& op) { return input_string<u16>(view, op); }
Fault op_insd(SystemView& view, const Operation& op) { return input_string<u32>(view, op); }
Fault op_outsb(SystemView& view, const Operation& op) { return output_string<u8>(view, op); }
Fault op_outsw(SystemView& view, const Operation& op) { return output_string<u16>(view, op); }
Fault op_outsd(SystemView& view, const Operation& op) { return output_string<u32>(view, op); }

}  // namespace ringdown
