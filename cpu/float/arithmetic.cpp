// Addition, subtraction, multiplication, division and square root.
#include "cpu/float/arithmetic.h"

#include <cmath>
#include <utility>

#include "cpu/float/operands.h"
#include "cpu/float/round.h"

namespace ringdown::soft_float {

namespace {

/// A zero that is the exact sum of opposites: positive except when rounding down.
Float80 exact_zero(FloatEnvironment& environment) {
  environment.rounded_up = false;
  return float80::zero(environment.rounding() == Rounding::Down);
}

Float80 add_finite(Unpacked a, Unpacked b, FloatEnvironment& environment) {
  if (a.exponent < b.exponent || (a.exponent == b.exponent && a.significand < b.significand)) std::swap(a, b);
  // One bit is left free above for the carry; the 63 below keep the alignment exact or sticky.
  const u128 larger = static_cast<u128>(a.significand) << 63;
  const u128 smaller = shift_right_sticky(static_cast<u128>(b.significand) << 63,
                                          static_cast<unsigned>(a.exponent - b.exponent));
  const u128 sum = a.sign == b.sign ? larger + smaller : larger - smaller;
  if (sum == 0) return exact_zero(environment);
  return normalize_round_and_pack({a.sign, a.exponent + 1, sum}, environment.precision(), environment);
}

/// The sum if an operand is zero or infinite; neither is a NaN.
Float80 add_special(Float80 a, Float80 b, FloatEnvironment& environment) {
  const FloatClass class_a = classify(a);
  const FloatClass class_b = classify(b);
  if (class_a == FloatClass::Infinity && class_b == FloatClass::Infinity && sign_of(a) != sign_of(b)) {
    return invalid_operation(environment);
  }
  if (!accept_operands(class_a, class_b, environment)) return a;
  if (class_a == FloatClass::Infinity) return a;
  if (class_b == FloatClass::Infinity) return b;
  if (class_a == FloatClass::Zero && class_b == FloatClass::Zero) {
    return sign_of(a) == sign_of(b) ? a : exact_zero(environment);
  }
  return round_again(class_a == FloatClass::Zero ? b : a, environment);
}

/// Zero, infinity and NaN products and quotients share the sign rule.
bool product_sign(Float80 a, Float80 b) { return sign_of(a) != sign_of(b); }

/// The integer square root of `square`, which is at least 2^126.
u64 integer_square_root(u128 square) {
  // The estimate is good to about 50 bits; one Newton step makes it exact but for the last unit.
  const double estimate = std::sqrt(static_cast<double>(high_half(square))) * 4294967296.0;
  const u64 first = estimate >= 18446744073709549568.0 ? u64{0xFFFFFFFFFFFFF800} : static_cast<u64>(estimate);
  const u128 next = (static_cast<u128>(first) + square / first) >> 1;
  u64 root = high_half(next) != 0 ? ~u64{0} : low_half(next);
  while (static_cast<u128>(root) * root > square) --root;
  while (root != ~u64{0} && static_cast<u128>(root + 1) * (root + 1) <= square) ++root;
  return root;
}

}  // namespace

Float80 add(Float80 a, Float80 b, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  const FloatClass class_b = classify(b);
  if (is_not_a_number(class_a) || is_not_a_number(class_b)) return propagate_nan(a, b, environment);
  if (!is_nonzero_finite(class_a) || !is_nonzero_finite(class_b)) return add_special(a, b, environment);
  if (!accept_operands(class_a, class_b, environment)) return a;
  return add_finite(unpack(a), unpack(b), environment);
}

Float80 subtract(Float80 a, Float80 b, FloatEnvironment& environment) {
  // The sign of a NaN operand must survive.
  return add(a, is_not_a_number(classify(b)) ? b : negate(b), environment);
}

Float80 multiply(Float80 a, Float80 b, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  const FloatClass class_b = classify(b);
  if (is_not_a_number(class_a) || is_not_a_number(class_b)) return propagate_nan(a, b, environment);
  const bool sign = product_sign(a, b);
  const bool has_infinity = class_a == FloatClass::Infinity || class_b == FloatClass::Infinity;
  const bool has_zero = class_a == FloatClass::Zero || class_b == FloatClass::Zero;
  if (has_infinity && has_zero) return invalid_operation(environment);
  if (!accept_operands(class_a, class_b, environment)) return a;
  if (has_infinity) return float80::infinity(sign);
  if (has_zero) return float80::zero(sign);
  const Unpacked x = unpack(a);
  const Unpacked y = unpack(b);
  const u128 product = static_cast<u128>(x.significand) * y.significand;
  return normalize_round_and_pack({sign, x.exponent + y.exponent - float80::kBias + 1, product},
                                  environment.precision(), environment);
}

Float80 divide(Float80 a, Float80 b, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  const FloatClass class_b = classify(b);
  if (is_not_a_number(class_a) || is_not_a_number(class_b)) return propagate_nan(a, b, environment);
  const bool sign = product_sign(a, b);
  if (class_a == class_b && (class_a == FloatClass::Infinity || class_a == FloatClass::Zero)) {
    return invalid_operation(environment);
  }
  if (class_b == FloatClass::Zero && class_a != FloatClass::Infinity) {
    environment.raise(x87_exception::kZeroDivide);
    return float80::infinity(sign);
  }
  if (!accept_operands(class_a, class_b, environment)) return a;
  if (class_a == FloatClass::Infinity) return float80::infinity(sign);
  if (class_a == FloatClass::Zero || class_b == FloatClass::Infinity) return float80::zero(sign);

  const Unpacked x = unpack(a);
  const Unpacked y = unpack(b);
  const bool below_one = x.significand < y.significand;
  const u128 dividend = static_cast<u128>(x.significand) << (below_one ? 64 : 63);
  const u64 quotient = low_half(dividend / y.significand);
  const u64 rest = low_half(dividend % y.significand);
  const s32 exponent = x.exponent - y.exponent + float80::kBias - (below_one ? 1 : 0);
  return round_and_pack({sign, exponent, make_u128(quotient, fraction_of_rest(rest, y.significand))},
                        environment.precision(), environment);
}

Float80 square_root(Float80 a, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  if (is_not_a_number(class_a)) return propagate_nan(a, environment);
  if (class_a == FloatClass::Zero) return a;
  if (sign_of(a)) return invalid_operation(environment);
  if (!accept_operand(class_a, environment)) return a;
  if (class_a == FloatClass::Infinity) return a;
  const Unpacked x = unpack(a);
  const s32 power = x.exponent - float80::kBias;
  const bool odd = (power & 1) != 0;
  const u128 square = static_cast<u128>(x.significand) << (odd ? 64 : 63);
  const u64 root = integer_square_root(square);
  // square - root² is at most 2 × root: with one more bit the fraction is below or above a half, never on it.
  const u128 rest = square - static_cast<u128>(root) * root;
  const u64 fraction = rest == 0 ? 0 : (rest > root ? float80::kIntegerBit | 1 : 1);
  return round_and_pack({false, ((power - (odd ? 1 : 0)) / 2) + float80::kBias, make_u128(root, fraction)},
                        environment.precision(), environment);
}

}  // namespace ringdown::soft_float
