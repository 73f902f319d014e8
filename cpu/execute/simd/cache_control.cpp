// Fences, prefetches and CLFLUSH: hints and orders to caches that this machine does not have (Intel SDM vol.
// 1, 10.4.6 and 11.4.4).
#include <array>

#include "cpu/execute/simd/unit.h"
#include "cpu/execute/simd_lowerings.h"

namespace ringdown {

namespace {

const Operation* do_nothing(Processor& cpu, const Operation* op) { return next(cpu, op); }

/// CLFLUSH has the faults of a byte load, but may name an execute-only segment (vol. 2A).
Fault flush_line(Processor& cpu, const Operation& op) {
  std::array<std::byte, 1> byte;
  return read_memory(cpu, op, op.segment, effective_offset(cpu.registers, op), byte, AccessType::Execute);
}

}  // namespace

Handler lower_fence(const LoweringContext&, Operation&) { return &do_nothing; }
/// A prefetch never faults, and the memory it names is not accessed.
Handler lower_prefetch(const LoweringContext&, Operation&) { return &do_nothing; }
Handler lower_clflush(const LoweringContext&, Operation&) { return &cold<flush_line>; }

}  // namespace ringdown
