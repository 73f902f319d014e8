// FRNDINT, FSCALE, FXTRACT and the comparisons.
#include <algorithm>

#include "cpu/float/arithmetic.h"
#include "cpu/float/convert.h"
#include "cpu/float/operands.h"

namespace ringdown::soft_float {

namespace {

/// trunc(b) for FSCALE, clamped far beyond any exponent difference.
s32 scale_amount(Float80 b) {
  constexpr s32 kLimit = 0x10000;
  const Unpacked y = unpack(b);
  const s32 power = y.exponent - float80::kBias;
  if (power < 0) return 0;
  const s32 magnitude = power > 16 ? kLimit : static_cast<s32>(y.significand >> (63 - power));
  return y.sign ? -magnitude : magnitude;
}

/// FSCALE by an infinity: the cases of its table in the manual.
Float80 scale_by_infinity(Float80 a, Float80 b, FloatEnvironment& environment) {
  const FloatClass class_a = classify(a);
  const bool down = sign_of(b);
  if (class_a == (down ? FloatClass::Infinity : FloatClass::Zero)) return invalid_operation(environment);
  if (!accept_operand(class_a, environment)) return a;
  return down ? float80::zero(sign_of(a)) : float80::infinity(sign_of(a));
}

/// The order of two numbers that are not NaN, by magnitude.
Ordering compare_magnitudes(Float80 a, Float80 b) {
  // A pseudo-denormal has the value of exponent 1.
  const u16 exponent_a = std::max<u16>(exponent_field(a), 1);
  const u16 exponent_b = std::max<u16>(exponent_field(b), 1);
  if (exponent_a != exponent_b) return exponent_a < exponent_b ? Ordering::Less : Ordering::Greater;
  if (a.significand == b.significand) return Ordering::Equal;
  return a.significand < b.significand ? Ordering::Less : Ordering::Greater;
}

}  // namespace

Float80 round_to_integer(Float80 a, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  if (is_not_a_number(class_a)) return propagate_nan(a, environment);
  if (!accept_operand(class_a, environment)) return a;
  if (!is_nonzero_finite(class_a)) return a;
  const Unpacked x = unpack(a);
  const s32 power = x.exponent - float80::kBias;
  if (power >= 63) return a;
  const u128 fixed =
      shift_right_sticky(make_u128(x.significand, 0), static_cast<unsigned>(std::min<s32>(63 - power, 127)));
  const RoundedInteger r = round_integer(fixed, 0, x.sign, environment.rounding());
  if (r.inexact) environment.raise(x87_exception::kPrecision);
  environment.rounded_up = r.up;
  if (r.value == 0) return float80::zero(x.sign);
  return normalized_integer(x.sign, r.value);
}

Float80 scale(Float80 a, Float80 b, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  const FloatClass class_b = classify(b);
  if (is_not_a_number(class_a) || is_not_a_number(class_b)) return propagate_nan(a, b, environment);
  if (class_b == FloatClass::Infinity) return scale_by_infinity(a, b, environment);
  if (!accept_operands(class_a, class_b, environment)) return a;
  if (!is_nonzero_finite(class_a)) return a;
  const Unpacked x = unpack(a);
  const s32 amount = class_b == FloatClass::Zero ? 0 : scale_amount(b);
  return round_and_pack({x.sign, x.exponent + amount, make_u128(x.significand, 0)}, Precision::Extended,
                        environment);
}

Extracted extract(Float80 a, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  if (is_not_a_number(class_a)) {
    const Float80 nan = propagate_nan(a, environment);
    return {nan, nan};
  }
  if (class_a == FloatClass::Zero) {
    environment.raise(x87_exception::kZeroDivide);
    return {float80::infinity(true), a};
  }
  if (!accept_operand(class_a, environment)) return {a, a};
  if (class_a == FloatClass::Infinity) return {float80::infinity(false), a};
  const Unpacked x = unpack(a);
  const Float80 significand{x.significand,
                            static_cast<u16>(float80::kBias | (x.sign ? float80::kSignBit : 0))};
  return {from_integer(x.exponent - float80::kBias), significand};
}

Ordering compare(Float80 a, Float80 b, QuietNans quiet_nans, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  const FloatClass class_b = classify(b);
  if (is_not_a_number(class_a) || is_not_a_number(class_b)) {
    const bool invalid =
        quiet_nans == QuietNans::Invalid || class_a > FloatClass::QuietNan || class_b > FloatClass::QuietNan;
    if (invalid) environment.raise(x87_exception::kInvalid);
    return Ordering::Unordered;
  }
  accept_operands(class_a, class_b, environment);
  if (class_a == FloatClass::Zero && class_b == FloatClass::Zero) return Ordering::Equal;
  if (sign_of(a) != sign_of(b)) return sign_of(a) ? Ordering::Less : Ordering::Greater;
  return sign_of(a) ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

}  // namespace ringdown::soft_float
