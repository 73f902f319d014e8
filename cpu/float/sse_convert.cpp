// SSE conversions and approximations on single lanes.
#include "cpu/float/sse_convert.h"

namespace ringdown::sse_float {

namespace {

using x87_exception::kDenormal;
using x87_exception::kInvalid;
using x87_exception::kPrecision;

constexpr u32 kIntegerIndefinite = 0x8000'0000;

/// A NaN in another format: the upper bits of the fraction, quiet.
template <class To, class From>
typename To::Bits converted_nan(typename From::Bits value, SseEnvironment& environment) {
  if (is_signaling<From>(value)) environment.raise(kInvalid);
  const u64 fraction = u64{value & From::kFraction} << (64 - From::kFractionBits);
  const auto shifted = static_cast<typename To::Bits>(fraction >> (64 - To::kFractionBits));
  return with_sign<To>(sign_of<From>(value), To::kInfinity | To::kQuiet | shifted);
}

template <class To, class From>
typename To::Bits convert(typename From::Bits value, SseEnvironment& environment) {
  value = operand<From>(value, environment);
  if (is_nan<From>(value)) return converted_nan<To, From>(value, environment);
  if (is_infinity<From>(value)) return with_sign<To>(sign_of<From>(value), To::kInfinity);
  if (is_zero<From>(value)) return with_sign<To>(sign_of<From>(value), 0);
  if (is_denormal<From>(value)) environment.raise(kDenormal);
  const Unpacked x = unpack<From>(value);
  return round_and_pack<To>({x.sign, x.exponent, make_u128(x.significand, 0)}, environment);
}

// --- Approximations ---------------------------------------------------------------------------------------

/// Bits of an estimate's significand, the leading one included.
constexpr unsigned kEstimateBits = 14;

/// An estimate whose significand is in [2^13, 2^14], from the exponent of its leading bit.
u32 pack_estimate(bool sign, s32 exponent, u32 significand) {
  if ((significand >> kEstimateBits) != 0) {
    significand >>= 1;
    ++exponent;
  }
  const s32 field = exponent + Single::kBias;
  if (field < 1) return with_sign<Single>(sign, 0);
  const u32 fraction = (significand << (Single::kFractionBits - (kEstimateBits - 1))) & Single::kFraction;
  return with_sign<Single>(sign, static_cast<u32>(field) << Single::kFractionBits | fraction);
}

}  // namespace

u64 widen(u32 value, SseEnvironment& environment) { return convert<Double, Single>(value, environment); }
u32 narrow(u64 value, SseEnvironment& environment) { return convert<Single, Double>(value, environment); }

template <class F>
typename F::Bits from_integer(u32 value, SseEnvironment& environment) {
  if (value == 0) return 0;
  const bool sign = static_cast<s32>(value) < 0;
  const u32 absolute = sign ? 0u - value : value;
  return normalize_and_pack<F>({sign, 127, absolute}, environment);
}

template <class F, ToInteger T>
u32 to_integer(typename F::Bits value, SseEnvironment& environment) {
  value = operand<F>(value, environment);
  if (is_zero<F>(value)) return 0;
  constexpr s32 kTooLarge = 32;
  const Unpacked x = unpack<F>(value);
  if (is_nan<F>(value) || is_infinity<F>(value) || x.exponent >= kTooLarge) {
    environment.raise(kInvalid);
    return kIntegerIndefinite;
  }
  const Rounding rounding = T == ToInteger::Truncated ? Rounding::Zero : environment.rounding();
  // The point stands 64 bits up, below the 32 bits of the integer and the one above them.
  const u128 significand = static_cast<u128>(x.significand) << 33;
  const u128 fixed = shift_right_sticky(significand, static_cast<unsigned>(kTooLarge - x.exponent));
  const RoundedShift rounded = round_shift(fixed, 64, x.sign, rounding);
  const u64 limit = x.sign ? u64{1} << 31 : (u64{1} << 31) - 1;
  if (rounded.value > limit) {
    environment.raise(kInvalid);
    return kIntegerIndefinite;
  }
  if (rounded.inexact) environment.raise(kPrecision);
  const u32 absolute = static_cast<u32>(rounded.value);
  return x.sign ? 0u - absolute : absolute;
}

u32 reciprocal_estimate(u32 value) {
  if (is_nan<Single>(value)) return value | Single::kQuiet;
  const bool sign = sign_of<Single>(value);
  if (is_infinity<Single>(value)) return with_sign<Single>(sign, 0);
  if (is_zero<Single>(value) || is_denormal<Single>(value)) return with_sign<Single>(sign, Single::kInfinity);
  const Unpacked x = unpack<Single>(value);
  // 2^exponent × s with s in [1, 2): the quotient 1/s is in (1/2, 1], its leading bit one below.
  const u64 quotient = static_cast<u64>((static_cast<u128>(1) << (63 + kEstimateBits)) / x.significand);
  return pack_estimate(sign, -x.exponent - 1, static_cast<u32>(quotient));
}

u32 reciprocal_root_estimate(u32 value) {
  if (is_nan<Single>(value)) return value | Single::kQuiet;
  const bool sign = sign_of<Single>(value);
  if (is_zero<Single>(value) || is_denormal<Single>(value)) return with_sign<Single>(sign, Single::kInfinity);
  if (sign) return Single::kIndefinite;
  if (is_infinity<Single>(value)) return 0;
  const Unpacked x = unpack<Single>(value);
  // 4^h × s with s in [1, 4): 1/√s is in (1/2, 1], the root of a 2 × 14-bit quotient.
  const bool odd = (x.exponent & 1) != 0;
  const s32 half = (x.exponent - (odd ? 1 : 0)) / 2;
  const unsigned point = odd ? 62 : 63;
  const u64 quotient =
      static_cast<u64>((static_cast<u128>(1) << (point + 2 * kEstimateBits)) / x.significand);
  u32 root = 0;
  for (u32 bit = 1u << kEstimateBits; bit != 0; bit >>= 1) {
    const u64 trial = root | bit;
    if (trial * trial <= quotient) root |= bit;
  }
  return pack_estimate(false, -half - 1, root);
}

template u32 from_integer<Single>(u32, SseEnvironment&);
template u64 from_integer<Double>(u32, SseEnvironment&);
template u32 to_integer<Single, ToInteger::Rounded>(u32, SseEnvironment&);
template u32 to_integer<Single, ToInteger::Truncated>(u32, SseEnvironment&);
template u32 to_integer<Double, ToInteger::Rounded>(u64, SseEnvironment&);
template u32 to_integer<Double, ToInteger::Truncated>(u64, SseEnvironment&);

}  // namespace ringdown::sse_float
