// F2XM1, FYL2X and FYL2XP1.
#include <array>

#include "cpu/float/operands.h"
#include "cpu/float/transcendental.h"
#include "cpu/float/wide.h"

namespace ringdown {

Float80 round_irrational(Wide a, FloatEnvironment& environment) {
  a.significand |= 1;
  return round_exact(a, environment);
}

Float80 round_exact(Wide a, FloatEnvironment& environment) {
  return round_and_pack({a.sign, a.exponent + float80::kBias, a.significand}, Precision::Extended,
                        environment);
}

namespace soft_float {

namespace {

constexpr Wide kLn2{false, -1, make_u128(0xB17217F7D1CF79AB, 0xC9E3B39803F2F6AF)};
constexpr Wide kTwoOverLn2{false, 1, make_u128(0xB8AA3B295C17F0BB, 0xBE87FED0691D3E89)};
/// √2 to 64 bits: where a significand is halved so that its logarithm is near zero.
constexpr u64 kSquareRootOfTwo = 0xB504F333F9DE6484;

/// (e^t - 1) / t as a fraction of 2^127, |t| < 0.7: 1 + t/2 (1 + t/3 (1 + ...)).
u128 exponential_series(u128 t, bool negative) {
  constexpr unsigned kLast = 33;
  u128 sum = kWideTop;
  for (unsigned k = kLast; k >= 2; --k) {
    static constexpr auto kFactors = [] {
      std::array<u128, kLast + 1> factors{};
      for (unsigned i = 2; i <= kLast; ++i) factors[i] = reciprocal(i);
      return factors;
    }();
    const u128 term = multiply_high(multiply_high(t, sum), kFactors[k]);
    sum = negative ? kWideTop - term : kWideTop + term;
  }
  return sum;
}

/// artanh(s) / s as a fraction of 2^127, for z = s² below 0.03: 1 + z/3 + z²/5 + ...
u128 inverse_hyperbolic_series(u128 z) {
  constexpr unsigned kLast = 25;
  u128 sum = reciprocal(2 * kLast + 1) >> 1;
  for (unsigned k = kLast; k-- > 0;) {
    static constexpr auto kCoefficients = [] {
      std::array<u128, kLast> coefficients{};
      for (unsigned i = 0; i < kLast; ++i) coefficients[i] = reciprocal(2 * i + 1) >> 1;
      return coefficients;
    }();
    sum = kCoefficients[k] + multiply_high(z, sum);
  }
  return sum;
}

/// log2((1 + s) / (1 - s)) for |s| < 0.1716.
Wide log2_of_ratio(Wide s) {
  return s * normalized(false, 0, inverse_hyperbolic_series(to_fraction(s * s))) * kTwoOverLn2;
}

/// log2 of a positive number; zero for one.
Wide log2_of(Wide v) {
  const bool upper = high_half(v.significand) > kSquareRootOfTwo;
  const s32 power = v.exponent + (upper ? 1 : 0);
  const Wide m{false, upper ? -1 : 0, v.significand};
  const Wide whole = wide_from_integer(power);
  const Wide above = m - kWideOne;
  if (above.significand == 0) return whole;
  return whole + log2_of_ratio(above / (m + kWideOne));
}

/// y × logarithm for finite nonzero y; the product is exact where the logarithm is an integer.
Float80 multiply_logarithm(Float80 y, Wide logarithm, bool exact, FloatEnvironment& environment) {
  const Wide product = to_wide(unpack(y)) * logarithm;
  return exact ? round_exact(product, environment) : round_irrational(product, environment);
}

/// Where the logarithm or y is infinite or zero, the rules of multiplication hold.
Float80 multiply_special(Float80 y, Float80 logarithm, FloatEnvironment& environment) {
  const bool sign = sign_of(y) != sign_of(logarithm);
  const FloatClass class_y = classify(y);
  const FloatClass class_l = classify(logarithm);
  const bool has_zero = class_y == FloatClass::Zero || class_l == FloatClass::Zero;
  if (class_y != FloatClass::Infinity && class_l != FloatClass::Infinity) return float80::zero(sign);
  return has_zero ? invalid_operation(environment) : float80::infinity(sign);
}

/// FYL2X for x = ±0: a pole.
Float80 y_log2_of_zero(Float80 y, FloatEnvironment& environment) {
  const FloatClass class_y = classify(y);
  if (class_y == FloatClass::Zero) return invalid_operation(environment);
  if (class_y != FloatClass::Infinity) environment.raise(x87_exception::kZeroDivide);
  return float80::infinity(!sign_of(y));
}

}  // namespace

Float80 exponential_minus_one(Float80 a, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  if (is_not_a_number(class_a)) return propagate_nan(a, environment);
  if (!accept_operand(class_a, environment)) return a;
  if (class_a == FloatClass::Infinity) return sign_of(a) ? negate(float80::kOne) : a;
  if (class_a == FloatClass::Zero) return a;
  const Wide x = to_wide(unpack(a));
  if (x.exponent >= 0) {
    const bool minus_one = x.sign && x.exponent == 0 && x.significand == kWideTop;
    return minus_one ? Float80{float80::kIntegerBit, 0xBFFE} : a;
  }
  const Wide t = x * kLn2;
  return round_irrational(t * normalized(false, 0, exponential_series(to_fraction(t), t.sign)), environment);
}

Float80 y_log2(Float80 x, Float80 y, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_x = classify(x);
  const FloatClass class_y = classify(y);
  if (is_not_a_number(class_x) || is_not_a_number(class_y)) return propagate_nan(y, x, environment);
  if (class_x == FloatClass::Zero) return y_log2_of_zero(y, environment);
  if (sign_of(x)) return invalid_operation(environment);
  if (class_x == FloatClass::Infinity) {
    if (class_y == FloatClass::Zero) return invalid_operation(environment);
    if (!accept_operand(class_y, environment)) return y;
    return float80::infinity(sign_of(y));
  }
  const Wide v = to_wide(unpack(x));
  const Wide logarithm = log2_of(v);
  const bool is_one = logarithm.significand == 0;
  if (is_one && class_y == FloatClass::Infinity) return invalid_operation(environment);
  if (!accept_operands(class_x, class_y, environment)) return y;
  if (is_one || !is_nonzero_finite(class_y)) {
    const Float80 stand_in = is_one ? float80::zero(false) : Float80{float80::kIntegerBit, 0x3FFF};
    return multiply_special(y, logarithm.sign ? negate(stand_in) : stand_in, environment);
  }
  return multiply_logarithm(y, logarithm, v.significand == kWideTop, environment);
}

Float80 y_log2_plus_one(Float80 x, Float80 y, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_x = classify(x);
  const FloatClass class_y = classify(y);
  if (is_not_a_number(class_x) || is_not_a_number(class_y)) return propagate_nan(y, x, environment);
  if (!is_nonzero_finite(class_x) || !is_nonzero_finite(class_y)) {
    if (class_x == FloatClass::Infinity && sign_of(x)) return invalid_operation(environment);
    if (class_x == FloatClass::Zero && class_y == FloatClass::Infinity) return invalid_operation(environment);
    if (class_x == FloatClass::Infinity && class_y == FloatClass::Zero) return invalid_operation(environment);
    if (!accept_operands(class_x, class_y, environment)) return y;
    return multiply_special(y, x, environment);
  }
  const Wide v = to_wide(unpack(x));
  if (v.sign && v.exponent >= 0) return invalid_operation(environment);
  if (!accept_operands(class_x, class_y, environment)) return y;
  // Near zero by x / (x + 2), which loses nothing to cancellation.
  if (v.exponent < -2) {
    return multiply_logarithm(y, log2_of_ratio(v / (v + wide_from_integer(2))), false, environment);
  }
  const Wide sum = v + kWideOne;
  return multiply_logarithm(y, log2_of(sum), sum.significand == kWideTop, environment);
}

}  // namespace soft_float
}  // namespace ringdown
