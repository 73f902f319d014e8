// SSE floating-point comparisons, to masks and to EFLAGS (Intel SDM vol. 1, 10.4.2 and 11.4.2; vol. 2, CMPPS
// and COMISS).
#include "cpu/execute/ordering_flags.h"
#include "cpu/execute/simd/float_operation.h"
#include "cpu/execute/simd_lowerings.h"
#include "cpu/float/sse_arithmetic.h"

namespace ringdown {

namespace simd {
namespace {

using sse_float::Double;
using sse_float::Predicate;
using sse_float::Single;

/// The immediate's bit 2 negates the predicate that its low two bits name.
constexpr u32 kNegated = 4;
constexpr u32 kPredicate = 3;

/// The mask is in the low bytes of the result, the rest of which is the destination's.
template <unsigned Bytes>
struct MaskToXmm {
  static void deliver(Processor& cpu, const Operation& op, XmmRegister result) {
    if ((op.immediate & kNegated) != 0) {
      for (unsigned i = 0; i < Bytes; ++i) result.bytes[i] = static_cast<u8>(~result.bytes[i]);
    }
    write_register(cpu, op.number, result);
  }
};

template <class F, unsigned Count, class Source, auto HostEqual, auto HostLess, auto HostLessEqual,
          auto HostUnordered>
Handler lower_compare(const LoweringContext& context, const Operation& op) {
  const auto handler = [&]<auto Host, Predicate P>() {
    using Float = RegisterOperation<Host, each_lane<F, Count, sse_float::compare_lanes<F, P>>>;
    return instruction_with_source<UsesSse, Computation<Float, MaskToXmm<sizeof(Source)>>, Source>(context,
                                                                                                   op);
  };
  switch (static_cast<Predicate>(context.immediate_of(op) & kPredicate)) {
    case Predicate::Equal:
      return handler.template operator()<HostEqual, Predicate::Equal>();
    case Predicate::LessThan:
      return handler.template operator()<HostLess, Predicate::LessThan>();
    case Predicate::LessEqual:
      return handler.template operator()<HostLessEqual, Predicate::LessEqual>();
    case Predicate::Unordered:
      return handler.template operator()<HostUnordered, Predicate::Unordered>();
  }
  return nullptr;
}

// --- COMISS, COMISD, UCOMISS, UCOMISD ---------------------------------------------------------------------

/// An operation whose result is status flags.
template <auto Host, class F, QuietNans Q>
struct FlagsOperation {
  using HostResult = host_sse::Comparison;
  static HostResult on_host(host_sse::Vector a, host_sse::Vector b) { return Host(a, b); }
  static u32 from_host(HostResult result) {
    return (result.zero ? eflags::kZf : 0u) | (result.parity ? eflags::kPf : 0u) |
           (result.carry ? eflags::kCf : 0u);
  }
  static u32 exact(const XmmRegister& a, const XmmRegister& b, SseEnvironment& environment) {
    using Bits = typename F::Bits;
    return status_flags(sse_float::compare<F>(lanes<Bits>(a)[0], lanes<Bits>(b)[0], Q, environment));
  }
};

struct ToFlags {
  static void deliver(Processor& cpu, const Operation&, u32 status) {
    cpu.registers.flags.assign_status(status);
  }
};

template <auto Host, class F, QuietNans Q>
Handler lower_to_flags(const LoweringContext& context, const Operation& op) {
  using Source = typename F::Bits;
  return instruction_with_source<UsesSse, Computation<FlagsOperation<Host, F, Q>, ToFlags>, Source>(context,
                                                                                                    op);
}

}  // namespace
}  // namespace simd

Handler lower_float_compare(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_CMPPS:
      return lower_compare<Single, 4, XmmRegister, host_sse::cmpeqps, host_sse::cmpltps, host_sse::cmpleps,
                           host_sse::cmpunordps>(context, op);
    case ZYDIS_MNEMONIC_CMPPD:
      return lower_compare<Double, 2, XmmRegister, host_sse::cmpeqpd, host_sse::cmpltpd, host_sse::cmplepd,
                           host_sse::cmpunordpd>(context, op);
    case ZYDIS_MNEMONIC_CMPSS:
      return lower_compare<Single, 1, u32, host_sse::cmpeqss, host_sse::cmpltss, host_sse::cmpless,
                           host_sse::cmpunordss>(context, op);
    default:
      return lower_compare<Double, 1, u64, host_sse::cmpeqsd, host_sse::cmpltsd, host_sse::cmplesd,
                           host_sse::cmpunordsd>(context, op);
  }
}

Handler lower_comis(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_COMISS:
      return lower_to_flags<host_sse::comiss, Single, QuietNans::Invalid>(context, op);
    case ZYDIS_MNEMONIC_COMISD:
      return lower_to_flags<host_sse::comisd, Double, QuietNans::Invalid>(context, op);
    case ZYDIS_MNEMONIC_UCOMISS:
      return lower_to_flags<host_sse::ucomiss, Single, QuietNans::Accepted>(context, op);
    default:
      return lower_to_flags<host_sse::ucomisd, Double, QuietNans::Accepted>(context, op);
  }
}

}  // namespace ringdown
