// The encodings of an 80-bit number: their classes, special values, and the way NaN operands propagate.
#pragma once

#include <bit>

#include "core/float80.h"
#include "cpu/float/environment.h"

namespace ringdown {

namespace float80 {
inline constexpr u16 kSignBit = 0x8000;
inline constexpr u16 kExponentMask = 0x7FFF;
inline constexpr s32 kBias = 16383;
inline constexpr u64 kIntegerBit = u64{1} << 63;
inline constexpr u64 kQuietBit = u64{1} << 62;

inline constexpr Float80 kOne{kIntegerBit, 0x3FFF};
/// "Real indefinite", the masked response to an invalid operation (vol. 1, 4.2.2).
inline constexpr Float80 kIndefinite{kIntegerBit | kQuietBit, 0xFFFF};

constexpr Float80 zero(bool sign) { return {0, sign ? kSignBit : u16{0}}; }
constexpr Float80 infinity(bool sign) {
  return {kIntegerBit, static_cast<u16>(kExponentMask | (sign ? kSignBit : 0))};
}
}  // namespace float80

/// Classes of operands (vol. 1, table 8-3). Pseudo-denormals count as denormals; `Unsupported` are unnormals,
/// pseudo-infinities and pseudo-NaNs, which the 387 and later take as invalid operands.
enum class FloatClass : u8 { Zero, Denormal, Normal, Infinity, QuietNan, SignalingNan, Unsupported };

constexpr bool sign_of(Float80 value) { return (value.sign_exponent & float80::kSignBit) != 0; }
/// The biased exponent field, 0 to 0x7FFF.
constexpr u16 exponent_field(Float80 value) { return value.sign_exponent & float80::kExponentMask; }

constexpr Float80 negate(Float80 value) {
  return {value.significand, static_cast<u16>(value.sign_exponent ^ float80::kSignBit)};
}
constexpr Float80 absolute(Float80 value) { return {value.significand, exponent_field(value)}; }

constexpr FloatClass classify(Float80 value) {
  const u16 exponent = exponent_field(value);
  if (exponent == 0) return value.significand == 0 ? FloatClass::Zero : FloatClass::Denormal;
  if ((value.significand & float80::kIntegerBit) == 0) return FloatClass::Unsupported;
  if (exponent != float80::kExponentMask) return FloatClass::Normal;
  if (value.significand == float80::kIntegerBit) return FloatClass::Infinity;
  return (value.significand & float80::kQuietBit) != 0 ? FloatClass::QuietNan : FloatClass::SignalingNan;
}

constexpr bool is_nan(FloatClass c) { return c == FloatClass::QuietNan || c == FloatClass::SignalingNan; }
/// NaNs and unsupported encodings: operands with which nothing is computed.
constexpr bool is_not_a_number(FloatClass c) { return c >= FloatClass::QuietNan; }

constexpr Float80 quieted(Float80 nan) { return {nan.significand | float80::kQuietBit, nan.sign_exponent}; }

/// A finite nonzero number as sign × significand × 2^(exponent - bias - 63), with bit 63 of the significand
/// set; the exponent of a denormal is zero or negative.
struct Unpacked {
  bool sign;
  s32 exponent;
  u64 significand;
};

constexpr Unpacked unpack(Float80 value) {
  const s32 field = exponent_field(value);
  const int shift = std::countl_zero(value.significand);
  return {sign_of(value), (field == 0 ? 1 : field) - shift, value.significand << shift};
}

/// Raises the invalid-operation exception and gives its masked response.
constexpr Float80 invalid_operation(FloatEnvironment& environment) {
  environment.raise(x87_exception::kInvalid);
  return float80::kIndefinite;
}

/// The result where the only operand is a NaN or unsupported (vol. 1, table 4-7).
Float80 propagate_nan(Float80 operand, FloatEnvironment& environment);
/// The result of a two-operand operation where at least one is a NaN or unsupported: a QNaN goes before a
/// SNaN, then the larger significand, then the positive one (vol. 1, table 4-7).
Float80 propagate_nan(Float80 a, Float80 b, FloatEnvironment& environment);

}  // namespace ringdown
