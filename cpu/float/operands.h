// Steps that several soft-float operations begin or end with.
#pragma once

#include "cpu/float/round.h"

namespace ringdown::soft_float {

constexpr bool is_nonzero_finite(FloatClass c) {
  return c == FloatClass::Denormal || c == FloatClass::Normal;
}

/// Raises the denormal-operand exception where it is due. False if that is unmasked, so that the operation
/// ends here. To be called after the checks for invalid operation and zero divide (priority: vol. 1, 8.6).
constexpr bool accept_operand(FloatClass c, FloatEnvironment& environment) {
  if (c != FloatClass::Denormal) return true;
  environment.raise(x87_exception::kDenormal);
  return environment.is_masked(x87_exception::kDenormal);
}

constexpr bool accept_operands(FloatClass a, FloatClass b, FloatEnvironment& environment) {
  return accept_operand(a == FloatClass::Denormal ? a : b, environment);
}

/// A finite nonzero number as a result of its own: precision control, underflow and overflow apply to it.
inline Float80 round_again(Float80 value, FloatEnvironment& environment) {
  const Unpacked x = unpack(value);
  return round_and_pack({x.sign, x.exponent, make_u128(x.significand, 0)}, environment.precision(),
                        environment);
}

/// rest / divisor as the 64 bits behind a binary point: exact in "zero", "below", "at" and "above a half".
constexpr u64 fraction_of_rest(u64 rest, u64 divisor) {
  if (rest == 0) return 0;
  const u64 complement = divisor - rest;
  if (rest < complement) return 1;
  return rest == complement ? float80::kIntegerBit : float80::kIntegerBit | 1;
}

}  // namespace ringdown::soft_float
