// The rounding that ends an SSE operation.
#include "cpu/float/sse_format.h"

namespace ringdown::sse_float {

namespace {

constexpr bool rounds_up(bool sign, Rounding rounding, bool odd, u128 remainder, u128 half) {
  switch (rounding) {
    case Rounding::Nearest:
      return remainder > half || (remainder == half && odd);
    case Rounding::Down:
      return sign && remainder != 0;
    case Rounding::Up:
      return !sign && remainder != 0;
    case Rounding::Zero:
      return false;
  }
  return false;
}

/// The masked response to overflow (vol. 1, table 4-10).
template <class F>
constexpr typename F::Bits overflowed(bool sign, Rounding rounding) {
  const bool to_infinity =
      rounding == Rounding::Nearest || rounding == (sign ? Rounding::Down : Rounding::Up);
  return with_sign<F>(sign, to_infinity ? F::kInfinity : F::kInfinity - 1);
}

}  // namespace

RoundedShift round_shift(u128 significand, unsigned count, bool sign, Rounding rounding) {
  const u128 remainder = significand << (128 - count);
  const u64 value = static_cast<u64>(significand >> count);
  const u128 half = static_cast<u128>(1) << 127;
  const bool up = rounds_up(sign, rounding, (value & 1) != 0, remainder, half);
  return {value + (up ? 1 : 0), remainder != 0};
}

template <class F>
typename F::Bits round_and_pack(Unrounded result, SseEnvironment& environment) {
  using Bits = typename F::Bits;
  constexpr unsigned kDropped = 127 - F::kFractionBits;
  const Rounding rounding = environment.rounding();
  RoundedShift rounded = round_shift(result.significand, kDropped, result.sign, rounding);
  const bool carried = (rounded.value >> (F::kFractionBits + 1)) != 0;
  const s32 field = result.exponent + F::kBias + (carried ? 1 : 0);

  if (field >= F::kMaximumField) {
    const bool masked = environment.is_masked(x87_exception::kOverflow);
    environment.raise(x87_exception::kOverflow);
    if (masked || rounded.inexact) environment.raise(x87_exception::kPrecision);
    return overflowed<F>(result.sign, rounding);
  }
  if (field >= 1) {
    if (rounded.inexact) environment.raise(x87_exception::kPrecision);
    const Bits fraction = static_cast<Bits>(carried ? 0 : rounded.value & F::kFraction);
    return with_sign<F>(result.sign, (static_cast<Bits>(field) << F::kFractionBits) | fraction);
  }
  if (!environment.is_masked(x87_exception::kUnderflow)) {
    environment.raise(x87_exception::kUnderflow);
    if (rounded.inexact) environment.raise(x87_exception::kPrecision);
    return 0;
  }
  if (environment.flushes_to_zero()) {
    environment.raise(x87_exception::kUnderflow | x87_exception::kPrecision);
    return with_sign<F>(result.sign, 0);
  }
  // The exponent of the smallest normal number, and a significand that makes up for it. Rounded up to 2^52
  // (or 2^23) the fraction becomes the field's 1.
  const unsigned denormalizing = static_cast<unsigned>(1 - (result.exponent + F::kBias));
  const u128 shifted = shift_right_sticky(result.significand, denormalizing);
  rounded = round_shift(shifted, kDropped, result.sign, rounding);
  if (rounded.inexact) environment.raise(x87_exception::kUnderflow | x87_exception::kPrecision);
  return with_sign<F>(result.sign, static_cast<Bits>(rounded.value));
}

template u32 round_and_pack<Single>(Unrounded, SseEnvironment&);
template u64 round_and_pack<Double>(Unrounded, SseEnvironment&);

}  // namespace ringdown::sse_float
