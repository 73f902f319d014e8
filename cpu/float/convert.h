// Conversions between 80-bit numbers and the other x87 formats: integers, single, double, packed decimal.
#pragma once

#include <array>

#include "cpu/float/classify.h"

namespace ringdown::soft_float {

/// sign × magnitude as a number; exact. `magnitude` is not zero.
constexpr Float80 normalized_integer(bool sign, u64 magnitude) {
  const int shift = std::countl_zero(magnitude);
  return {magnitude << shift,
          static_cast<u16>((float80::kBias + 63 - shift) | (sign ? float80::kSignBit : 0))};
}
/// FILD: exact, raises nothing.
constexpr Float80 from_integer(s64 value) {
  if (value == 0) return float80::zero(false);
  const u64 magnitude = value < 0 ? u64{0} - static_cast<u64>(value) : static_cast<u64>(value);
  return normalized_integer(value < 0, magnitude);
}

/// Widths of the integers in memory.
enum class IntegerSize : u8 { Word = 16, Doubleword = 32, Quadword = 64 };
/// FIST(P): rounds by the rounding control. NaNs, infinities, unsupported encodings and values out of range
/// raise the invalid exception and give the integer indefinite (the most negative value).
s64 to_integer(Float80 a, IntegerSize size, FloatEnvironment& environment);

/// A single or double operand in the 80-bit format, exactly. Its widened form no longer shows that it was a
/// denormal; an instruction that computes with it owes the denormal exception by `denormal`.
struct Widened {
  Float80 value;
  bool denormal;
};
Widened widen_float32(u32 bits);
Widened widen_float64(u64 bits);

/// The operand as FLD loads it: a signaling NaN raises the invalid and a denormal the denormal exception.
Float80 from_widened(Widened operand, FloatEnvironment& environment);

/// FLD m32fp and m64fp. Widening is exact; a signaling NaN raises the invalid and a denormal the denormal
/// exception.
Float80 from_float32(u32 bits, FloatEnvironment& environment);
Float80 from_float64(u64 bits, FloatEnvironment& environment);
/// FST(P) m32fp and m64fp: rounds by the rounding control; OE, UE and PE are those of the destination format.
/// Where overflow or underflow is unmasked nothing may be stored (there is no bias-adjusted result in
/// memory).
u32 to_float32(Float80 a, FloatEnvironment& environment);
u64 to_float64(Float80 a, FloatEnvironment& environment);

/// An m80bcd operand, byte 0 first: 18 decimal digits, two a byte, then the sign in bit 7 of byte 9.
using PackedDecimal = std::array<u8, 10>;
/// FBLD: exact. Digits above 9, undefined by the manual, count with their value.
Float80 from_packed_decimal(const PackedDecimal& bcd);
/// FBSTP: rounds to an integer; what does not fit raises invalid and gives the packed decimal indefinite.
PackedDecimal to_packed_decimal(Float80 a, FloatEnvironment& environment);

}  // namespace ringdown::soft_float
