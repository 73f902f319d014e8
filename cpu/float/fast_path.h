// The common cases of x87 arithmetic inline: normal operands and a normal result, nothing unmasked raised.
#pragma once

#include <utility>

#include "cpu/float/classify.h"
#include "cpu/float/u128.h"

namespace ringdown::fast_float {

// Each returns false, with nothing changed, where the case is not a common one; the soft float then does it
// all. Values stay in registers: a Float80 that passes through memory is written in two parts and read back
// in others, for which the host's store buffer makes it wait longer than the computation takes.

constexpr bool is_normal(Float80 value) {
  return exponent_field(value) - 1u < float80::kExponentMask - 1u && (value.significand >> 63) != 0;
}

/// Bits of the significand that the precision control leaves out.
constexpr unsigned dropped_bits(Precision precision) {
  return precision == Precision::Extended ? 0u
         : precision == Precision::Double ? 11u
         : precision == Precision::Single ? 40u
                                          : 0u;
}

/// Whether a magnitude goes up, of which `rest` / 2^64 units are to be dropped and `odd` says that it is odd.
[[gnu::always_inline]] inline bool rounds_up(u64 rest, bool odd, bool sign, Rounding rounding) {
  if (rounding == Rounding::Nearest) [[likely]] {
    constexpr u64 kHalf = u64{1} << 63;
    return rest > kHalf || (rest == kHalf && odd);
  }
  return rest != 0 && rounding == (sign ? Rounding::Down : Rounding::Up);
}

/// Rounds `significand` (bit 127 set) with `dropped` bits left out of its upper half. PE is the only
/// exception; false if it is due and unmasked, or if the exponent leaves the normal range.
[[gnu::always_inline]] inline bool round_normal(bool sign, s32 exponent, u128 significand, unsigned dropped,
                                                FloatEnvironment& environment, Float80& result) {
  if (static_cast<u32>(exponent) - 1 >= float80::kExponentMask - 2u) return false;
  u64 high = high_half(significand);
  u64 rest = low_half(significand);
  if (dropped != 0) {
    // Shift what is dropped from the upper half into the rest; what falls out below sticks.
    rest = high << (64 - dropped) | static_cast<u64>(rest != 0);
    high = high >> dropped << dropped;
  }
  bool up = false;
  if (rest != 0) {
    if (!environment.is_masked(x87_exception::kPrecision)) return false;
    const u64 unit = u64{1} << dropped;
    up = rounds_up(rest, (high & unit) != 0, sign, environment.rounding());
    if (up) {
      high += unit;
      if (high == 0) {
        high = float80::kIntegerBit;
        ++exponent;
      }
    }
    environment.raise(x87_exception::kPrecision);
  }
  environment.rounded_up = up;
  result = {high, static_cast<u16>(exponent | (sign ? float80::kSignBit : 0))};
  return true;
}

[[gnu::always_inline]] inline bool add(Float80 a, Float80 b, FloatEnvironment& environment, Float80& result) {
  if (!is_normal(a) || !is_normal(b)) return false;
  const bool opposite = ((a.sign_exponent ^ b.sign_exponent) & float80::kSignBit) != 0;
  if (exponent_field(a) < exponent_field(b) ||
      (exponent_field(a) == exponent_field(b) && a.significand < b.significand)) {
    std::swap(a, b);
  }
  const unsigned distance = exponent_field(a) - exponent_field(b);
  // A bit is left free above for the carry. Down to a distance of 63 the alignment loses nothing.
  const u128 larger = static_cast<u128>(a.significand) << 63;
  u128 smaller = static_cast<u128>(b.significand) << 63;
  if (distance <= 63) {
    smaller >>= distance;
  } else {
    smaller = shift_right_sticky(smaller, distance);
  }
  u128 sum = opposite ? larger - smaller : larger + smaller;
  if (sum == 0) return false;
  const unsigned shift = count_leading_zeros(sum);
  sum <<= shift;
  return round_normal(sign_of(a), exponent_field(a) + 1 - static_cast<s32>(shift), sum,
                      dropped_bits(environment.precision()), environment, result);
}

[[gnu::always_inline]] inline bool multiply(Float80 a, Float80 b, FloatEnvironment& environment,
                                            Float80& result) {
  if (!is_normal(a) || !is_normal(b)) return false;
  const bool sign = ((a.sign_exponent ^ b.sign_exponent) & float80::kSignBit) != 0;
  u128 product = static_cast<u128>(a.significand) * b.significand;
  const s32 shift = (high_half(product) >> 63) == 0 ? 1 : 0;
  product <<= shift;
  return round_normal(sign, exponent_field(a) + exponent_field(b) - float80::kBias + 1 - shift, product,
                      dropped_bits(environment.precision()), environment, result);
}

/// A normal number to a format with `FractionBits` and exponent bias `Bias`, where the result is normal too.
template <class Bits, unsigned FractionBits, s32 Bias>
[[gnu::always_inline]] inline bool narrow(Float80 a, FloatEnvironment& environment, Bits& result) {
  if (!is_normal(a)) return false;
  const s32 exponent = exponent_field(a) - float80::kBias + Bias;
  // The largest exponent is left out too: it could be rounded out of range.
  if (exponent < 1 || exponent >= 2 * Bias) return false;
  Float80 rounded;
  constexpr unsigned kDropped = 63 - FractionBits;
  if (!round_normal(sign_of(a), exponent, make_u128(a.significand, 0), kDropped, environment, rounded)) {
    return false;
  }
  const Bits fraction = static_cast<Bits>(rounded.significand >> kDropped) & ((Bits{1} << FractionBits) - 1);
  result = static_cast<Bits>(Bits{sign_of(a)} << (sizeof(Bits) * 8 - 1)) |
           static_cast<Bits>(Bits{exponent_field(rounded)} << FractionBits) | fraction;
  return true;
}

/// A normal number of the narrow format, or zero, to the 80-bit format: exact.
template <class Bits, unsigned FractionBits, s32 Bias>
[[gnu::always_inline]] inline bool widen(Bits bits, Float80& result) {
  constexpr unsigned kShift = 63 - FractionBits;
  const u16 sign = (bits >> (sizeof(Bits) * 8 - 1)) != 0 ? float80::kSignBit : u16{0};
  const u32 exponent = static_cast<u32>(bits >> FractionBits) & (2 * Bias + 1);
  const u64 fraction = static_cast<u64>(bits & ((Bits{1} << FractionBits) - 1)) << kShift;
  if (exponent - 1 < 2 * Bias) [[likely]] {
    result = {fraction | float80::kIntegerBit, static_cast<u16>((exponent + (float80::kBias - Bias)) | sign)};
    return true;
  }
  result = {0, sign};
  return exponent == 0 && fraction == 0;
}

/// A number that rounds to an integer of fewer than `Bits` bits.
template <unsigned Bits>
[[gnu::always_inline]] inline bool to_integer(Float80 a, FloatEnvironment& environment, s64& result) {
  const s32 power = exponent_field(a) - float80::kBias;
  // Zero and what is below one half go the long way, as does what may not fit.
  if (!is_normal(a) || power < 0 || power >= static_cast<s32>(Bits) - 2) return false;
  const unsigned fraction_bits = 63 - static_cast<unsigned>(power);
  const u64 rest = a.significand << (64 - fraction_bits);
  u64 magnitude = a.significand >> fraction_bits;
  environment.rounded_up = false;
  if (rest != 0) {
    if (!environment.is_masked(x87_exception::kPrecision)) return false;
    environment.rounded_up = rounds_up(rest, (magnitude & 1) != 0, sign_of(a), environment.rounding());
    magnitude += environment.rounded_up ? 1 : 0;
    environment.raise(x87_exception::kPrecision);
  }
  result = static_cast<s64>(sign_of(a) ? u64{0} - magnitude : magnitude);
  return true;
}

}  // namespace ringdown::fast_float
