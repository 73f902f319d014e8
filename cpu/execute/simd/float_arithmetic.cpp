// SSE floating-point arithmetic, minima, maxima and approximations (Intel SDM vol. 1, 10.4.1.2 and 11.4.1.2).
#include "cpu/execute/simd/float_operation.h"
#include "cpu/execute/simd_lowerings.h"
#include "cpu/float/sse_arithmetic.h"
#include "cpu/float/sse_convert.h"

namespace ringdown {

namespace simd {

Fault report_exceptions(Processor& cpu, const SseEnvironment& environment) {
  cpu.sse.mxcsr |= environment.reported();
  if (!environment.is_unmasked()) return Fault::none();
  if ((cpu.state.cr4 & cr4::kOsxmmexcpt) == 0) return invalid_opcode();
  return Fault::exception(Vector::SimdFloatingPoint);
}

namespace {

using sse_float::Double;
using sse_float::Single;

template <auto Host, auto Function>
Handler packed_single(const LoweringContext& context, const Operation& op) {
  return lower_float<Host, each_lane<Single, 4, Function>, XmmRegister>(context, op);
}
template <auto Host, auto Function>
Handler packed_double(const LoweringContext& context, const Operation& op) {
  return lower_float<Host, each_lane<Double, 2, Function>, XmmRegister>(context, op);
}
template <auto Host, auto Function>
Handler scalar_single(const LoweringContext& context, const Operation& op) {
  return lower_float<Host, each_lane<Single, 1, Function>, u32>(context, op);
}
template <auto Host, auto Function>
Handler scalar_double(const LoweringContext& context, const Operation& op) {
  return lower_float<Host, each_lane<Double, 1, Function>, u64>(context, op);
}

/// RCPPS, RSQRTPS and their scalar forms: the same on every host, no exceptions.
template <u32 (*Estimate)(u32), class Source>
void estimate(Processor& cpu, const Operation& op, Source source) {
  auto result = lanes<u32>(zero_extended(source));
  for (unsigned i = 0; i < sizeof(Source) / sizeof(u32); ++i) result[i] = Estimate(result[i]);
  ToXmm<sizeof(Source)>::deliver(cpu, op, std::bit_cast<XmmRegister>(result));
}

}  // namespace
}  // namespace simd

Handler lower_float_add(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_ADDPS:
      return packed_single<host_sse::addps, sse_float::add<Single>>(context, op);
    case ZYDIS_MNEMONIC_ADDPD:
      return packed_double<host_sse::addpd, sse_float::add<Double>>(context, op);
    case ZYDIS_MNEMONIC_ADDSS:
      return scalar_single<host_sse::addss, sse_float::add<Single>>(context, op);
    default:
      return scalar_double<host_sse::addsd, sse_float::add<Double>>(context, op);
  }
}

Handler lower_float_subtract(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_SUBPS:
      return packed_single<host_sse::subps, sse_float::subtract<Single>>(context, op);
    case ZYDIS_MNEMONIC_SUBPD:
      return packed_double<host_sse::subpd, sse_float::subtract<Double>>(context, op);
    case ZYDIS_MNEMONIC_SUBSS:
      return scalar_single<host_sse::subss, sse_float::subtract<Single>>(context, op);
    default:
      return scalar_double<host_sse::subsd, sse_float::subtract<Double>>(context, op);
  }
}

Handler lower_float_multiply(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_MULPS:
      return packed_single<host_sse::mulps, sse_float::multiply<Single>>(context, op);
    case ZYDIS_MNEMONIC_MULPD:
      return packed_double<host_sse::mulpd, sse_float::multiply<Double>>(context, op);
    case ZYDIS_MNEMONIC_MULSS:
      return scalar_single<host_sse::mulss, sse_float::multiply<Single>>(context, op);
    default:
      return scalar_double<host_sse::mulsd, sse_float::multiply<Double>>(context, op);
  }
}

Handler lower_float_divide(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_DIVPS:
      return packed_single<host_sse::divps, sse_float::divide<Single>>(context, op);
    case ZYDIS_MNEMONIC_DIVPD:
      return packed_double<host_sse::divpd, sse_float::divide<Double>>(context, op);
    case ZYDIS_MNEMONIC_DIVSS:
      return scalar_single<host_sse::divss, sse_float::divide<Single>>(context, op);
    default:
      return scalar_double<host_sse::divsd, sse_float::divide<Double>>(context, op);
  }
}

Handler lower_float_square_root(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_SQRTPS:
      return packed_single<host_sse::sqrtps, sse_float::square_root<Single>>(context, op);
    case ZYDIS_MNEMONIC_SQRTPD:
      return packed_double<host_sse::sqrtpd, sse_float::square_root<Double>>(context, op);
    case ZYDIS_MNEMONIC_SQRTSS:
      return scalar_single<host_sse::sqrtss, sse_float::square_root<Single>>(context, op);
    default:
      return scalar_double<host_sse::sqrtsd, sse_float::square_root<Double>>(context, op);
  }
}

Handler lower_float_minimum(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_MINPS:
      return packed_single<host_sse::minps, sse_float::minimum<Single>>(context, op);
    case ZYDIS_MNEMONIC_MINPD:
      return packed_double<host_sse::minpd, sse_float::minimum<Double>>(context, op);
    case ZYDIS_MNEMONIC_MINSS:
      return scalar_single<host_sse::minss, sse_float::minimum<Single>>(context, op);
    default:
      return scalar_double<host_sse::minsd, sse_float::minimum<Double>>(context, op);
  }
}

Handler lower_float_maximum(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_MAXPS:
      return packed_single<host_sse::maxps, sse_float::maximum<Single>>(context, op);
    case ZYDIS_MNEMONIC_MAXPD:
      return packed_double<host_sse::maxpd, sse_float::maximum<Double>>(context, op);
    case ZYDIS_MNEMONIC_MAXSS:
      return scalar_single<host_sse::maxss, sse_float::maximum<Single>>(context, op);
    default:
      return scalar_double<host_sse::maxsd, sse_float::maximum<Double>>(context, op);
  }
}

Handler lower_float_estimate(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_RCPPS:
      return with_source<UsesSse, estimate<sse_float::reciprocal_estimate, XmmRegister>, XmmRegister>(context,
                                                                                                      op);
    case ZYDIS_MNEMONIC_RCPSS:
      return with_source<UsesSse, estimate<sse_float::reciprocal_estimate, u32>, u32>(context, op);
    case ZYDIS_MNEMONIC_RSQRTPS:
      return with_source<UsesSse, estimate<sse_float::reciprocal_root_estimate, XmmRegister>, XmmRegister>(
          context, op);
    default:
      return with_source<UsesSse, estimate<sse_float::reciprocal_root_estimate, u32>, u32>(context, op);
  }
}

}  // namespace ringdown
