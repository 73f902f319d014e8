// FPREM and FPREM1: exact partial remainders.
#include "cpu/float/arithmetic.h"
#include "cpu/float/operands.h"

namespace ringdown::soft_float {

namespace {

/// An exact result: it may underflow, but is never rounded.
Float80 pack_exact(bool sign, s32 exponent, u64 significand, FloatEnvironment& environment) {
  if (significand == 0) return float80::zero(sign);
  return normalize_round_and_pack({sign, exponent, make_u128(significand, 0)}, Precision::Extended,
                                  environment);
}

/// (significand × 2^shift) mod divisor and the low bits of the quotient; shift below 64.
struct Reduced {
  u64 rest;
  u64 quotient;
};
Reduced reduce(u64 significand, s32 shift, u64 divisor) {
  const u128 dividend = static_cast<u128>(significand) << shift;
  return {low_half(dividend % divisor), low_half(dividend / divisor)};
}

/// One step that leaves the quotient unfinished.
Remainder partial_remainder(Unpacked x, Unpacked y, FloatEnvironment& environment) {
  const s32 difference = x.exponent - y.exponent;
  const s32 step = 32 + difference % 32;
  const Reduced r = reduce(x.significand, step, y.significand);
  return {pack_exact(x.sign, y.exponent + difference - step, r.rest, environment), 0, true};
}

Remainder final_remainder(Unpacked x, Unpacked y, RemainderKind kind, FloatEnvironment& environment) {
  const s32 difference = x.exponent - y.exponent;
  if (kind == RemainderKind::Truncating) {
    if (difference < 0) return {pack_exact(x.sign, x.exponent, x.significand, environment), 0, false};
    const Reduced r = reduce(x.significand, difference, y.significand);
    return {pack_exact(x.sign, y.exponent, r.rest, environment), static_cast<u8>(r.quotient & 7), false};
  }
  // Below half of the divisor nothing is subtracted.
  if (difference < -1) return {pack_exact(x.sign, x.exponent, x.significand, environment), 0, false};
  if (difference == -1) {
    // x < y: the quotient rounds to one if x is more than y / 2.
    if (x.significand <= y.significand) {
      return {pack_exact(x.sign, x.exponent, x.significand, environment), 0, false};
    }
    // y - x in units of x, that is 2 × y - x; it is below y.
    const u64 rest = (y.significand << 1) - x.significand;
    return {pack_exact(!x.sign, x.exponent, rest, environment), 1, false};
  }
  const Reduced r = reduce(x.significand, difference, y.significand);
  const u64 complement = y.significand - r.rest;
  const bool up = r.rest > complement || (r.rest == complement && (r.quotient & 1) != 0);
  const u64 quotient = r.quotient + (up ? 1 : 0);
  return {pack_exact(x.sign != up, y.exponent, up ? complement : r.rest, environment),
          static_cast<u8>(quotient & 7), false};
}

}  // namespace

Remainder remainder(Float80 a, Float80 b, RemainderKind kind, FloatEnvironment& environment) {
  environment.rounded_up = false;
  const FloatClass class_a = classify(a);
  const FloatClass class_b = classify(b);
  if (is_not_a_number(class_a) || is_not_a_number(class_b))
    return {propagate_nan(a, b, environment), 0, false};
  if (class_a == FloatClass::Infinity || class_b == FloatClass::Zero) {
    return {invalid_operation(environment), 0, false};
  }
  if (!accept_operands(class_a, class_b, environment)) return {a, 0, false};
  if (class_a == FloatClass::Zero) return {a, 0, false};
  const Unpacked x = unpack(a);
  if (class_b == FloatClass::Infinity) {
    return {pack_exact(x.sign, x.exponent, x.significand, environment), 0, false};
  }
  const Unpacked y = unpack(b);
  if (x.exponent - y.exponent >= 64) return partial_remainder(x, y, environment);
  return final_remainder(x, y, kind, environment);
}

}  // namespace ringdown::soft_float
