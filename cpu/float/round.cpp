// Rounding, overflow and underflow of 80-bit results.
#include "cpu/float/round.h"

namespace ringdown {

namespace {

/// What the unmasked responses to overflow and underflow add to or take from the exponent (vol. 1, 4.9.1.4).
constexpr s32 kBiasAdjustment = 24576;

constexpr unsigned dropped_bits(Precision precision) {
  switch (precision) {
    case Precision::Single:
      return 64 - 24;
    case Precision::Double:
      return 64 - 53;
    case Precision::Reserved:
    case Precision::Extended:
      return 0;
  }
  return 0;
}

constexpr Float80 pack(bool sign, s32 exponent, u64 significand) {
  return {significand, static_cast<u16>(exponent | (sign ? float80::kSignBit : 0))};
}

/// Rounds with an exponent in range and reports precision loss.
Float80 pack_in_range(Unrounded result, unsigned dropped, FloatEnvironment& environment) {
  const RoundedInteger r = round_integer(result.significand, dropped, result.sign, environment.rounding());
  if (r.inexact) environment.raise(x87_exception::kPrecision);
  environment.rounded_up = r.up;
  if (r.carry) return pack(result.sign, result.exponent + 1, float80::kIntegerBit);
  return pack(result.sign, result.exponent, r.value);
}

Float80 overflow(Unrounded result, unsigned dropped, FloatEnvironment& environment) {
  environment.raise(x87_exception::kOverflow);
  bool to_infinity = overflows_to_infinity(result.sign, environment.rounding());
  if (!environment.is_masked(x87_exception::kOverflow)) {
    result.exponent -= kBiasAdjustment;
    if (result.exponent < float80::kExponentMask) return pack_in_range(result, dropped, environment);
    // Massive overflow, possible with FSCALE only (vol. 1, 8.5.4).
    to_infinity = true;
  }
  environment.raise(x87_exception::kPrecision);
  environment.rounded_up = to_infinity;
  if (to_infinity) return float80::infinity(result.sign);
  return pack(result.sign, float80::kExponentMask - 1, ~u64{0} << dropped);
}

/// `result` is below the normal range before rounding; it may still round up into it.
Float80 underflow(Unrounded result, unsigned dropped, FloatEnvironment& environment) {
  const RoundedInteger unbounded =
      round_integer(result.significand, dropped, result.sign, environment.rounding());
  const bool tiny = result.exponent < 0 || !unbounded.carry;
  if (tiny && !environment.is_masked(x87_exception::kUnderflow)) {
    environment.raise(x87_exception::kUnderflow);
    result.exponent += kBiasAdjustment;
    if (result.exponent > 0) return pack_in_range(result, dropped, environment);
    // Massive underflow, likewise.
    environment.raise(x87_exception::kPrecision);
    environment.rounded_up = false;
    return float80::zero(result.sign);
  }
  result.significand = shift_right_sticky(result.significand, static_cast<unsigned>(1 - result.exponent));
  const RoundedInteger r = round_integer(result.significand, dropped, result.sign, environment.rounding());
  if (r.inexact) {
    environment.raise(x87_exception::kPrecision);
    if (tiny) environment.raise(x87_exception::kUnderflow);
  }
  environment.rounded_up = r.up;
  // A carry into the integer bit makes the smallest normal number.
  return pack(result.sign, (r.value & float80::kIntegerBit) != 0 ? 1 : 0, r.value);
}

}  // namespace

RoundedInteger round_integer(u128 significand, unsigned dropped_bits_count, bool sign, Rounding rounding) {
  const u64 integer = high_half(significand);
  const u64 unit = u64{1} << dropped_bits_count;
  const u64 dropped = integer & (unit - 1);
  const u64 fraction = low_half(significand);
  const u64 kept = integer - dropped;
  if (dropped == 0 && fraction == 0) return {kept, false, false, false};

  bool up = false;
  switch (rounding) {
    case Rounding::Nearest: {
      const u64 half_bit = dropped_bits_count == 0 ? fraction >> 63 : dropped >> (dropped_bits_count - 1);
      const u64 half_mask = dropped_bits_count == 0 ? 0 : (unit >> 1) - 1;
      const bool below_half_bit =
          dropped_bits_count == 0 ? fraction << 1 != 0 : (dropped & half_mask) != 0 || fraction != 0;
      up = half_bit != 0 && (below_half_bit || (kept & unit) != 0);
      break;
    }
    case Rounding::Down:
      up = sign;
      break;
    case Rounding::Up:
      up = !sign;
      break;
    case Rounding::Zero:
      break;
  }
  if (!up) return {kept, true, false, false};
  const u64 value = kept + unit;
  return {value, true, true, value == 0};
}

Float80 round_and_pack(Unrounded result, Precision precision, FloatEnvironment& environment) {
  const unsigned dropped = dropped_bits(precision);
  if (result.exponent <= 0) return underflow(result, dropped, environment);
  const RoundedInteger r = round_integer(result.significand, dropped, result.sign, environment.rounding());
  const s32 exponent = result.exponent + (r.carry ? 1 : 0);
  if (exponent >= float80::kExponentMask) return overflow(result, dropped, environment);
  if (r.inexact) environment.raise(x87_exception::kPrecision);
  environment.rounded_up = r.up;
  return pack(result.sign, exponent, r.carry ? float80::kIntegerBit : r.value);
}

Float80 normalize_round_and_pack(Unrounded result, Precision precision, FloatEnvironment& environment) {
  const unsigned shift = count_leading_zeros(result.significand);
  result.significand <<= shift;
  result.exponent -= static_cast<s32>(shift);
  return round_and_pack(result, precision, environment);
}

}  // namespace ringdown
