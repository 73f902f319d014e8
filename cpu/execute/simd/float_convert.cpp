// SSE conversions between singles, doubles and integers, in XMM, MMX and general registers (Intel SDM vol. 1,
// 10.4.5 and 11.4.1.6). Scalar conversions are the packed ones on one lane.
#include "cpu/execute/simd/float_operation.h"
#include "cpu/execute/simd_lowerings.h"
#include "cpu/float/sse_convert.h"

namespace ringdown {

namespace simd {
namespace {

using sse_float::Double;
using sse_float::Single;
using sse_float::ToInteger;

/// A conversion of the low lanes of the source; as many as both formats have in a register, the rest is zero.
template <class To, class From, auto Function>
XmmRegister convert_lanes(XmmRegister, XmmRegister source, SseEnvironment& environment) {
  const auto from = lanes<From>(source);
  Lanes<To, XmmRegister> result{};
  for (unsigned i = 0; i < std::min(from.size(), result.size()); ++i)
    result[i] = Function(from[i], environment);
  return std::bit_cast<XmmRegister>(result);
}

using SingleToDouble = RegisterOperation<host_sse::cvtps2pd, convert_lanes<u64, u32, sse_float::widen>>;
using DoubleToSingle = RegisterOperation<host_sse::cvtpd2ps, convert_lanes<u32, u64, sse_float::narrow>>;
using IntegerToSingle =
    RegisterOperation<host_sse::cvtdq2ps, convert_lanes<u32, u32, sse_float::from_integer<Single>>>;
using IntegerToDouble =
    RegisterOperation<host_sse::cvtdq2pd, convert_lanes<u64, u32, sse_float::from_integer<Double>>>;
using SingleToInteger =
    RegisterOperation<host_sse::cvtps2dq,
                      convert_lanes<u32, u32, sse_float::to_integer<Single, ToInteger::Rounded>>>;
using SingleTruncated =
    RegisterOperation<host_sse::cvttps2dq,
                      convert_lanes<u32, u32, sse_float::to_integer<Single, ToInteger::Truncated>>>;
using DoubleToInteger =
    RegisterOperation<host_sse::cvtpd2dq,
                      convert_lanes<u32, u64, sse_float::to_integer<Double, ToInteger::Rounded>>>;
using DoubleTruncated =
    RegisterOperation<host_sse::cvttpd2dq,
                      convert_lanes<u32, u64, sse_float::to_integer<Double, ToInteger::Truncated>>>;

/// Source is the operand's type in both registers and memory.
template <class Unit, class Conversion, class Destination, class Source>
Handler lower_conversion(const LoweringContext& context, const Operation& op) {
  return instruction_with_source<Unit, Computation<Conversion, Destination>, Source>(context, op);
}

/// CVTPI2PD touches the MMX state only if it reads an MMX register (vol. 2).
Handler lower_mmx_to_doubles(const LoweringContext& context, const Operation& op) {
  if (op.memory) return lower_conversion<UsesSse, IntegerToDouble, ToXmm<16>, u64>(context, op);
  return lower_conversion<UsesBoth, IntegerToDouble, ToXmm<16>, MmxRegister>(context, op);
}

}  // namespace
}  // namespace simd

Handler lower_convert_floats(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_CVTPS2PD:
      return lower_conversion<UsesSse, SingleToDouble, ToXmm<16>, u64>(context, op);
    case ZYDIS_MNEMONIC_CVTPD2PS:
      return lower_conversion<UsesSse, DoubleToSingle, ToXmm<16>, XmmRegister>(context, op);
    case ZYDIS_MNEMONIC_CVTSS2SD:
      return lower_conversion<UsesSse, SingleToDouble, ToXmm<8>, u32>(context, op);
    default:
      return lower_conversion<UsesSse, DoubleToSingle, ToXmm<4>, u64>(context, op);
  }
}

Handler lower_convert_integers(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_CVTDQ2PS:
      return lower_conversion<UsesSse, IntegerToSingle, ToXmm<16>, XmmRegister>(context, op);
    case ZYDIS_MNEMONIC_CVTDQ2PD:
      return lower_conversion<UsesSse, IntegerToDouble, ToXmm<16>, u64>(context, op);
    case ZYDIS_MNEMONIC_CVTSI2SS:
      return lower_conversion<UsesSse, IntegerToSingle, ToXmm<4>, s32>(context, op);
    case ZYDIS_MNEMONIC_CVTSI2SD:
      return lower_conversion<UsesSse, IntegerToDouble, ToXmm<8>, s32>(context, op);
    case ZYDIS_MNEMONIC_CVTPI2PS:
      return lower_conversion<UsesBoth, IntegerToSingle, ToXmm<8>, MmxRegister>(context, op);
    default:
      return lower_mmx_to_doubles(context, op);
  }
}

Handler lower_convert_to_integers(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_CVTPS2DQ:
      return lower_conversion<UsesSse, SingleToInteger, ToXmm<16>, XmmRegister>(context, op);
    case ZYDIS_MNEMONIC_CVTTPS2DQ:
      return lower_conversion<UsesSse, SingleTruncated, ToXmm<16>, XmmRegister>(context, op);
    case ZYDIS_MNEMONIC_CVTPD2DQ:
      return lower_conversion<UsesSse, DoubleToInteger, ToXmm<16>, XmmRegister>(context, op);
    case ZYDIS_MNEMONIC_CVTTPD2DQ:
      return lower_conversion<UsesSse, DoubleTruncated, ToXmm<16>, XmmRegister>(context, op);
    case ZYDIS_MNEMONIC_CVTSS2SI:
      return lower_conversion<UsesSse, SingleToInteger, ToGeneral, u32>(context, op);
    case ZYDIS_MNEMONIC_CVTTSS2SI:
      return lower_conversion<UsesSse, SingleTruncated, ToGeneral, u32>(context, op);
    case ZYDIS_MNEMONIC_CVTSD2SI:
      return lower_conversion<UsesSse, DoubleToInteger, ToGeneral, u64>(context, op);
    case ZYDIS_MNEMONIC_CVTTSD2SI:
      return lower_conversion<UsesSse, DoubleTruncated, ToGeneral, u64>(context, op);
    case ZYDIS_MNEMONIC_CVTPS2PI:
      return lower_conversion<UsesBoth, SingleToInteger, ToMmx, u64>(context, op);
    case ZYDIS_MNEMONIC_CVTTPS2PI:
      return lower_conversion<UsesBoth, SingleTruncated, ToMmx, u64>(context, op);
    case ZYDIS_MNEMONIC_CVTPD2PI:
      return lower_conversion<UsesBoth, DoubleToInteger, ToMmx, XmmRegister>(context, op);
    default:
      return lower_conversion<UsesBoth, DoubleTruncated, ToMmx, XmmRegister>(context, op);
  }
}

}  // namespace ringdown
