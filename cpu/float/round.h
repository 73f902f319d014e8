// The last step of every operation: an exact or sticky significand becomes an 80-bit number, flags and C1.
#pragma once

#include "cpu/float/classify.h"
#include "cpu/float/u128.h"

namespace ringdown {

/// A nonzero result before rounding: sign × significand × 2^(exponent - bias - 127). Bit 127 of the
/// significand is set; bit 0 stands for everything below it. `exponent` is biased like the field, but
/// unbounded.
struct Unrounded {
  bool sign;
  s32 exponent;
  u128 significand;
};

/// An integer significand after rounding, and how it relates to the exact value.
struct RoundedInteger {
  u64 value;
  bool inexact;
  /// The magnitude grew.
  bool up;
  /// The rounding carried out of bit 63: `value` is then zero and stands for 2^64.
  bool carry;
};

/// Rounds `significand` / 2^64 to a multiple of 2^`dropped_bits` (0 to 63 bits of the integer part are
/// cleared).
RoundedInteger round_integer(u128 significand, unsigned dropped_bits, bool sign, Rounding rounding);

/// Makes the result finite arithmetic delivers: rounds to `precision`, raises OE, UE and PE, sets C1, and
/// gives the masked or (with the bias-adjusted exponent) the unmasked response. Tininess is detected after
/// rounding. Source: Intel SDM vol. 1, 4.9.1.4 to 4.9.1.6, 8.5.4 to 8.5.6.
Float80 round_and_pack(Unrounded result, Precision precision, FloatEnvironment& environment);

/// The same from any nonzero significand: normalises first.
Float80 normalize_round_and_pack(Unrounded result, Precision precision, FloatEnvironment& environment);

/// True if a result too large for the format becomes infinity and not the largest finite number.
constexpr bool overflows_to_infinity(bool sign, Rounding rounding) {
  return rounding == Rounding::Nearest || rounding == (sign ? Rounding::Down : Rounding::Up);
}

}  // namespace ringdown
