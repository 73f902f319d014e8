// The debug registers: breakpoint conditions and MOV DR.
#include "cpu/system/debug.h"

#include "cpu/system/control_state.h"
#include "cpu/system/operations.h"

namespace ringdown {

namespace {

/// Whether two ranges of bytes share one; the arithmetic is 64 bits wide, so that neither wraps.
bool overlap(u64 a, u64 a_size, u64 b, u64 b_size) { return a < b + b_size && b < a + a_size; }

constexpr u32 kEnableBits = 0xff;  // L0, G0, ... G3

template <class Hits>
u32 collect(const PrivilegedState& state, Hits hits) {
  if ((state.dr7 & kEnableBits) == 0) return 0;
  u32 bits = 0;
  for (unsigned i = 0; i < kBreakpointCount; ++i) {
    const DebugBreakpoint breakpoint = breakpoint_at(state, i);
    if (breakpoint.enabled && hits(breakpoint)) bits |= dr6::kB0 << i;
  }
  return bits;
}

/// DR4 and DR5 are DR6 and DR7 unless CR4.DE is set (17.2.2): then they are no registers, which is found in
/// decoding, before privilege is looked at (vol. 3A, table 6-2).
Fault check_access(const SystemView& view, unsigned& number) {
  const bool alias = number == 4 || number == 5;
  if (alias && (view.state.cr4 & cr4::kDe) != 0) return invalid_opcode();
  if (Fault fault = require_ring0(view)) return fault;
  if (alias) number += 2;
  if ((view.state.dr7 & dr7::kGd) != 0) {
    Fault fault = Fault::exception(Vector::Debug);
    fault.address = dr6::kBd;
    return fault;
  }
  return Fault::none();
}

}  // namespace

u32 possible_dr6(u32 value) {
  constexpr u32 kWritable = 0x0000'e00f;  // B0 to B3, BD, BS, BT
  return (value & kWritable) | dr6::kReset;
}

u32 possible_dr7(u32 value) {
  constexpr u32 kWritable = 0xffff'23ff;  // all but bits 10 (always one), 11, 12, 14 and 15
  return (value & kWritable) | dr7::kReset;
}

DebugBreakpoint breakpoint_at(const PrivilegedState& state, unsigned index) {
  static constexpr u32 kLengths[4] = {1, 2, 8, 4};
  DebugBreakpoint breakpoint;
  breakpoint.kind = static_cast<BreakpointKind>((state.dr7 >> (16 + 4 * index)) & 3);
  breakpoint.length = kLengths[(state.dr7 >> (18 + 4 * index)) & 3];
  breakpoint.address = state.dr[index] & ~(breakpoint.length - 1);
  breakpoint.enabled = ((state.dr7 >> (2 * index)) & 3) != 0;
  if (breakpoint.kind == BreakpointKind::Io && (state.cr4 & cr4::kDe) == 0) breakpoint.enabled = false;
  return breakpoint;
}

u32 instruction_breakpoint_hits(const PrivilegedState& state, u32 linear) {
  return collect(state, [=](const DebugBreakpoint& breakpoint) {
    return breakpoint.kind == BreakpointKind::Execute && breakpoint.address == linear;
  });
}

u32 data_breakpoint_hits(const PrivilegedState& state, u32 linear, u32 size, AccessType type) {
  return collect(state, [=](const DebugBreakpoint& breakpoint) {
    const bool kind_matches = breakpoint.kind == BreakpointKind::ReadWrite ||
                              (breakpoint.kind == BreakpointKind::Write && type == AccessType::Write);
    return kind_matches && overlap(breakpoint.address, breakpoint.length, linear, size);
  });
}

u32 io_breakpoint_hits(const PrivilegedState& state, u32 port, u32 size) {
  return collect(state, [=](const DebugBreakpoint& breakpoint) {
    return breakpoint.kind == BreakpointKind::Io &&
           overlap(breakpoint.address, breakpoint.length, port, size);
  });
}

Fault op_mov_from_dr(SystemView& view, const Operation& op) {
  unsigned number = op.number;
  if (Fault fault = check_access(view, number)) return fault;
  const PrivilegedState& state = view.state;
  const u32 value = number < kBreakpointCount ? state.dr[number] : number == 6 ? state.dr6 : state.dr7;
  view.registers.write<u32>(op.rm, value);
  return Fault::none();
}

Fault op_mov_to_dr(SystemView& view, const Operation& op) {
  unsigned number = op.number;
  if (Fault fault = check_access(view, number)) return fault;
  PrivilegedState& state = view.state;
  const u32 value = view.registers.read<u32>(op.rm);
  if (number < kBreakpointCount) {
    state.dr[number] = value;
  } else if (number == 6) {
    state.dr6 = possible_dr6(value);
  } else {
    state.dr7 = possible_dr7(value);
  }
  return Fault::none();
}

}  // namespace ringdown
