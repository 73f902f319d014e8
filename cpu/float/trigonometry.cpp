// FSIN, FCOS, FPTAN and FPATAN.
#include <algorithm>
#include <array>

#include "cpu/float/operands.h"
#include "cpu/float/transcendental.h"
#include "cpu/float/wide.h"

namespace ringdown::soft_float {

namespace {

// --- Argument reduction ------------------------------------------------------------------------------------

/// π/2 in units of 2^-65, with the 66 significant bits of π that Intel's processors reduce by (vol.
/// 1, 8.3.8).
constexpr u128 kHalfPi66 = make_u128(0x3, 0x243F6A8885A308D3);

/// angle = quadrant × π/2 + rest, |rest| <= π/4.
struct Reduced {
  Wide rest;
  unsigned quadrant;
};

/// Reduces a magnitude below 2^63. From 1/2 up its lowest bit is worth 2^-64 or more, so the rest is exact.
Reduced reduce(Wide magnitude) {
  if (magnitude.exponent < -1) return {magnitude, 0};
  constexpr s32 kStep = 60;
  u128 rest = high_half(magnitude.significand);
  unsigned quadrant = 0;
  for (s32 left = magnitude.exponent + 2; left > 0; left -= kStep) {
    const s32 step = std::min(left, kStep);
    rest <<= step;
    const u128 quotient = rest / kHalfPi66;
    rest -= quotient * kHalfPi66;
    quadrant = (step > 1 ? 0 : quadrant << 1) + static_cast<unsigned>(quotient & 3);
  }
  const bool beyond_half = rest * 2 > kHalfPi66;
  const u128 distance = beyond_half ? kHalfPi66 - rest : rest;
  return {normalized(beyond_half, 127 - 65, distance), (quadrant + (beyond_half ? 1 : 0)) & 3};
}

// --- Series
// --------------------------------------------------------------------------------------------------

/// Below this exponent the second term of the series is under 2^-125 of the first, less than the fractions of
/// 2^127 can show: only its sign matters.
constexpr s32 kTiny = -62;

constexpr unsigned kTerms = 15;

/// 1 - z/(a₁)(1 - z/(a₂)(1 - ...)) with aᵢ = (2i + First - 1)(2i + First), as a fraction of 2^127: sin(r)/r
/// for First = 1 and cos(r) for First = 0, where z = r².
template <unsigned First>
u128 alternating_series(u128 z) {
  u128 sum = kWideTop;
  for (unsigned i = kTerms; i > 0; --i) {
    static constexpr auto kFactors = [] {
      std::array<u128, kTerms + 1> factors{};
      for (unsigned k = 1; k <= kTerms; ++k) factors[k] = reciprocal((2 * k + First - 1) * (2 * k + First));
      return factors;
    }();
    sum = kWideTop - multiply_high(multiply_high(z, sum), kFactors[i]);
  }
  return sum;
}

Wide sine_of(Wide r) {
  if (r.exponent < kTiny) return slightly_below(r);
  return r * normalized(false, 0, alternating_series<1>(to_fraction(r * r)));
}

Wide cosine_of(Wide r) {
  if (r.exponent < kTiny) return slightly_below(kWideOne);
  return normalized(false, 0, alternating_series<0>(to_fraction(r * r)));
}

Wide tangent_of(Wide r) {
  // The value lies just above r: round_irrational sets the sticky bit.
  if (r.exponent < kTiny) return r;
  return sine_of(r) / cosine_of(r);
}

Wide cotangent_of(Wide r) {
  if (r.exponent < kTiny) return slightly_below(kWideOne / r);
  return cosine_of(r) / sine_of(r);
}

// --- Instructions
// --------------------------------------------------------------------------------------------

/// What FSIN, FCOS and FPTAN share: special operands, range, reduction. `function` maps the reduced angle and
/// the sign of the argument to the value.
template <class Function>
Trigonometric trigonometric(Float80 a, Float80 at_zero, FloatEnvironment& environment, Function function) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  if (is_not_a_number(class_a)) return {propagate_nan(a, environment), false};
  if (class_a == FloatClass::Infinity) return {invalid_operation(environment), false};
  if (class_a == FloatClass::Zero) return {at_zero, false};
  if (!accept_operand(class_a, environment)) return {a, false};
  Wide x = to_wide(unpack(a));
  if (x.exponent >= 63) return {a, true};
  const bool sign = x.sign;
  x.sign = false;
  return {round_irrational(function(reduce(x), sign), environment), false};
}

Wide with_sign(Wide a, bool flip) { return flip ? negated(a) : a; }

// --- Arctangent
// ----------------------------------------------------------------------------------------------

constexpr u128 kPiBits = make_u128(0xC90FDAA22168C234, 0xC4C6628B80DC1CD1);
constexpr Wide kPi{false, 1, kPiBits};
constexpr Wide kHalfPi{false, 0, kPiBits};
constexpr Wide kQuarterPi{false, -1, kPiBits};
constexpr Wide kThreeQuarterPi{false, 1, make_u128(0x96CBE3F9990E91A7, 0x9394C9E8A0A5159D)};

/// arctan(k / 16), rounded to 128 bits.
constexpr std::array<Wide, 17> kArctangents{{
    {},
    {false, -5, make_u128(0xFFAADDB967EF4E36, 0xCB2792DC0E2E0D51)},
    {false, -4, make_u128(0xFEADD4D5617B6E32, 0xC897989F3E888EF8)},
    {false, -3, make_u128(0xBDCBDA5E72D81134, 0x7B0B4F881C9C7488)},
    {false, -3, make_u128(0xFADBAFC96406EB15, 0x6DC79EF5F7A217E6)},
    {false, -2, make_u128(0x9B13B9B83F5E5E69, 0xC5ABB498D27AF328)},
    {false, -2, make_u128(0xB7B0CA0F26F78473, 0x8AA32122DCFE4483)},
    {false, -2, make_u128(0xD327761E611FE5B6, 0x427C95E9001E7136)},
    {false, -2, make_u128(0xED63382B0DDA7B45, 0x6FE445ECBC3A8D03)},
    {false, -1, make_u128(0x832BF4A6D9867E2A, 0x4B6A09CB61A515C1)},
    {false, -1, make_u128(0x8F005D5EF7F59F9B, 0x5C835E1665C43748)},
    {false, -1, make_u128(0x9A2F80E671BDDA20, 0x4226F8E2204FF3BD)},
    {false, -1, make_u128(0xA4BC7D1934F70924, 0x19A87F2A457DAC9F)},
    {false, -1, make_u128(0xAEAC4C38B4D8C080, 0x14725E2F3E52070A)},
    {false, -1, make_u128(0xB8053E2BC2319E73, 0xCB2DA55210A4443D)},
    {false, -1, make_u128(0xC0CE85B8AC526640, 0x89DD62C46E92FA25)},
    {false, -1, make_u128(0xC90FDAA22168C234, 0xC4C6628B80DC1CD1)},
}};

/// arctan(t) / t as a fraction of 2^127, for z = t² below 2^-9: 1 - z/3 + z²/5 - ...
u128 arctangent_series(u128 z) {
  constexpr unsigned kLast = 14;
  u128 sum = reciprocal(2 * kLast + 1) >> 1;
  for (unsigned k = kLast; k-- > 0;) {
    static constexpr auto kCoefficients = [] {
      std::array<u128, kLast> coefficients{};
      for (unsigned i = 0; i < kLast; ++i) coefficients[i] = reciprocal(2 * i + 1) >> 1;
      return coefficients;
    }();
    sum = kCoefficients[k] - multiply_high(z, sum);
  }
  return sum;
}

/// The sixteenth nearest to a / b, for 0 < a <= b; an error of a hundredth does not matter.
unsigned nearest_sixteenth(Wide a, Wide b) {
  const s32 difference = b.exponent - a.exponent;
  if (difference > 6) return 0;
  const u64 numerator = high_half(a.significand) >> 32;
  const u64 denominator = high_half(b.significand) >> 32 << difference;
  return static_cast<unsigned>((numerator * 32 + denominator) / (denominator * 2));
}

/// arctan(a / b) for 0 < a <= b: a table value, and the series for the small rest of the angle.
Wide arctangent_of_ratio(Wide a, Wide b) {
  const unsigned k = nearest_sixteenth(a, b);
  Wide t = a / b;
  if (k != 0) {
    const Wide tabulated = scaled(wide_from_integer(static_cast<s32>(k)), -4);
    t = (a - tabulated * b) / (b + tabulated * a);
  }
  if (t.significand == 0) return kArctangents[k];
  if (t.exponent < kTiny) return k == 0 ? slightly_below(t) : kArctangents[k] + t;
  const Wide rest = t * normalized(false, 0, arctangent_series(to_fraction(t * t)));
  return kArctangents[k] + rest;
}

/// FPATAN where an operand is zero or infinite (vol. 2, table of FPATAN). Neither is a NaN.
Float80 arctangent_special(Float80 y, Float80 x, FloatEnvironment& environment) {
  const bool negative_x = sign_of(x);
  const bool sign = sign_of(y);
  const FloatClass class_y = classify(y);
  const FloatClass class_x = classify(x);
  Wide angle = kHalfPi;
  if (class_y == FloatClass::Infinity && class_x == FloatClass::Infinity) {
    angle = negative_x ? kThreeQuarterPi : kQuarterPi;
  } else if (class_y == FloatClass::Zero || class_x == FloatClass::Infinity) {
    if (!negative_x) return float80::zero(sign);
    angle = kPi;
  }
  return round_irrational(with_sign(angle, sign), environment);
}

}  // namespace

Trigonometric sine(Float80 a, FloatEnvironment& environment) {
  return trigonometric(a, a, environment, [](const Reduced& r, bool sign) {
    const Wide value = (r.quadrant & 1) != 0 ? cosine_of(r.rest) : sine_of(r.rest);
    return with_sign(value, sign != ((r.quadrant & 2) != 0));
  });
}

Trigonometric cosine(Float80 a, FloatEnvironment& environment) {
  return trigonometric(a, float80::kOne, environment, [](const Reduced& r, bool) {
    const Wide value = (r.quadrant & 1) != 0 ? negated(sine_of(r.rest)) : cosine_of(r.rest);
    return with_sign(value, (r.quadrant & 2) != 0);
  });
}

Trigonometric tangent(Float80 a, FloatEnvironment& environment) {
  return trigonometric(a, a, environment, [](const Reduced& r, bool sign) {
    const bool odd = (r.quadrant & 1) != 0;
    const Wide value = odd ? negated(cotangent_of(r.rest)) : tangent_of(r.rest);
    return with_sign(value, sign);
  });
}

Float80 arctangent(Float80 y, Float80 x, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_y = classify(y);
  const FloatClass class_x = classify(x);
  if (is_not_a_number(class_y) || is_not_a_number(class_x)) return propagate_nan(y, x, environment);
  if (!accept_operands(class_y, class_x, environment)) return y;
  if (!is_nonzero_finite(class_y) || !is_nonzero_finite(class_x))
    return arctangent_special(y, x, environment);
  Wide a = to_wide(unpack(y));
  Wide b = to_wide(unpack(x));
  const bool sign = a.sign;
  const bool negative_x = b.sign;
  a.sign = b.sign = false;
  const bool steep = a.exponent > b.exponent || (a.exponent == b.exponent && a.significand > b.significand);
  Wide angle = steep ? kHalfPi - arctangent_of_ratio(b, a) : arctangent_of_ratio(a, b);
  if (negative_x) angle = kPi - angle;
  return round_irrational(with_sign(angle, sign), environment);
}

}  // namespace ringdown::soft_float
