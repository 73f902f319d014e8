// The single and double formats of SSE: classes of numbers, unpacking, and the rounding that ends an
// operation.
#pragma once

#include <bit>

#include "cpu/float/mxcsr.h"
#include "cpu/float/u128.h"

namespace ringdown::sse_float {

template <class B, unsigned Fraction, s32 Bias>
struct BinaryFormat {
  using Bits = B;
  static constexpr unsigned kFractionBits = Fraction;
  static constexpr s32 kBias = Bias;
  static constexpr s32 kMaximumField = 2 * Bias + 1;  // exponent field of infinities and NaNs
  static constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  static constexpr Bits kFraction = (Bits{1} << Fraction) - 1;
  static constexpr Bits kQuiet = Bits{1} << (Fraction - 1);
  static constexpr Bits kInfinity = Bits{kMaximumField} << Fraction;
  /// "QNaN floating-point indefinite" (Intel SDM vol. 1, 4.8.3.7).
  static constexpr Bits kIndefinite = kSign | kInfinity | kQuiet;
};
using Single = BinaryFormat<u32, 23, 127>;
using Double = BinaryFormat<u64, 52, 1023>;

template <class F>
constexpr bool sign_of(typename F::Bits value) {
  return (value & F::kSign) != 0;
}
template <class F>
constexpr typename F::Bits magnitude(typename F::Bits value) {
  return value & ~F::kSign;
}
template <class F>
constexpr bool is_nan(typename F::Bits value) {
  return magnitude<F>(value) > F::kInfinity;
}
template <class F>
constexpr bool is_signaling(typename F::Bits value) {
  return is_nan<F>(value) && (value & F::kQuiet) == 0;
}
template <class F>
constexpr bool is_infinity(typename F::Bits value) {
  return magnitude<F>(value) == F::kInfinity;
}
template <class F>
constexpr bool is_zero(typename F::Bits value) {
  return magnitude<F>(value) == 0;
}
template <class F>
constexpr bool is_denormal(typename F::Bits value) {
  return !is_zero<F>(value) && magnitude<F>(value) <= F::kFraction;
}
template <class F>
constexpr typename F::Bits with_sign(bool sign, typename F::Bits value) {
  return sign ? value | F::kSign : value;
}

/// An operand as the operation sees it: MXCSR.DAZ makes zeros of denormals.
template <class F>
constexpr typename F::Bits operand(typename F::Bits value, const SseEnvironment& environment) {
  return environment.denormals_are_zeros() && is_denormal<F>(value) ? value & F::kSign : value;
}

/// A finite nonzero number: sign × significand × 2^(exponent - 63), bit 63 of the significand set.
struct Unpacked {
  bool sign;
  s32 exponent;
  u64 significand;
};

template <class F>
constexpr Unpacked unpack(typename F::Bits value) {
  const s32 field = static_cast<s32>(magnitude<F>(value) >> F::kFractionBits);
  u64 significand = value & F::kFraction;
  if (field != 0) significand |= u64{1} << F::kFractionBits;
  const int shift = std::countl_zero(significand);
  const s32 exponent = (field == 0 ? 1 : field) - F::kBias + 63 - static_cast<s32>(F::kFractionBits) - shift;
  return {sign_of<F>(value), exponent, significand << shift};
}

/// A nonzero result before rounding: sign × significand × 2^(exponent - 127). Bit 127 of the significand is
/// set; bit 0 stands for everything below it.
struct Unrounded {
  bool sign;
  s32 exponent;
  u128 significand;
};

/// `significand` shifted right by `count` (1 to 127) and rounded to an integer.
struct RoundedShift {
  u64 value;
  bool inexact;
};
RoundedShift round_shift(u128 significand, unsigned count, bool sign, Rounding rounding);

/// The number an operation delivers, with OE, UE and PE. Tininess is detected after rounding. Where OE or UE
/// is unmasked PE tells whether the result with an unbounded exponent is exact; the value is then not to be
/// used. Source: Intel SDM vol. 1, 4.9.1.4 to 4.9.1.6 and 11.5.2.4 to 11.5.2.6.
template <class F>
typename F::Bits round_and_pack(Unrounded result, SseEnvironment& environment);

/// The same from any nonzero significand: normalises first.
template <class F>
typename F::Bits normalize_and_pack(Unrounded result, SseEnvironment& environment) {
  const unsigned shift = count_leading_zeros(result.significand);
  return round_and_pack<F>(
      {result.sign, result.exponent - static_cast<s32>(shift), result.significand << shift}, environment);
}

/// Raises the invalid exception if an operand is signaling, and delivers the first that is a NaN, quieted
/// (vol. 1, table 4-7). At least one of them must be.
template <class F>
constexpr typename F::Bits propagate_nan(typename F::Bits a, typename F::Bits b,
                                         SseEnvironment& environment) {
  if (is_signaling<F>(a) || is_signaling<F>(b)) environment.raise(x87_exception::kInvalid);
  return (is_nan<F>(a) ? a : b) | F::kQuiet;
}

template <class F>
constexpr typename F::Bits invalid_operation(SseEnvironment& environment) {
  environment.raise(x87_exception::kInvalid);
  return F::kIndefinite;
}

}  // namespace ringdown::sse_float
