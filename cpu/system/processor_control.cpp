// HLT, PAUSE, cache and TLB control, and the fast system calls (Intel SDM vol. 2).
#include "cpu/cpu_model.h"
#include "cpu/system/control_state.h"
#include "cpu/system/far_transfer.h"
#include "cpu/system/operations.h"

namespace ringdown {

namespace {

/// Flat 4 GiB segments as SYSENTER and SYSEXIT load them without looking at a table.
SegmentRegister flat_segment(u32 selector, unsigned level, SegmentAttributes type) {
  using Attributes = SegmentAttributes;
  u16 value = type.value;
  value = Attributes::CodeOrData::with(value, true);
  value = Attributes::Dpl::with(value, static_cast<u16>(level));
  value = Attributes::Present::with(value, true);
  value = Attributes::Big::with(value, true);
  value = Attributes::Granularity::with(value, true);
  return {static_cast<u16>((selector & 0xfffcu) | level), {value}, 0, 0xffff'ffffu};
}

constexpr u16 kWritableData = SegmentAttributes::kWritableOrReadable | SegmentAttributes::kAccessed;
constexpr u16 kReadableCode = SegmentAttributes::kCode | kWritableData;

void enter_flat(SystemView& view, u32 code_selector, unsigned level, u32 eip, u32 esp) {
  constexpr u32 kStackBehindCode = 8;
  view.state.segment(Segment::Ss) = flat_segment(code_selector + kStackBehindCode, level, {kWritableData});
  view.registers.set(Gpr::Esp, esp);
  enter_code(view, flat_segment(code_selector, level, {kReadableCode}), eip, level);
}

}  // namespace

Fault op_hlt(SystemView& view, const Operation&) {
  if (Fault fault = require_ring0(view)) return fault;
  view.state.activity = Activity::Halted;
  return Fault::none();
}

/// As long as in the processors where it is longest: Skylake's takes up to 140 cycles (Intel 64 and IA-32
/// Architectures Optimization Reference Manual, "Pause Latency in Skylake Client Microarchitecture"). A loop
/// that waits for time to pass has less to run through. A NOP before the Pentium 4.
Fault op_pause(SystemView& view, const Operation&) {
  constexpr Ticks kInstructions = 140;
  if (view.backend.model().has(Feature::Sse2)) view.backend.stall(kInstructions);
  return Fault::none();
}

/// INVD and WBINVD: memory here is always coherent.
Fault op_flush_caches(SystemView& view, const Operation&) { return require_ring0(view); }

Fault op_invlpg(SystemView& view, const Operation& op) {
  if (!op.memory) return invalid_opcode();
  if (Fault fault = require_ring0(view)) return fault;
  const u32 offset = effective_offset(view.registers, op);
  view.backend.invalidate_page(GuestLinear(view.state.segment(op.segment).base + offset));
  return Fault::none();
}

Fault op_sysenter(SystemView& view, const Operation&) {
  const ModelSpecificRegisters& msr = view.state.msr;
  if (!view.state.protected_mode() || Selector(msr.sysenter_cs).null()) return general_protection();
  view.set_eflags(0, eflags::kVm | eflags::kIf | eflags::kRf);
  enter_flat(view, msr.sysenter_cs, 0, msr.sysenter_eip, msr.sysenter_esp);
  return Fault::none();
}

Fault op_sysexit(SystemView& view, const Operation&) {
  constexpr u32 kUserCodeBehindKernelCode = 16;
  const u32 selector = view.state.msr.sysenter_cs;
  const bool refused = !view.state.protected_mode() || view.cpl() != 0 || Selector(selector).null();
  if (refused) return general_protection();
  enter_flat(view, selector + kUserCodeBehindKernelCode, 3, view.registers.get(Gpr::Edx),
             view.registers.get(Gpr::Ecx));
  return Fault::none();
}

}  // namespace ringdown
