// Delivery through the interrupt vector table: in real mode, and to a virtual-8086 program's own handler.
#include "cpu/system/event_delivery.h"
#include "cpu/system/far_transfer.h"
#include "cpu/system/stack.h"
#include "cpu/system/task_state.h"

namespace ringdown {

namespace {

constexpr u32 kVectorBytes = 4;  // IP, CS

/// Pushes FLAGS, CS, IP and continues at the far pointer that lies at `table` + 4 * vector. `cleared`: flags
/// that the handler starts without.
Fault enter_handler(SystemView& view, u32 table, u8 vector, u32 flags, u32 cleared) {
  const u32 entry = table + vector * kVectorBytes;
  u16 ip = 0;
  u16 cs = 0;
  if (Fault fault = view.read_table(entry, ip)) return fault;
  if (Fault fault = view.read_table(entry + 2, cs)) return fault;
  if (ip > view.state.segment(Segment::Cs).limit) return general_protection();
  PushFrame frame(OperandSize::Word);
  frame.push(flags);
  frame.push(view.state.segment(Segment::Cs).selector);
  frame.push(view.registers.eip);
  u32 esp = view.registers.get(Gpr::Esp);
  if (Fault fault = frame.store(view, view.state.segment(Segment::Ss), view.privilege(), 0, esp))
    return fault;
  view.registers.set(Gpr::Esp, esp);
  view.set_eflags(0, cleared);
  enter_paragraph(view, cs, ip);
  return Fault::none();
}

}  // namespace

Fault deliver_in_real_mode(SystemView& view, Event event) {
  const TableRegister& idtr = view.state.idtr;
  const u32 last = event.vector * kVectorBytes + (kVectorBytes - 1);
  if (last > idtr.limit) return general_protection();
  return enter_handler(view, idtr.base, event.vector, view.eflags(),
                       eflags::kIf | eflags::kTf | eflags::kAc | eflags::kRf);
}

Fault is_redirected(SystemView& view, u8 vector, bool& redirected) {
  const SegmentRegister& tr = view.state.tr;
  if (!is_tss32(tr) || tss32::kIoMapBase + 1 > tr.limit) return general_protection();
  u16 io_map = 0;
  if (Fault fault = view.read_table(tr.base + tss32::kIoMapBase, io_map)) return fault;
  const u32 offset = io_map - tss32::kRedirectionBytes + vector / 8;
  if (offset > tr.limit) return general_protection();
  u8 bits = 0;
  if (Fault fault = view.read_table(tr.base + offset, bits)) return fault;
  redirected = ((bits >> (vector % 8)) & 1) == 0;
  return Fault::none();
}

Fault deliver_to_8086_program(SystemView& view, Event event) {
  u32 flags = view.eflags();
  u32 cleared = eflags::kTf | eflags::kRf;
  if (view.state.iopl() == 3) {
    cleared |= eflags::kIf;
  } else {
    // The program sees the virtual interrupt flag, and IOPL as if it were its own (SDM vol. 3B, 20.3.3.5).
    flags = (flags & ~eflags::kIf) | eflags::kIopl | ((flags & eflags::kVif) != 0 ? eflags::kIf : 0);
    cleared |= eflags::kVif;
  }
  return enter_handler(view, 0, event.vector, flags, cleared);
}

}  // namespace ringdown
