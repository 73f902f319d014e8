// The x87's transcendental functions, computed in 128-bit integers: the same bits on every host.
#pragma once

#include "cpu/float/classify.h"

namespace ringdown::soft_float {

/// Errors are far below one unit in the last place (results are almost always the correctly rounded ones), in
/// every rounding mode; the precision control has no effect. Special operands: Intel SDM vol. 2, the tables
/// beside each instruction.

/// F2XM1: 2^a - 1 for -1 <= a <= 1. Outside, where the manual leaves the result undefined, `a` is returned.
Float80 exponential_minus_one(Float80 a, FloatEnvironment& environment);
/// FYL2X: y × log2(x).
Float80 y_log2(Float80 x, Float80 y, FloatEnvironment& environment);
/// FYL2XP1: y × log2(x + 1). Also computed beyond the range the manual defines, for x > -1.
Float80 y_log2_plus_one(Float80 x, Float80 y, FloatEnvironment& environment);
/// FPATAN: the angle of the point (x, y), from -π to π.
Float80 arctangent(Float80 y, Float80 x, FloatEnvironment& environment);

/// A trigonometric result. `out_of_range` (C2) says that |a| is 2^63 or more: nothing is computed.
struct Trigonometric {
  Float80 value;
  bool out_of_range;
};
/// FSIN, FCOS, FPTAN. Arguments are reduced by a multiple of π/2 with the 66-bit π of Intel's processors
/// (vol. 1, 8.3.8), not the exact one, so that sin(x) near multiples of π shows that value's error as theirs
/// do.
Trigonometric sine(Float80 a, FloatEnvironment& environment);
Trigonometric cosine(Float80 a, FloatEnvironment& environment);
Trigonometric tangent(Float80 a, FloatEnvironment& environment);

}  // namespace ringdown::soft_float
