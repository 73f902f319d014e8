// The transcendental functions against results of multiple-precision arithmetic, and their special operands.
#include "cpu/float/transcendental.h"

#include <catch2/catch.hpp>

#include "cpu/float/convert.h"
#include "tests/unit/float/print.h"

namespace ringdown::test {

namespace {

enum class Function : u8 { F2xm1, Fyl2x, Fyl2xp1, Fpatan, Fsin, Fcos, Fptan };

struct Sample {
  Function function;
  Float80 x;
  Float80 y;
  Rounding rounding;
  Float80 result;
  bool rounded_up;
};

constexpr Sample kSamples[]{
#include "tests/unit/float/transcendental_vectors.inc"
};

Float80 compute(Function function, Float80 x, Float80 y, FloatEnvironment& environment) {
  switch (function) {
    case Function::F2xm1:
      return soft_float::exponential_minus_one(x, environment);
    case Function::Fyl2x:
      return soft_float::y_log2(x, y, environment);
    case Function::Fyl2xp1:
      return soft_float::y_log2_plus_one(x, y, environment);
    case Function::Fpatan:
      return soft_float::arctangent(y, x, environment);
    case Function::Fsin:
      return soft_float::sine(x, environment).value;
    case Function::Fcos:
      return soft_float::cosine(x, environment).value;
    case Function::Fptan:
      return soft_float::tangent(x, environment).value;
  }
  return {};
}

constexpr Float80 kHalf{float80::kIntegerBit, 0x3FFE};
constexpr Float80 kPi{0xC90F'DAA2'2168'C235, 0x4000};
const Float80 kTwo = soft_float::from_integer(2);

/// One special case: the result under round to nearest, and the exceptions.
void check(Function function, Float80 x, Float80 y, Float80 result, u8 raised) {
  FloatEnvironment environment;
  INFO(static_cast<int>(function) << ' ' << to_string(x) << ' ' << to_string(y));
  CHECK(to_string(compute(function, x, y, environment)) == to_string(result));
  CHECK(environment.raised == raised);
}

}  // namespace

TEST_CASE("transcendental results are correctly rounded", "[float]") {
  for (const Sample& s : kSamples) {
    FloatEnvironment environment;
    environment.control.set<x87_control::RoundingControl>(s.rounding);
    INFO(static_cast<int>(s.function) << ' ' << to_string(s.x) << ' ' << to_string(s.y));
    REQUIRE(to_string(compute(s.function, s.x, s.y, environment)) == to_string(s.result));
    REQUIRE(environment.rounded_up == s.rounded_up);
  }
}

TEST_CASE("FYL2X at its poles, at one and at powers of two", "[float]") {
  using namespace x87_exception;
  const Float80 plus_zero = float80::zero(false);
  const Float80 plus_infinity = float80::infinity(false);
  check(Function::Fyl2x, plus_zero, kTwo, negate(plus_infinity), kZeroDivide);
  check(Function::Fyl2x, plus_zero, plus_zero, float80::kIndefinite, kInvalid);
  check(Function::Fyl2x, negate(kTwo), kTwo, float80::kIndefinite, kInvalid);
  check(Function::Fyl2x, float80::kOne, plus_infinity, float80::kIndefinite, kInvalid);
  check(Function::Fyl2x, float80::kOne, negate(kTwo), float80::zero(true), 0);
  check(Function::Fyl2x, kHalf, kTwo, negate(kTwo), 0);
  check(Function::Fyl2x, plus_infinity, negate(kTwo), negate(plus_infinity), 0);
}

TEST_CASE("FPATAN finds the quadrant of zeros and infinities", "[float]") {
  using namespace x87_exception;
  const Float80 plus_zero = float80::zero(false);
  const Float80 plus_infinity = float80::infinity(false);
  const Float80 half_pi{kPi.significand, 0x3FFF};
  const Float80 quarter_pi{kPi.significand, 0x3FFE};
  check(Function::Fpatan, negate(plus_zero), negate(plus_zero), negate(kPi), kPrecision);
  check(Function::Fpatan, kTwo, plus_zero, plus_zero, 0);
  check(Function::Fpatan, plus_zero, negate(kTwo), negate(half_pi), kPrecision);
  check(Function::Fpatan, plus_infinity, plus_infinity, quarter_pi, kPrecision);
  check(Function::Fpatan, kTwo, kTwo, quarter_pi, kPrecision);
}

TEST_CASE("the sine of π shows the 66-bit π of the argument reduction", "[float]") {
  FloatEnvironment environment;
  // The exact sine is -5.0166e-20; the 66-bit π lies 2^-64 (5.4210e-20) below the operand.
  const auto result = soft_float::sine(kPi, environment);
  CHECK_FALSE(result.out_of_range);
  CHECK(to_string(result.value) == "BFBF8000000000000000");
}

TEST_CASE("the tangent next to its pole is the reciprocal of a tiny angle, and less", "[float]") {
  // 64 bits of π/2 lie 2^-65 above the 66-bit one: the cotangent of 2^-65 is 2^65 - 2^-65 / 3.
  constexpr Float80 kHalfPi64{0xC90F'DAA2'2168'C235, 0x3FFF};
  FloatEnvironment environment;
  environment.control.set<x87_control::RoundingControl>(Rounding::Down);
  CHECK(to_string(soft_float::tangent(kHalfPi64, environment).value) == "C0408000000000000000");
  CHECK(environment.rounded_up);
  environment.control.set<x87_control::RoundingControl>(Rounding::Zero);
  CHECK(to_string(soft_float::tangent(kHalfPi64, environment).value) == "C03FFFFFFFFFFFFFFFFF");
  CHECK_FALSE(environment.rounded_up);
}

TEST_CASE("arguments of 2^63 and more are out of range, infinities invalid", "[float]") {
  FloatEnvironment environment;
  const Float80 huge{float80::kIntegerBit, 0x3FFF + 63};
  const auto result = soft_float::cosine(huge, environment);
  CHECK(result.out_of_range);
  CHECK(result.value == huge);
  CHECK(environment.raised == 0);
  check(Function::Fsin, float80::infinity(true), {}, float80::kIndefinite, x87_exception::kInvalid);
  check(Function::Fcos, float80::zero(true), {}, float80::kOne, 0);
}

}  // namespace ringdown::test
