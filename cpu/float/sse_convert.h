// SSE conversions and approximations on single lanes.
#pragma once

#include "cpu/float/sse_format.h"

namespace ringdown::sse_float {

/// CVTPS2PD: exact.
u64 widen(u32 value, SseEnvironment& environment);
/// CVTPD2PS: rounds.
u32 narrow(u64 value, SseEnvironment& environment);

/// CVTDQ2PS and CVTDQ2PD; the latter is exact.
template <class F>
typename F::Bits from_integer(u32 value, SseEnvironment& environment);

/// CVTPS2DQ rounds by MXCSR, CVTTPS2DQ always truncates.
enum class ToInteger : u8 { Rounded, Truncated };
/// NaNs and what does not fit are invalid and give the integer indefinite, 80000000h. Denormals raise PE
/// only.
template <class F, ToInteger T>
u32 to_integer(typename F::Bits value, SseEnvironment& environment);

/// RCPPS and RSQRTPS: 1/x and 1/√x truncated to a significand of 14 bits, so that the relative error is below
/// 2^-13; the manual asks for 1.5 × 2^-12. Processors differ within that bound; this is the same on every
/// host. No exceptions are raised; denormals count as zeros of their sign, and results below the normal range
/// become zeros.
u32 reciprocal_estimate(u32 value);
u32 reciprocal_root_estimate(u32 value);

}  // namespace ringdown::sse_float
