// The cases the vectors do not have: NaN choice, unsupported encodings, unmasked responses, FPREM, FSCALE,
// BCD.
#include "cpu/float/arithmetic.h"

#include <catch2/catch.hpp>

#include "cpu/float/convert.h"
#include "cpu/float/x87_state.h"
#include "tests/unit/float/print.h"

namespace Catch {
template <>
struct StringMaker<ringdown::Float80> {
  static std::string convert(const ringdown::Float80& value) { return ringdown::test::to_string(value); }
};
}  // namespace Catch

namespace ringdown::test {

using namespace x87_exception;

namespace {

Float80 number(s64 value) { return soft_float::from_integer(value); }

constexpr Float80 kLargest{~u64{0}, 0x7FFE};
constexpr Float80 kSmallestNormal{u64{1} << 63, 1};
constexpr Float80 kSignaling{0x8000'0000'0000'0005, 0x7FFF};
constexpr Float80 kQuietSmall{0xC000'0000'0000'0001, 0x7FFF};
constexpr Float80 kQuietLarge{0xC000'0000'0000'0009, 0xFFFF};
constexpr Float80 kUnnormal{0x4000'0000'0000'0000, 0x4000};
constexpr Float80 kPseudoInfinity{0, 0x7FFF};
constexpr Float80 kPseudoDenormal{u64{1} << 63, 0};

FloatEnvironment unmasked(u8 exceptions) {
  return FloatEnvironment(static_cast<u16>(x87_control::kInitial & ~exceptions));
}

}  // namespace

TEST_CASE("of two NaNs the quiet one, then the larger significand is the result", "[float]") {
  FloatEnvironment environment;
  CHECK(soft_float::add(kQuietSmall, kQuietLarge, environment) == kQuietLarge);
  CHECK(soft_float::multiply(kQuietLarge, kQuietSmall, environment) == kQuietLarge);
  CHECK(environment.raised == 0);
  CHECK(soft_float::subtract(kSignaling, kQuietSmall, environment) == kQuietSmall);
  CHECK(environment.raised == kInvalid);
  CHECK(soft_float::divide(kSignaling, number(1), environment) == Float80{0xC000'0000'0000'0005, 0x7FFF});
  CHECK(soft_float::add(kQuietSmall, negate(kQuietSmall), environment) == kQuietSmall);
}

TEST_CASE("unsupported encodings are invalid operands, pseudo-denormals are denormals", "[float]") {
  for (const Float80 bad : {kUnnormal, kPseudoInfinity}) {
    FloatEnvironment environment;
    CHECK(soft_float::add(bad, number(1), environment) == float80::kIndefinite);
    CHECK(soft_float::add(kQuietSmall, bad, environment) == float80::kIndefinite);
    CHECK(environment.raised == kInvalid);
  }
  FloatEnvironment environment;
  CHECK(soft_float::add(kPseudoDenormal, float80::zero(false), environment) == kSmallestNormal);
  CHECK(environment.raised == kDenormal);
}

TEST_CASE("unmasked overflow and underflow deliver the bias-adjusted result", "[float]") {
  FloatEnvironment over = unmasked(kOverflow);
  CHECK(soft_float::multiply(kLargest, number(4), over) == Float80{~u64{0}, 0x7FFE + 2 - 0x6000});
  CHECK(over.raised == kOverflow);

  // An exact tiny result raises UE only where it is unmasked.
  FloatEnvironment under = unmasked(kUnderflow);
  CHECK(soft_float::divide(kSmallestNormal, number(2), under) == Float80{u64{1} << 63, 0x6000});
  CHECK(under.raised == kUnderflow);
  FloatEnvironment masked;
  CHECK(soft_float::divide(kSmallestNormal, number(2), masked) == Float80{u64{1} << 62, 0});
  CHECK(masked.raised == 0);
}

TEST_CASE("unmasked exceptions before the operation end it with that flag alone", "[float]") {
  FloatEnvironment environment = unmasked(kDenormal);
  soft_float::multiply({1, 0}, {1, 0}, environment);
  CHECK(environment.is_suppressed());
  CHECK(environment.raised == kDenormal);
}

TEST_CASE("C1 tells that the magnitude was rounded up", "[float]") {
  FloatEnvironment environment;
  soft_float::divide(number(2), number(3), environment);
  CHECK(environment.rounded_up);
  soft_float::divide(number(1), number(3), environment);
  CHECK(environment.rounded_up);
  environment.control.set<x87_control::RoundingControl>(Rounding::Zero);
  soft_float::divide(number(2), number(3), environment);
  CHECK_FALSE(environment.rounded_up);
}

TEST_CASE("FPREM and FPREM1 give quotient bits, and partial steps for distant exponents", "[float]") {
  FloatEnvironment environment;
  const auto truncating =
      soft_float::remainder(number(-17), number(3), soft_float::RemainderKind::Truncating, environment);
  CHECK(truncating.value == number(-2));
  CHECK(truncating.quotient == 5);
  const auto nearest =
      soft_float::remainder(number(-17), number(3), soft_float::RemainderKind::Nearest, environment);
  CHECK(nearest.value == number(1));
  CHECK(nearest.quotient == 6);

  auto step = soft_float::remainder(kLargest, number(7), soft_float::RemainderKind::Truncating, environment);
  CHECK(step.partial);
  int steps = 1;
  for (; step.partial; ++steps) {
    step = soft_float::remainder(step.value, number(7), soft_float::RemainderKind::Truncating, environment);
  }
  CHECK(steps < 520);
  // 2^16384 - 2^16320 modulo 7: 2^k mod 7 repeats 1, 2, 4.
  CHECK(step.value == number(1));
  CHECK(environment.raised == 0);
}

TEST_CASE("FSCALE truncates the scale and overflows twice to infinity", "[float]") {
  FloatEnvironment environment;
  const Float80 minus_one_and_a_half{0xC000'0000'0000'0000, 0xBFFF};
  CHECK(soft_float::scale(number(6), minus_one_and_a_half, environment) == number(3));
  CHECK(soft_float::scale(number(1), float80::infinity(true), environment) == float80::zero(false));
  CHECK(environment.raised == 0);
  CHECK(soft_float::scale(float80::zero(false), float80::infinity(false), environment) ==
        float80::kIndefinite);
  FloatEnvironment over = unmasked(kOverflow);
  CHECK(soft_float::scale(kLargest, number(0x7000), over) == float80::infinity(false));
}

TEST_CASE("FXTRACT splits a number", "[float]") {
  FloatEnvironment environment;
  const auto parts = soft_float::extract(number(-12), environment);
  CHECK(parts.exponent == number(3));
  CHECK(parts.significand == Float80{0xC000'0000'0000'0000, 0xBFFF});
  const auto denormal = soft_float::extract({1, 0}, environment);
  CHECK(denormal.exponent == number(-16445));
  CHECK(environment.raised == kDenormal);
  const auto zero = soft_float::extract(float80::zero(true), environment);
  CHECK(zero.exponent == float80::infinity(true));
  CHECK(zero.significand == float80::zero(true));
  CHECK(environment.raised == (kDenormal | kZeroDivide));
}

TEST_CASE("packed decimal round trip, limits and indefinite", "[float]") {
  FloatEnvironment environment;
  const soft_float::PackedDecimal digits{0x21, 0x43, 0x65, 0x87, 0x09, 0, 0, 0, 0, 0x80};
  CHECK(soft_float::from_packed_decimal(digits) == number(-987654321));
  CHECK(soft_float::to_packed_decimal(number(-987654321), environment) == digits);
  CHECK(environment.raised == 0);
  const auto largest = soft_float::to_packed_decimal(number(999'999'999'999'999'999), environment);
  CHECK(largest[8] == 0x99);
  CHECK(environment.raised == 0);
  const auto indefinite = soft_float::to_packed_decimal(number(1'000'000'000'000'000'000), environment);
  CHECK(indefinite == soft_float::PackedDecimal{0, 0, 0, 0, 0, 0, 0, 0xC0, 0xFF, 0xFF});
  CHECK(environment.raised == kInvalid);
}

TEST_CASE("integers out of range give the integer indefinite", "[float]") {
  FloatEnvironment environment;
  CHECK(soft_float::to_integer(number(-32768), soft_float::IntegerSize::Word, environment) == -32768);
  CHECK(environment.raised == 0);
  CHECK(soft_float::to_integer(number(32768), soft_float::IntegerSize::Word, environment) == -32768);
  CHECK(environment.raised == kInvalid);
}

TEST_CASE("the tag word is derived from the registers", "[float]") {
  X87State state;
  CHECK(state.tag_word() == 0x5555);
  state.initialize();
  CHECK(state.tag_word() == 0xFFFF);
  state.registers[7] = number(1);
  state.mark_valid(7);
  state.mark_valid(6);
  state.registers[5] = kUnnormal;
  state.mark_valid(5);
  CHECK(state.tag_word() == 0x1BFF);
  X87State other;
  other.set_tag_word(0x1BFF);
  CHECK(other.valid == 0xE0);
}

TEST_CASE("ES and B follow flags and masks", "[float]") {
  X87State state;
  state.initialize();
  state.status.set<x87_status::Flags>(kZeroDivide);
  state.update_error_summary();
  CHECK_FALSE(state.has_pending_exception());
  state.control.set<x87_control::Masks>(static_cast<u8>(kAll & ~kZeroDivide));
  state.update_error_summary();
  CHECK(state.has_pending_exception());
  CHECK(state.status.get<x87_status::Busy>());
}

}  // namespace ringdown::test
