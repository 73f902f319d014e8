// SSE arithmetic on single lanes in integers, bit for bit what the hardware delivers: the reference, and all
// there is on hosts without SSE.
#pragma once

#include "cpu/float/ordering.h"
#include "cpu/float/sse_format.h"

namespace ringdown::sse_float {

/// Each takes the lane's destination and source operands and adds what it raises to `environment`. Results of
/// operations with an unmasked exception are not to be stored. Source: Intel SDM vol. 1, 11.5; vol. 2.
template <class F>
typename F::Bits add(typename F::Bits a, typename F::Bits b, SseEnvironment& environment);
template <class F>
typename F::Bits subtract(typename F::Bits a, typename F::Bits b, SseEnvironment& environment);
template <class F>
typename F::Bits multiply(typename F::Bits a, typename F::Bits b, SseEnvironment& environment);
template <class F>
typename F::Bits divide(typename F::Bits a, typename F::Bits b, SseEnvironment& environment);
/// Of the source operand; the destination has no part in it.
template <class F>
typename F::Bits square_root(typename F::Bits a, typename F::Bits b, SseEnvironment& environment);

/// The source operand where the two are both zeros or one is a NaN, which is invalid even if quiet.
template <class F>
typename F::Bits minimum(typename F::Bits a, typename F::Bits b, SseEnvironment& environment);
template <class F>
typename F::Bits maximum(typename F::Bits a, typename F::Bits b, SseEnvironment& environment);

template <class F>
Ordering compare(typename F::Bits a, typename F::Bits b, QuietNans quiet_nans, SseEnvironment& environment);

/// The first four predicates of CMPPS; the other four are their negations.
enum class Predicate : u8 { Equal, LessThan, LessEqual, Unordered };
/// All ones if the predicate holds.
template <class F, Predicate P>
typename F::Bits compare_lanes(typename F::Bits a, typename F::Bits b, SseEnvironment& environment);

}  // namespace ringdown::sse_float
