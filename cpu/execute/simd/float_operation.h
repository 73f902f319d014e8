// SSE floating point: how an operation, given for the host's unit and in integers, becomes an instruction.
#pragma once

#include "cpu/execute/simd/host_control.h"
#include "cpu/execute/simd/packed.h"
#include "cpu/float/mxcsr.h"

namespace ringdown::simd {

/// A lane function of cpu/float/sse_*.h on the low `Count` lanes of two registers; the destination's other
/// lanes stay.
template <class F, unsigned Count, auto Function>
XmmRegister each_lane(XmmRegister destination, XmmRegister source, SseEnvironment& environment) {
  using Bits = typename F::Bits;
  auto result = lanes<Bits>(destination);
  const auto with = lanes<Bits>(source);
  for (unsigned i = 0; i < Count; ++i) result[i] = Function(result[i], with[i], environment);
  return std::bit_cast<XmmRegister>(result);
}

/// Sets the flags of an operation that was computed under the guest's own masks: the exception, if one is not
/// masked (Intel SDM vol. 1, 11.5.4). #UD stands in for it where the system does not expect it.
Fault report_exceptions(Processor& cpu, const SseEnvironment& environment);

/// The host's outcome is the guest's unless an exception that the guest does not mask came up. With underflow
/// unmasked exact denormal results raise it too, which the host's flags do not show.
inline bool is_adoptable(u32 mxcsr_value, u32 flags) {
  const u8 masks = mxcsr::Masks::get(mxcsr_value);
  return (flags & ~u32{masks}) == 0 && (masks & x87_exception::kUnderflow) != 0;
}

/// An operation on two registers: `Host` is an instruction of core/host_sse.h, `Exact` computes the same as
/// `XmmRegister Exact(XmmRegister, XmmRegister, SseEnvironment&)`.
template <auto Host, auto Exact>
struct RegisterOperation {
  using HostResult = host_sse::Vector;
  static HostResult on_host(host_sse::Vector a, host_sse::Vector b) { return Host(a, b); }
  static XmmRegister from_host(HostResult result) { return std::bit_cast<XmmRegister>(result); }
  static XmmRegister exact(const XmmRegister& a, const XmmRegister& b, SseEnvironment& environment) {
    return Exact(a, b, environment);
  }
};

/// Where a result goes.
template <unsigned Bytes>
struct ToXmm {
  /// The low bytes of the destination; the rest stays.
  static void deliver(Processor& cpu, const Operation& op, const XmmRegister& result) {
    write_part<0>(cpu, op.number, from_bytes<std::array<u8, Bytes>>(&result));
  }
};
struct ToMmx {
  static void deliver(Processor& cpu, const Operation& op, const XmmRegister& result) {
    write_mmx(cpu, op.number, from_bytes<MmxRegister>(result.bytes.data()));
  }
};
struct ToGeneral {
  static void deliver(Processor& cpu, const Operation& op, const XmmRegister& result) {
    write_general(cpu, op.number, from_bytes<u32>(result.bytes.data()));
  }
};

/// An instruction (cpu/execute/simd/unit.h) that computes `Float` of its destination and source registers.
/// The host does it under the guest's MXCSR where that can be the host's, with no look at the flags behind
/// each.
template <class Float, class Destination>
struct Computation {
  /// SSE is usable wherever the guest's MXCSR is the host's.
  template <class Unit>
  [[gnu::always_inline]] static bool is_ready(const Processor& cpu) {
    if constexpr (std::is_same_v<Unit, UsesSse>) return cpu.mxcsr_on_host;
    return cpu.mxcsr_on_host && Unit::is_usable(cpu);
  }
  template <class Source>
  [[gnu::always_inline]] static void fast(Processor& cpu, const Operation& op, const Source& source) {
    if constexpr (host_sse::kAvailable) {
      Destination::deliver(cpu, op, Float::from_host(on_host(cpu, op, source)));
    }
  }
  template <class Source>
  static Fault execute(Processor& cpu, const Operation& op, Source source) {
    if (take_host_control(cpu)) {
      fast(cpu, op, source);
      return Fault::none();
    }
    if (computed_by_trial(cpu, op, source)) return Fault::none();
    // In integers, under the guest's own masks.
    SseEnvironment environment(cpu.sse.mxcsr);
    const auto result = Float::exact(cpu.sse.xmm[op.number], zero_extended(source), environment);
    if (const Fault fault = report_exceptions(cpu, environment)) return fault;
    Destination::deliver(cpu, op, result);
    return Fault::none();
  }

 private:
  template <class Source>
  [[gnu::always_inline]] static auto on_host(const Processor& cpu, const Operation& op,
                                             const Source& source) {
    const auto a = host_sse::load_low<sizeof(XmmRegister)>(&cpu.sse.xmm[op.number]);
    const auto b = host_sse::load_low<sizeof(Source)>(&source);
    return Float::on_host(a, b);
  }
  /// With an exception unmasked: on the host with all masked, if none comes up that the guest does not mask.
  template <class Source>
  static bool computed_by_trial(Processor& cpu, const Operation& op, const Source& source) {
    if constexpr (host_sse::kAvailable) {
      const u32 control = cpu.sse.mxcsr;
      const auto outcome = host_sse::run(control, mxcsr::Flags::get(control) & mxcsr::Masks::get(control),
                                         [&] { return on_host(cpu, op, source); });
      if (!is_adoptable(control, outcome.flags)) return false;
      cpu.sse.mxcsr = control | outcome.flags;
      Destination::deliver(cpu, op, Float::from_host(outcome.value));
      return true;
    } else {
      return false;
    }
  }
};

/// An instruction on XMM registers that leaves the destination's lanes beyond its source operand.
template <auto Host, auto Exact, class Source>
Handler lower_float(const LoweringContext& context, const Operation& op) {
  using Float = RegisterOperation<Host, Exact>;
  return instruction_with_source<UsesSse, Computation<Float, ToXmm<sizeof(XmmRegister)>>, Source>(context,
                                                                                                  op);
}

}  // namespace ringdown::simd
