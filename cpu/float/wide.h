// Numbers with a 128-bit significand: what the transcendental functions compute in, alike on every host.
#pragma once

#include <utility>

#include "cpu/float/round.h"

namespace ringdown {

/// sign × significand × 2^(exponent - 127), bit 127 of the significand set, or zero with significand 0.
/// The operations truncate: each has a relative error below 2^-125.
struct Wide {
  bool sign = false;
  s32 exponent = 0;
  u128 significand = 0;
};

inline constexpr u128 kWideTop = static_cast<u128>(1) << 127;
inline constexpr Wide kWideOne{false, 0, kWideTop};

constexpr Wide to_wide(Unpacked x) {
  return {x.sign, x.exponent - float80::kBias, make_u128(x.significand, 0)};
}

constexpr Wide negated(Wide a) { return {!a.sign, a.exponent, a.significand}; }
constexpr Wide scaled(Wide a, s32 power) { return {a.sign, a.exponent + power, a.significand}; }

/// From any significand; `exponent` is that of bit 127.
constexpr Wide normalized(bool sign, s32 exponent, u128 significand) {
  if (significand == 0) return {sign, 0, 0};
  const unsigned shift = count_leading_zeros(significand);
  return {sign, exponent - static_cast<s32>(shift), significand << shift};
}

constexpr Wide wide_from_integer(s32 value) {
  const u32 magnitude = value < 0 ? 0u - static_cast<u32>(value) : static_cast<u32>(value);
  return normalized(value < 0, 127, magnitude);
}

constexpr Wide operator*(Wide a, Wide b) {
  return normalized(a.sign != b.sign, a.exponent + b.exponent + 1,
                    multiply_high(a.significand, b.significand));
}

/// Exact as long as the sum fits and the lowest bit of the larger operand is zero.
constexpr Wide operator+(Wide a, Wide b) {
  if (a.significand == 0) return b;
  if (b.significand == 0) return a;
  if (a.exponent < b.exponent || (a.exponent == b.exponent && a.significand < b.significand)) std::swap(a, b);
  const u128 larger = a.significand >> 1;
  const u128 smaller = shift_right_sticky(b.significand, static_cast<unsigned>(a.exponent - b.exponent) + 1);
  return normalized(a.sign, a.exponent + 1, a.sign == b.sign ? larger + smaller : larger - smaller);
}

constexpr Wide operator-(Wide a, Wide b) { return a + negated(b); }

/// The quotient by long division; b is not zero.
constexpr Wide operator/(Wide a, Wide b) {
  if (a.significand == 0) return a;
  const bool below_one = a.significand < b.significand;
  u128 rest = below_one ? a.significand : a.significand - b.significand;
  u128 quotient = below_one ? 0 : 1;
  for (int bits = below_one ? 128 : 127; bits > 0; --bits) {
    const bool carry = (rest & kWideTop) != 0;
    rest <<= 1;
    quotient <<= 1;
    if (carry || rest >= b.significand) {
      rest -= b.significand;
      quotient |= 1;
    }
  }
  return {a.sign != b.sign, a.exponent - b.exponent - (below_one ? 1 : 0),
          quotient | static_cast<u128>(rest != 0)};
}

/// The magnitude as a fixed-point fraction with 128 bits behind the point; the number is below one.
constexpr u128 to_fraction(Wide a) {
  return a.significand == 0 ? 0 : shift_right_sticky(a.significand, static_cast<unsigned>(-1 - a.exponent));
}

/// The next number of smaller magnitude: for values known to lie just below `a`.
constexpr Wide slightly_below(Wide a) { return normalized(a.sign, a.exponent, a.significand - 1); }

/// 2^128 / divisor: the reciprocals and odd-denominator coefficients of the series.
constexpr u128 reciprocal(u64 divisor) { return ~static_cast<u128>(0) / divisor; }

/// Rounds an irrational value, of which `a` is an approximation: PE is always raised.
Float80 round_irrational(Wide a, FloatEnvironment& environment);
/// Rounds a value that `a` holds exactly.
Float80 round_exact(Wide a, FloatEnvironment& environment);

}  // namespace ringdown
