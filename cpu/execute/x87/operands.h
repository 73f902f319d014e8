// Memory operands of x87 instructions: the formats an instruction reads, as numbers of the 80-bit format.
#pragma once

#include "cpu/execute/x87/unit.h"

namespace ringdown::x87 {

using soft_float::Widened;

/// Formats of arithmetic and comparison operands in memory: how each becomes a number.
struct Single {
  using Bits = u32;
  static Widened widen(Bits bits) { return soft_float::widen_float32(bits); }
};
struct Double {
  using Bits = u64;
  static Widened widen(Bits bits) { return soft_float::widen_float64(bits); }
};
struct Word {
  using Bits = u16;
  static Widened widen(Bits bits) { return {soft_float::from_integer(static_cast<s16>(bits)), false}; }
};
struct Doubleword {
  using Bits = u32;
  static Widened widen(Bits bits) { return {soft_float::from_integer(static_cast<s32>(bits)), false}; }
};
struct Quadword {
  using Bits = u64;
  static Widened widen(Bits bits) { return {soft_float::from_integer(static_cast<s64>(bits)), false}; }
};

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
