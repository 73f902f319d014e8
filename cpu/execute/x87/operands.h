// Memory operands of x87 instructions: the formats an instruction reads, as numbers of the 80-bit format.
#pragma once

#include "cpu/execute/x87/unit.h"

namespace ringdown::x87 {

using soft_float::Widened;

/// Formats of operands in memory. `load`: as FLD and FILD push it. `widen`: as arithmetic and comparisons
/// take it.
struct Single {
  using Bits = u32;
  static Float80 load(Bits bits, FloatEnvironment& e) { return x87_float::from_float32(bits, e); }
  static Widened widen(Bits bits) {
    Float80 value;
    if (fast_float::widen<Bits, 23, 127>(bits, value)) [[likely]]
      return {value, false};
    return soft_float::widen_float32(bits);
  }
};
struct Double {
  using Bits = u64;
  static Float80 load(Bits bits, FloatEnvironment& e) { return x87_float::from_float64(bits, e); }
  static Widened widen(Bits bits) {
    Float80 value;
    if (fast_float::widen<Bits, 52, 1023>(bits, value)) [[likely]]
      return {value, false};
    return soft_float::widen_float64(bits);
  }
};
template <class SignedInteger>
struct Integer {
  using Bits = std::make_unsigned_t<SignedInteger>;
  static Float80 load(Bits bits, FloatEnvironment&) { return widen(bits).value; }
  static Widened widen(Bits bits) {
    return {soft_float::from_integer(static_cast<SignedInteger>(bits)), false};
  }
};
using Word = Integer<s16>;
using Doubleword = Integer<s32>;
using Quadword = Integer<s64>;

/// Computes with a memory operand that was a denormal: `operation` sees its widened, normal value, so the
/// denormal exception is added here, after invalid operation and zero divide and unless ST(0) is a NaN
/// (priorities: Intel SDM vol. 1, 8.6).
template <class Operation>
auto with_denormal_operand(Float80 st0, FloatEnvironment& environment, Operation operation) {
  if (is_not_a_number(classify(st0))) return operation(environment);
  FloatEnvironment trial(environment.control.value());
  const auto result = operation(trial);
  if ((trial.raised & (x87_exception::kInvalid | x87_exception::kZeroDivide)) == 0) {
    environment.raise(x87_exception::kDenormal);
    environment.rounded_up = false;
    if (environment.is_suppressed()) return result;
  }
  environment.raise(trial.raised);
  environment.rounded_up = trial.rounded_up;
  return result;
}

}  // namespace ringdown::x87
