// Packed integers: the lanes of a register, functions over them, and the handlers made of those for MMX and
// XMM registers alike.
#pragma once

#include <algorithm>
#include <limits>

#include "cpu/execute/simd/unit.h"

namespace ringdown::simd {

/// A register as its lanes, the lowest first.
template <class Lane, class Register>
using Lanes = std::array<Lane, sizeof(Register) / sizeof(Lane)>;

template <class Lane, class Register>
Lanes<Lane, Register> lanes(const Register& value) {
  return std::bit_cast<Lanes<Lane, Register>>(value);
}

/// The nearest value that Lane can hold.
template <class Lane, class Wide>
constexpr Lane saturated(Wide value) {
  return static_cast<Lane>(
      std::clamp<Wide>(value, std::numeric_limits<Lane>::min(), std::numeric_limits<Lane>::max()));
}

/// Function on each pair of lanes: `Lane Function{}(Lane destination, Lane source)`.
template <class Lane, class Function>
struct Lanewise {
  template <class Register>
  Register operator()(const Register& destination, const Register& source) const {
    auto result = lanes<Lane>(destination);
    const auto with = lanes<Lane>(source);
    for (unsigned i = 0; i < result.size(); ++i)
      result[i] = static_cast<Lane>(Function{}(result[i], with[i]));
    return std::bit_cast<Register>(result);
  }
};

/// The destination register becomes `Register Function{}(Register destination, Register source)`.
template <class Function, class Register>
[[gnu::always_inline]] inline void apply(Processor& cpu, const Operation& op, Register source) {
  write_register(cpu, op.number, Function{}(read_register<Register>(cpu, op.number), source));
}
/// The same for MMX instructions that read only half of their operand from memory.
template <class Function>
void apply_half(Processor& cpu, const Operation& op, u32 source) {
  apply<Function, MmxRegister>(cpu, op, std::bit_cast<MmxRegister>(u64{source}));
}

/// The same where the compiler would put the result together in memory: by the host's instruction, if it has
/// one.
template <class Function, auto Host>
[[gnu::always_inline]] inline void apply_on_host(Processor& cpu, const Operation& op, XmmRegister source) {
  if constexpr (host_sse::kAvailable) {
    const auto destination = host_sse::load_low<sizeof(XmmRegister)>(&cpu.sse.xmm[op.number]);
    const auto result = Host(destination, std::bit_cast<host_sse::Vector>(source));
    host_sse::store_whole(&cpu.sse.xmm[op.number], result);
  } else {
    apply<Function>(cpu, op, source);
  }
}
template <class Function, auto Host>
Handler lower_packed_on_host(const LoweringContext& context, const Operation& op) {
  if (is_mmx(context)) return with_source<UsesMmx, apply<Function, MmxRegister>, MmxRegister>(context, op);
  return with_source<UsesSse, apply_on_host<Function, Host>, XmmRegister>(context, op);
}

template <class Function>
Handler lower_packed(const LoweringContext& context, const Operation& op) {
  if (is_mmx(context)) return with_source<UsesMmx, apply<Function, MmxRegister>, MmxRegister>(context, op);
  return with_source<UsesSse, apply<Function, XmmRegister>, XmmRegister>(context, op);
}

}  // namespace ringdown::simd
