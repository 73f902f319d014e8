// SSE arithmetic and comparisons on single lanes.
#include "cpu/float/sse_arithmetic.h"

#include <utility>

namespace ringdown::sse_float {

namespace {

using x87_exception::kDenormal;
using x87_exception::kInvalid;
using x87_exception::kZeroDivide;

template <class F>
void raise_denormal(typename F::Bits a, typename F::Bits b, SseEnvironment& environment) {
  if (is_denormal<F>(a) || is_denormal<F>(b)) environment.raise(kDenormal);
}

/// A sum that is exactly zero is positive unless rounding is down (vol. 1, 4.8.3.1); zeros of one sign keep
/// it.
template <class F>
typename F::Bits zero_sum(bool sign_a, bool sign_b, const SseEnvironment& environment) {
  return with_sign<F>(sign_a == sign_b ? sign_a : environment.rounding() == Rounding::Down, 0);
}

template <class F>
typename F::Bits add_finite(Unpacked a, Unpacked b, SseEnvironment& environment) {
  if (a.exponent < b.exponent || (a.exponent == b.exponent && a.significand < b.significand)) std::swap(a, b);
  // One bit of room above for the carry.
  const u128 larger = static_cast<u128>(a.significand) << 63;
  const u128 smaller = shift_right_sticky(static_cast<u128>(b.significand) << 63,
                                          static_cast<unsigned>(a.exponent - b.exponent));
  const u128 sum = a.sign == b.sign ? larger + smaller : larger - smaller;
  if (sum == 0) return zero_sum<F>(a.sign, b.sign, environment);
  return normalize_and_pack<F>({a.sign, a.exponent + 1, sum}, environment);
}

/// The root of a 128-bit number, truncated, digit by digit.
u64 integer_root(u128 value) {
  u64 root = 0;
  for (u64 bit = u64{1} << 63; bit != 0; bit >>= 1) {
    const u64 trial = root | bit;
    if (static_cast<u128>(trial) * trial <= value) root = trial;
  }
  return root;
}

}  // namespace

template <class F>
typename F::Bits add(typename F::Bits a, typename F::Bits b, SseEnvironment& environment) {
  a = operand<F>(a, environment);
  b = operand<F>(b, environment);
  if (is_nan<F>(a) || is_nan<F>(b)) return propagate_nan<F>(a, b, environment);
  if (is_infinity<F>(a) && is_infinity<F>(b) && a != b) return invalid_operation<F>(environment);
  raise_denormal<F>(a, b, environment);
  if (is_infinity<F>(a)) return a;
  if (is_infinity<F>(b)) return b;
  if (is_zero<F>(a) && is_zero<F>(b)) return zero_sum<F>(sign_of<F>(a), sign_of<F>(b), environment);
  // A zero leaves the other as it is, but a denormal result may underflow.
  if (is_zero<F>(a) || is_zero<F>(b)) {
    const Unpacked other = unpack<F>(is_zero<F>(a) ? b : a);
    return round_and_pack<F>({other.sign, other.exponent, make_u128(other.significand, 0)}, environment);
  }
  return add_finite<F>(unpack<F>(a), unpack<F>(b), environment);
}

template <class F>
typename F::Bits subtract(typename F::Bits a, typename F::Bits b, SseEnvironment& environment) {
  if (is_nan<F>(a) || is_nan<F>(b)) return propagate_nan<F>(a, b, environment);
  return add<F>(a, b ^ F::kSign, environment);
}

template <class F>
typename F::Bits multiply(typename F::Bits a, typename F::Bits b, SseEnvironment& environment) {
  a = operand<F>(a, environment);
  b = operand<F>(b, environment);
  if (is_nan<F>(a) || is_nan<F>(b)) return propagate_nan<F>(a, b, environment);
  const bool sign = sign_of<F>(a) != sign_of<F>(b);
  const bool zero = is_zero<F>(a) || is_zero<F>(b);
  const bool infinity = is_infinity<F>(a) || is_infinity<F>(b);
  if (zero && infinity) return invalid_operation<F>(environment);
  raise_denormal<F>(a, b, environment);
  if (infinity) return with_sign<F>(sign, F::kInfinity);
  if (zero) return with_sign<F>(sign, 0);
  const Unpacked x = unpack<F>(a);
  const Unpacked y = unpack<F>(b);
  return normalize_and_pack<F>(
      {sign, x.exponent + y.exponent + 1, static_cast<u128>(x.significand) * y.significand}, environment);
}

template <class F>
typename F::Bits divide(typename F::Bits a, typename F::Bits b, SseEnvironment& environment) {
  a = operand<F>(a, environment);
  b = operand<F>(b, environment);
  if (is_nan<F>(a) || is_nan<F>(b)) return propagate_nan<F>(a, b, environment);
  const bool sign = sign_of<F>(a) != sign_of<F>(b);
  if ((is_zero<F>(a) && is_zero<F>(b)) || (is_infinity<F>(a) && is_infinity<F>(b))) {
    return invalid_operation<F>(environment);
  }
  if (is_zero<F>(b)) {
    if (!is_infinity<F>(a)) environment.raise(kZeroDivide);
    return with_sign<F>(sign, F::kInfinity);
  }
  raise_denormal<F>(a, b, environment);
  if (is_infinity<F>(a)) return with_sign<F>(sign, F::kInfinity);
  if (is_zero<F>(a) || is_infinity<F>(b)) return with_sign<F>(sign, 0);
  const Unpacked x = unpack<F>(a);
  const Unpacked y = unpack<F>(b);
  const u128 dividend = static_cast<u128>(x.significand) << 63;
  const u64 quotient = static_cast<u64>(dividend / y.significand);
  const bool inexact = dividend % y.significand != 0;
  // The quotient's bit 63 stands for the difference of the exponents.
  return normalize_and_pack<F>({sign, x.exponent - y.exponent, make_u128(quotient, inexact ? 1 : 0)},
                               environment);
}

template <class F>
typename F::Bits square_root(typename F::Bits, typename F::Bits b, SseEnvironment& environment) {
  b = operand<F>(b, environment);
  if (is_nan<F>(b)) return propagate_nan<F>(b, b, environment);
  if (is_zero<F>(b)) return b;
  if (sign_of<F>(b)) return invalid_operation<F>(environment);
  raise_denormal<F>(b, b, environment);
  if (is_infinity<F>(b)) return b;
  const Unpacked x = unpack<F>(b);
  // An even exponent, and a radicand in [2^126, 2^128), whose root has 64 bits.
  const bool odd = (x.exponent & 1) != 0;
  const u128 radicand = static_cast<u128>(x.significand) << (odd ? 64 : 63);
  const u64 root = integer_root(radicand);
  const bool inexact = static_cast<u128>(root) * root != radicand;
  return normalize_and_pack<F>({false, (x.exponent - (odd ? 1 : 0)) / 2, make_u128(root, inexact ? 1 : 0)},
                               environment);
}

template <class F>
Ordering compare(typename F::Bits a, typename F::Bits b, QuietNans quiet_nans, SseEnvironment& environment) {
  a = operand<F>(a, environment);
  b = operand<F>(b, environment);
  if (is_nan<F>(a) || is_nan<F>(b)) {
    if (quiet_nans == QuietNans::Invalid || is_signaling<F>(a) || is_signaling<F>(b))
      environment.raise(kInvalid);
    return Ordering::Unordered;
  }
  raise_denormal<F>(a, b, environment);
  if (a == b || (is_zero<F>(a) && is_zero<F>(b))) return Ordering::Equal;
  if (sign_of<F>(a) != sign_of<F>(b)) return sign_of<F>(a) ? Ordering::Less : Ordering::Greater;
  return (a < b) != sign_of<F>(a) ? Ordering::Less : Ordering::Greater;
}

template <class F>
typename F::Bits minimum(typename F::Bits a, typename F::Bits b, SseEnvironment& environment) {
  const Ordering order = compare<F>(a, b, QuietNans::Invalid, environment);
  return operand<F>(order == Ordering::Less ? a : b, environment);
}

template <class F>
typename F::Bits maximum(typename F::Bits a, typename F::Bits b, SseEnvironment& environment) {
  const Ordering order = compare<F>(a, b, QuietNans::Invalid, environment);
  return operand<F>(order == Ordering::Greater ? a : b, environment);
}

template <class F, Predicate P>
typename F::Bits compare_lanes(typename F::Bits a, typename F::Bits b, SseEnvironment& environment) {
  constexpr bool kQuiet = P == Predicate::Equal || P == Predicate::Unordered;
  const Ordering order = compare<F>(a, b, kQuiet ? QuietNans::Accepted : QuietNans::Invalid, environment);
  bool holds = false;
  switch (P) {
    case Predicate::Equal:
      holds = order == Ordering::Equal;
      break;
    case Predicate::LessThan:
      holds = order == Ordering::Less;
      break;
    case Predicate::LessEqual:
      holds = order == Ordering::Less || order == Ordering::Equal;
      break;
    case Predicate::Unordered:
      holds = order == Ordering::Unordered;
      break;
  }
  return holds ? static_cast<typename F::Bits>(-1) : 0;
}

#define RINGDOWN_INSTANTIATE(F)                                                               \
  template F::Bits add<F>(F::Bits, F::Bits, SseEnvironment&);                                 \
  template F::Bits subtract<F>(F::Bits, F::Bits, SseEnvironment&);                            \
  template F::Bits multiply<F>(F::Bits, F::Bits, SseEnvironment&);                            \
  template F::Bits divide<F>(F::Bits, F::Bits, SseEnvironment&);                              \
  template F::Bits square_root<F>(F::Bits, F::Bits, SseEnvironment&);                         \
  template F::Bits minimum<F>(F::Bits, F::Bits, SseEnvironment&);                             \
  template F::Bits maximum<F>(F::Bits, F::Bits, SseEnvironment&);                             \
  template Ordering compare<F>(F::Bits, F::Bits, QuietNans, SseEnvironment&);                 \
  template F::Bits compare_lanes<F, Predicate::Equal>(F::Bits, F::Bits, SseEnvironment&);     \
  template F::Bits compare_lanes<F, Predicate::LessThan>(F::Bits, F::Bits, SseEnvironment&);  \
  template F::Bits compare_lanes<F, Predicate::LessEqual>(F::Bits, F::Bits, SseEnvironment&); \
  template F::Bits compare_lanes<F, Predicate::Unordered>(F::Bits, F::Bits, SseEnvironment&);
RINGDOWN_INSTANTIATE(Single)
RINGDOWN_INSTANTIATE(Double)
#undef RINGDOWN_INSTANTIATE

}  // namespace ringdown::sse_float
