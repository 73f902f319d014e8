// The host's floating-point units: which of them the instructions that are linked in compute on, and how they
// are left.
#pragma once

#include "cpu/execute/simd/host_control.h"
#include "cpu/execute/x87/host_registers.h"
#include "cpu/processor.h"

namespace ringdown {

/// False where they are computed in software: on the portable path.
bool computes_on_host_x87();
bool computes_on_host_sse();

/// Brings back into the processor's state what handlers keep on the host's units.
inline void leave_host_units(Processor& cpu) {
  if (cpu.x87_on_host) x87::move_to_memory(cpu);
  if (cpu.mxcsr_on_host) simd::return_host_control(cpu);
}

}  // namespace ringdown
