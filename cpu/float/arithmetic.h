// Soft-float arithmetic on 80-bit numbers, bit for bit what an x87 of the 387 or later delivers.
#pragma once

#include "cpu/float/classify.h"
#include "cpu/float/ordering.h"

namespace ringdown::soft_float {

/// Each computes under `environment` (rounding, precision control, masks), adds the exceptions it raises and
/// sets `rounded_up`. Operands may be any bit pattern. Source: Intel SDM vol. 1, 8.3.5 and 8.5; vol. 2, the
/// tables beside each instruction.
Float80 add(Float80 a, Float80 b, FloatEnvironment& environment);
/// a - b
Float80 subtract(Float80 a, Float80 b, FloatEnvironment& environment);
Float80 multiply(Float80 a, Float80 b, FloatEnvironment& environment);
/// a / b
Float80 divide(Float80 a, Float80 b, FloatEnvironment& environment);
Float80 square_root(Float80 a, FloatEnvironment& environment);

/// FRNDINT: to an integer by the rounding control; the precision control has no effect.
Float80 round_to_integer(Float80 a, FloatEnvironment& environment);
/// FSCALE: a × 2^trunc(b), rounded to extended precision.
Float80 scale(Float80 a, Float80 b, FloatEnvironment& environment);

/// What FXTRACT makes of one number.
struct Extracted {
  Float80 exponent;
  Float80 significand;
};
/// FXTRACT: the unbiased exponent as a number, and the significand with the sign and exponent zero.
Extracted extract(Float80 a, FloatEnvironment& environment);

/// The result of FPREM or FPREM1.
struct Remainder {
  Float80 value;
  /// The low three bits of the quotient; zero while `partial`.
  u8 quotient;
  /// C2: the exponents were too far apart, and the instruction must be repeated.
  bool partial;
};
/// The two ways to round the quotient.
enum class RemainderKind : u8 { Truncating, Nearest };
/// FPREM (truncating) and FPREM1 (IEEE 754): a - b × quotient, exact. A partial step reduces the exponent
/// difference D by N = 32 + D mod 32 bits, N being left to the implementation by the manual.
Remainder remainder(Float80 a, Float80 b, RemainderKind kind, FloatEnvironment& environment);

Ordering compare(Float80 a, Float80 b, QuietNans quiet_nans, FloatEnvironment& environment);

}  // namespace ringdown::soft_float
