// The SSE arithmetic in integers against the host's SSE unit: the same results and flags.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "core/host_sse.h"
#include "cpu/float/sse_arithmetic.h"
#include "cpu/float/sse_convert.h"
#include "tests/support/sse_operands.h"

namespace ringdown::test {

namespace {

using sse_float::Double;
using sse_float::Predicate;
using sse_float::Single;
using sse_float::ToInteger;

constexpr unsigned kRounds = 20'000;
constexpr u32 kFlags = 0x3f;

template <class T>
T low(host_sse::Vector value) {
  T result;
  std::memcpy(&result, &value, sizeof(T));
  return result;
}
template <class T>
host_sse::Vector vector(T value) {
  host_sse::Vector result{};
  std::memcpy(&result, &value, sizeof(T));
  return result;
}

/// Runs a scalar instruction on the host, with no flags left over from before.
template <auto Host, class T>
auto on_host(T a, T b, u32 control) {
  return host_sse::run(control, 0, [&] { return Host(vector(a), vector(b)); });
}

template <class F, auto Host, auto Function>
void check_binary(const char* name) {
  INFO(name);
  SseOperands operands;
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto a = operands.number<F>();
    const auto b = operands.below(8) == 0 ? a : operands.number<F>();
    const u32 control = operands.masked_control() & ~kFlags;
    const auto expected = on_host<Host>(a, b, control);
    SseEnvironment environment(control);
    const auto result = Function(a, b, environment);
    INFO(std::hex << +a << ' ' << +b << " under " << control);
    REQUIRE(result == low<typename F::Bits>(expected.value));
    REQUIRE(environment.raised == expected.flags);
  }
}

template <class Bits, class F, auto Host, auto Function>
void check_conversion(const char* name) {
  INFO(name);
  SseOperands operands;
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto a = operands.number<F>();
    const u32 control = operands.masked_control() & ~kFlags;
    const auto expected = on_host<Host>(a, a, control);
    SseEnvironment environment(control);
    const auto result = Function(a, environment);
    INFO(std::hex << +a << " under " << control);
    REQUIRE(result == low<Bits>(expected.value));
    REQUIRE(environment.raised == expected.flags);
  }
}

template <class F, auto Host, QuietNans Q>
void check_comparison(const char* name) {
  INFO(name);
  SseOperands operands;
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto a = operands.number<F>();
    const auto b = operands.below(4) == 0 ? a : operands.number<F>();
    const u32 control = operands.masked_control() & ~kFlags;
    const auto expected = on_host<Host>(a, b, control);
    SseEnvironment environment(control);
    const Ordering order = sse_float::compare<F>(a, b, Q, environment);
    INFO(std::hex << +a << ' ' << +b << " under " << control);
    REQUIRE((order == Ordering::Unordered) == expected.value.parity);
    REQUIRE((order == Ordering::Less || order == Ordering::Unordered) == expected.value.carry);
    REQUIRE((order == Ordering::Equal || order == Ordering::Unordered) == expected.value.zero);
    REQUIRE(environment.raised == expected.flags);
  }
}

template <class F, Predicate P>
constexpr auto kLanes = sse_float::compare_lanes<F, P>;

}  // namespace

TEST_CASE("SSE arithmetic agrees with the host", "[float][sse]") {
  if constexpr (host_sse::kAvailable) {
    check_binary<Single, host_sse::addss, sse_float::add<Single>>("addss");
    check_binary<Double, host_sse::addsd, sse_float::add<Double>>("addsd");
    check_binary<Single, host_sse::subss, sse_float::subtract<Single>>("subss");
    check_binary<Double, host_sse::subsd, sse_float::subtract<Double>>("subsd");
    check_binary<Single, host_sse::mulss, sse_float::multiply<Single>>("mulss");
    check_binary<Double, host_sse::mulsd, sse_float::multiply<Double>>("mulsd");
    check_binary<Single, host_sse::divss, sse_float::divide<Single>>("divss");
    check_binary<Double, host_sse::divsd, sse_float::divide<Double>>("divsd");
    check_binary<Single, host_sse::sqrtss, sse_float::square_root<Single>>("sqrtss");
    check_binary<Double, host_sse::sqrtsd, sse_float::square_root<Double>>("sqrtsd");
    check_binary<Single, host_sse::minss, sse_float::minimum<Single>>("minss");
    check_binary<Double, host_sse::minsd, sse_float::minimum<Double>>("minsd");
    check_binary<Single, host_sse::maxss, sse_float::maximum<Single>>("maxss");
    check_binary<Double, host_sse::maxsd, sse_float::maximum<Double>>("maxsd");
  }
}

TEST_CASE("SSE comparisons agree with the host", "[float][sse]") {
  if constexpr (host_sse::kAvailable) {
    check_binary<Single, host_sse::cmpeqss, kLanes<Single, Predicate::Equal>>("cmpeqss");
    check_binary<Single, host_sse::cmpltss, kLanes<Single, Predicate::LessThan>>("cmpltss");
    check_binary<Double, host_sse::cmplesd, kLanes<Double, Predicate::LessEqual>>("cmplesd");
    check_binary<Double, host_sse::cmpunordsd, kLanes<Double, Predicate::Unordered>>("cmpunordsd");
    check_comparison<Single, host_sse::comiss, QuietNans::Invalid>("comiss");
    check_comparison<Double, host_sse::comisd, QuietNans::Invalid>("comisd");
    check_comparison<Single, host_sse::ucomiss, QuietNans::Accepted>("ucomiss");
    check_comparison<Double, host_sse::ucomisd, QuietNans::Accepted>("ucomisd");
  }
}

TEST_CASE("SSE conversions agree with the host", "[float][sse]") {
  if constexpr (host_sse::kAvailable) {
    check_conversion<u64, Single, host_sse::cvtps2pd, sse_float::widen>("widening");
    check_conversion<u32, Double, host_sse::cvtpd2ps, sse_float::narrow>("narrowing");
    check_conversion<u32, Single, host_sse::cvtdq2ps, sse_float::from_integer<Single>>("cvtdq2ps");
    check_conversion<u64, Single, host_sse::cvtdq2pd, sse_float::from_integer<Double>>("cvtdq2pd");
    check_conversion<u32, Single, host_sse::cvtps2dq, sse_float::to_integer<Single, ToInteger::Rounded>>(
        "cvtps2dq");
    check_conversion<u32, Single, host_sse::cvttps2dq, sse_float::to_integer<Single, ToInteger::Truncated>>(
        "cvttps2dq");
    check_conversion<u32, Double, host_sse::cvtpd2dq, sse_float::to_integer<Double, ToInteger::Rounded>>(
        "cvtpd2dq");
    check_conversion<u32, Double, host_sse::cvttpd2dq, sse_float::to_integer<Double, ToInteger::Truncated>>(
        "cvttpd2dq");
  }
}

TEST_CASE("estimates keep their bound over every exponent", "[float][sse]") {
  SseOperands operands;
  for (unsigned round = 0; round < kRounds; ++round) {
    const u32 field = static_cast<u32>(2 + operands.below(250));
    const u32 bits = field << 23 | (static_cast<u32>(operands.bits()) & Single::kFraction);
    const double x = std::bit_cast<float>(bits);
    const double reciprocal = std::bit_cast<float>(sse_float::reciprocal_estimate(bits));
    const double root = std::bit_cast<float>(sse_float::reciprocal_root_estimate(bits));
    REQUIRE(std::abs(reciprocal * x - 1) < 0x1p-13);
    REQUIRE(std::abs(root * std::sqrt(x) - 1) < 0x1p-13);
  }
}

TEST_CASE("estimates of special values", "[float][sse]") {
  constexpr u32 kMinus = Single::kSign;
  struct Expectation {
    u32 value, reciprocal, root;
  };
  const Expectation expectations[] = {
      {0, Single::kInfinity, Single::kInfinity},
      {kMinus, kMinus | Single::kInfinity, kMinus | Single::kInfinity},
      {1, Single::kInfinity, Single::kInfinity},                             // a denormal
      {kMinus | 1, kMinus | Single::kInfinity, kMinus | Single::kInfinity},  // counts as zero
      {Single::kInfinity, 0, 0},
      {kMinus | Single::kInfinity, kMinus, Single::kIndefinite},
      {0x7f80'0001, 0x7fc0'0001, 0x7fc0'0001},
      {0x3f80'0000, 0x3f80'0000, 0x3f80'0000},
      {0x4080'0000, 0x3e80'0000, 0x3f00'0000},
      {0xbf80'0000, 0xbf80'0000, Single::kIndefinite},
      {0x7f00'0000, 0, 0x1fb5'0400},  // 1 / 2^127 is tiny
  };
  for (const Expectation& e : expectations) {
    INFO(std::hex << e.value);
    CHECK(sse_float::reciprocal_estimate(e.value) == e.reciprocal);
    CHECK(sse_float::reciprocal_root_estimate(e.value) == e.root);
  }
}

// Flags of unmasked exceptions, as observed on processors: what an instruction that ends in one reports.
TEST_CASE("unmasked exceptions report the flags of unbounded results", "[float][sse]") {
  constexpr u32 kMax = 0x7f7f'ffff, kTiny = 0x0080'0000, kHalf = 0x3f00'0000, kTwo = 0x4000'0000;
  constexpr u32 kThird = 0x3e99'999a;
  struct Expectation {
    u32 a, b, unmasked, flags;
  };
  using namespace x87_exception;
  const Expectation expectations[] = {
      {kMax, kMax, kOverflow, kOverflow | kPrecision},
      {0x7f00'0000, kTwo, kOverflow, kOverflow},  // exact but for the exponent
      {kMax, kMax, kPrecision, kOverflow | kPrecision},
      {kTiny, kHalf, kUnderflow, kUnderflow},  // exact
      {kTiny, kHalf, kOverflow, 0},            // masked underflow asks for inexactness too
      {kTiny + 1, kThird, kUnderflow, kUnderflow | kPrecision},
      {kTiny + 1, kHalf, kUnderflow, kUnderflow},  // inexact only as a denormal
      {0x00ff'ffff, kHalf, kUnderflow, kUnderflow},
      {3, kThird, kDenormal, kDenormal},  // found before the result
      {3, kThird, kPrecision, kDenormal | kUnderflow | kPrecision},
  };
  constexpr u32 kAllMasked = 0x1f80;
  for (const Expectation& e : expectations) {
    INFO(std::hex << e.a << " * " << e.b << ", unmasked " << e.unmasked);
    SseEnvironment environment(kAllMasked & ~(e.unmasked << 7));
    (void)sse_float::multiply<Single>(e.a, e.b, environment);
    CHECK(environment.reported() == e.flags);
    CHECK(environment.is_unmasked() == ((e.flags & e.unmasked) != 0));
  }
}

}  // namespace ringdown::test
