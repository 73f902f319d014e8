// Breakpoints in DR0 to DR3 and DR7 (Intel SDM vol. 3B, 17.2).
#pragma once

#include "cpu/privileged_state.h"
#include "mmu/access.h"

namespace ringdown {

/// R/W field of DR7.
enum class BreakpointKind : u8 { Execute = 0, Write = 1, Io = 2, ReadWrite = 3 };

/// One breakpoint as DR7 describes it.
struct DebugBreakpoint {
  bool enabled = false;  // L or G
  BreakpointKind kind = BreakpointKind::Execute;
  u32 address = 0;  // aligned to `length`
  u32 length = 1;   // bytes
};

inline constexpr unsigned kBreakpointCount = 4;

/// Breakpoint `index` (0 to 3). Without CR4.DE, kind Io does not exist and is never enabled.
DebugBreakpoint breakpoint_at(const PrivilegedState& state, unsigned index);

/// What DR6 and DR7 hold when `value` is loaded: reserved bits have fixed values.
u32 possible_dr6(u32 value);
u32 possible_dr7(u32 value);

/// The bits B0 to B3 for DR6 of the breakpoints that an access meets; 0 if none.
u32 instruction_breakpoint_hits(const PrivilegedState& state, u32 linear);
u32 data_breakpoint_hits(const PrivilegedState& state, u32 linear, u32 size, AccessType type);
u32 io_breakpoint_hits(const PrivilegedState& state, u32 port, u32 size);

}  // namespace ringdown
