// Conversions between 80-bit numbers and integers, single, double and packed decimal.
#include "cpu/float/convert.h"

#include <algorithm>

#include "cpu/float/operands.h"
#include "cpu/float/round.h"

namespace ringdown::soft_float {

namespace {

/// An IEEE interchange format narrower than 80 bits.
template <class BitsType, unsigned FractionBits, s32 ExponentBias>
struct Format {
  using Bits = BitsType;
  static constexpr unsigned kFractionBits = FractionBits;
  static constexpr s32 kBias = ExponentBias;
  static constexpr s32 kMaxExponent = 2 * ExponentBias + 1;
  static constexpr unsigned kSignShift = sizeof(Bits) * 8 - 1;
  static constexpr Bits kFractionMask = (Bits{1} << FractionBits) - 1;
  static constexpr Bits kQuietBit = Bits{1} << (FractionBits - 1);
  /// Bits of the 64-bit significand that the format does not keep (its integer bit is implied).
  static constexpr unsigned kDropped = 63 - FractionBits;
};
using Float32 = Format<u32, 23, 127>;
using Float64 = Format<u64, 52, 1023>;

template <class F>
Widened widen(typename F::Bits bits) {
  const u16 sign = (bits >> F::kSignShift) != 0 ? float80::kSignBit : u16{0};
  const s32 exponent = static_cast<s32>((bits >> F::kFractionBits) & F::kMaxExponent);
  const u64 fraction = static_cast<u64>(bits & F::kFractionMask) << F::kDropped;
  if (exponent == F::kMaxExponent) {
    return {{fraction | float80::kIntegerBit, static_cast<u16>(float80::kExponentMask | sign)}, false};
  }
  const s32 wide_exponent = exponent + float80::kBias - F::kBias;
  if (exponent != 0)
    return {{fraction | float80::kIntegerBit, static_cast<u16>(wide_exponent | sign)}, false};
  if (fraction == 0) return {{0, sign}, false};
  const int shift = std::countl_zero(fraction);
  return {{fraction << shift, static_cast<u16>((wide_exponent + 1 - shift) | sign)}, true};
}

template <class F>
typename F::Bits assemble(bool sign, s32 exponent, u64 significand) {
  using Bits = typename F::Bits;
  const Bits fraction = static_cast<Bits>(significand >> F::kDropped) & F::kFractionMask;
  return static_cast<Bits>(Bits{sign} << F::kSignShift | static_cast<Bits>(exponent) << F::kFractionBits |
                           fraction);
}

template <class F>
typename F::Bits narrow_overflow(bool sign, FloatEnvironment& environment) {
  environment.raise(x87_exception::kOverflow);
  if (!environment.is_masked(x87_exception::kOverflow)) return 0;
  environment.raise(x87_exception::kPrecision);
  environment.rounded_up = overflows_to_infinity(sign, environment.rounding());
  return environment.rounded_up ? assemble<F>(sign, F::kMaxExponent, 0)
                                : assemble<F>(sign, F::kMaxExponent - 1, ~u64{0});
}

template <class F>
typename F::Bits narrow_underflow(Unpacked x, s32 exponent, FloatEnvironment& environment) {
  const Rounding rounding = environment.rounding();
  const RoundedInteger unbounded = round_integer(make_u128(x.significand, 0), F::kDropped, x.sign, rounding);
  const bool tiny = exponent < 0 || !unbounded.carry;
  if (tiny && !environment.is_masked(x87_exception::kUnderflow)) {
    environment.raise(x87_exception::kUnderflow);
    return 0;
  }
  const u128 shifted = shift_right_sticky(make_u128(x.significand, 0), static_cast<unsigned>(1 - exponent));
  const RoundedInteger r = round_integer(shifted, F::kDropped, x.sign, rounding);
  if (r.inexact) environment.raise(x87_exception::kPrecision);
  if (r.inexact && tiny) environment.raise(x87_exception::kUnderflow);
  environment.rounded_up = r.up;
  return assemble<F>(x.sign, (r.value & float80::kIntegerBit) != 0 ? 1 : 0, r.value);
}

template <class F>
typename F::Bits narrow(Float80 a, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  if (is_not_a_number(class_a)) {
    const Float80 nan = propagate_nan(a, environment);
    return assemble<F>(sign_of(nan), F::kMaxExponent, nan.significand);
  }
  if (class_a == FloatClass::Infinity) return assemble<F>(sign_of(a), F::kMaxExponent, 0);
  if (class_a == FloatClass::Zero) return assemble<F>(sign_of(a), 0, 0);
  const Unpacked x = unpack(a);
  const s32 exponent = x.exponent - float80::kBias + F::kBias;
  if (exponent <= 0) return narrow_underflow<F>(x, exponent, environment);
  const RoundedInteger r =
      round_integer(make_u128(x.significand, 0), F::kDropped, x.sign, environment.rounding());
  const s32 rounded_exponent = exponent + (r.carry ? 1 : 0);
  if (rounded_exponent >= F::kMaxExponent) return narrow_overflow<F>(x.sign, environment);
  if (r.inexact) environment.raise(x87_exception::kPrecision);
  environment.rounded_up = r.up;
  return assemble<F>(x.sign, rounded_exponent, r.value);
}

/// A number rounded to an integer magnitude; beyond 2^64 - 1 nothing fits any destination.
struct Magnitude {
  bool fits;
  RoundedInteger rounded;
};
Magnitude integer_magnitude(Float80 a, FloatEnvironment& environment) {
  constexpr Magnitude kZero{true, {0, false, false, false}};
  const FloatClass class_a = classify(a);
  if (class_a == FloatClass::Zero) return kZero;
  if (!is_nonzero_finite(class_a)) return {false, {}};
  const Unpacked x = unpack(a);
  const s32 power = x.exponent - float80::kBias;
  if (power > 63) return {false, {}};
  const auto shift = static_cast<unsigned>(std::min<s32>(63 - power, 127));
  const RoundedInteger r = round_integer(shift_right_sticky(make_u128(x.significand, 0), shift), 0, x.sign,
                                         environment.rounding());
  return {!r.carry, r};
}

constexpr u64 kDecimalLimit = 1'000'000'000'000'000'000;
constexpr PackedDecimal kDecimalIndefinite{0, 0, 0, 0, 0, 0, 0, 0xC0, 0xFF, 0xFF};

void report_rounding(const RoundedInteger& rounded, FloatEnvironment& environment) {
  if (rounded.inexact) environment.raise(x87_exception::kPrecision);
  environment.rounded_up = rounded.up;
}

}  // namespace

s64 to_integer(Float80 a, IntegerSize size, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const unsigned bits = static_cast<unsigned>(size);
  const u64 limit = u64{1} << (bits - 1);
  const Magnitude m = integer_magnitude(a, environment);
  const bool sign = sign_of(a);
  if (!m.fits || m.rounded.value > limit || (m.rounded.value == limit && !sign)) {
    environment.raise(x87_exception::kInvalid);
    return static_cast<s64>(u64{0} - limit);
  }
  report_rounding(m.rounded, environment);
  return static_cast<s64>(sign ? u64{0} - m.rounded.value : m.rounded.value);
}

Widened widen_float32(u32 bits) { return widen<Float32>(bits); }
Widened widen_float64(u64 bits) { return widen<Float64>(bits); }
Float80 from_widened(Widened operand, FloatEnvironment& environment) {
  environment.rounded_up = false;
  if (operand.denormal) environment.raise(x87_exception::kDenormal);
  if (classify(operand.value) != FloatClass::SignalingNan) return operand.value;
  return propagate_nan(operand.value, environment);
}

Float80 from_float32(u32 bits, FloatEnvironment& environment) {
  return from_widened(widen_float32(bits), environment);
}
Float80 from_float64(u64 bits, FloatEnvironment& environment) {
  return from_widened(widen_float64(bits), environment);
}
u32 to_float32(Float80 a, FloatEnvironment& environment) { return narrow<Float32>(a, environment); }
u64 to_float64(Float80 a, FloatEnvironment& environment) { return narrow<Float64>(a, environment); }

Float80 from_packed_decimal(const PackedDecimal& bcd) {
  u64 magnitude = 0;
  for (std::size_t i = 9; i-- > 0;) magnitude = magnitude * 100 + (bcd[i] >> 4) * 10u + (bcd[i] & 0xF);
  const bool sign = (bcd[9] & 0x80) != 0;
  return magnitude == 0 ? float80::zero(sign) : normalized_integer(sign, magnitude);
}

PackedDecimal to_packed_decimal(Float80 a, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const Magnitude m = integer_magnitude(a, environment);
  if (!m.fits || m.rounded.value >= kDecimalLimit) {
    environment.raise(x87_exception::kInvalid);
    return kDecimalIndefinite;
  }
  report_rounding(m.rounded, environment);
  PackedDecimal bcd{};
  u64 rest = m.rounded.value;
  for (std::size_t i = 0; i < 9; ++i, rest /= 100) {
    const u64 pair = rest % 100;
    bcd[i] = static_cast<u8>(pair / 10 << 4 | pair % 10);
  }
  bcd[9] = sign_of(a) ? 0x80 : 0;
  return bcd;
}

}  // namespace ringdown::soft_float
