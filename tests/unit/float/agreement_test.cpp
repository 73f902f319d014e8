// Random operands, control words and earlier flags: the front over the host's unit agrees with the soft
// float.
#include <catch2/catch.hpp>
#include <random>

#include "cpu/float/x87_float.h"
#include "tests/unit/float/print.h"

namespace ringdown::test {

namespace {

/// Operands that meet the edges of the format often.
class Operands {
 public:
  u64 bits() { return random_(); }
  u64 below(u64 limit) { return random_() % limit; }

  Float80 number() {
    Float80 value{significand(), exponent()};
    if (below(3) != 0) value.significand |= float80::kIntegerBit;
    if (below(2) != 0) value.sign_exponent |= float80::kSignBit;
    return value;
  }

  /// A partner often close in magnitude, sometimes the same number.
  Float80 partner(Float80 a) {
    if (below(16) == 0) return a;
    Float80 b = number();
    if (below(3) == 0)
      b.sign_exponent = static_cast<u16>((a.sign_exponent + below(5)) & float80::kExponentMask);
    return b;
  }

  u16 control() {
    const u16 masks = below(2) != 0 ? x87_exception::kAll : static_cast<u16>(below(64));
    return static_cast<u16>(x87_control::kReservedOne | masks | below(4) << 8 | below(4) << 10);
  }

 private:
  u64 significand() {
    static constexpr u64 kEdges[]{0,
                                  1,
                                  2,
                                  u64{1} << 63,
                                  (u64{1} << 63) + 1,
                                  ~u64{0},
                                  u64{3} << 62,
                                  ~u64{0} >> 1,
                                  u64{1} << 62,
                                  ~u64{0} << 11,
                                  ~u64{0} << 40,
                                  ~u64{0} << 39};
    switch (below(4)) {
      case 0:
        return kEdges[below(std::size(kEdges))];
      case 1:
        return bits() << below(60);
      default:
        return bits() >> below(60);
    }
  }

  u16 exponent() {
    static constexpr u16 kEdges[]{0,      1,      2,      0x3FFE, 0x3FFF, 0x4000, 0x7FFD, 0x7FFE, 0x7FFF,
                                  0x403E, 0x401E, 0x400E, 0x3F80, 0x3F81, 0x3C00, 0x3C01, 0x407F, 0x43FF};
    switch (below(3)) {
      case 0:
        return static_cast<u16>(0x3FFF - 40 + below(80));
      case 1:
        return static_cast<u16>(below(0x8000));
      default:
        return kEdges[below(std::size(kEdges))];
    }
  }

  std::mt19937_64 random_{20260101};
};

/// What an operation left behind, compared as a whole.
struct Outcome {
  std::string result;
  u8 raised;
  bool rounded_up;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class T>
std::string describe(T value) {
  if constexpr (std::is_same_v<T, Float80>) {
    return to_string(value);
  } else {
    return std::to_string(value);
  }
}

template <class Operation>
Outcome run(FloatEnvironment environment, Operation operation) {
  const auto value = operation(environment);
  return {environment.is_suppressed() ? "" : describe(value), environment.raised, environment.rounded_up};
}

constexpr int kRounds = 60'000;

template <class Front, class Soft>
void check_agreement(const char* name, Front front, Soft soft) {
  Operands operands;
  for (int i = 0; i < kRounds; ++i) {
    const Float80 a = operands.number();
    const Float80 b = operands.partner(a);
    FloatEnvironment environment(operands.control());
    // Flags that an earlier instruction left; unmasked ones would have been reported before this one.
    environment.raised = static_cast<u8>(operands.bits() & environment.masks());
    const Outcome expected = run(environment, [&](auto& e) { return soft(a, b, e); });
    const Outcome actual = run(environment, [&](auto& e) { return front(a, b, e); });
    if (expected == actual) continue;
    FAIL(name << ' ' << to_string(a) << ' ' << to_string(b) << " control " << environment.control.value()
              << ": soft " << expected.result << ' ' << int{expected.raised} << ' ' << expected.rounded_up
              << ", front " << actual.result << ' ' << int{actual.raised} << ' ' << actual.rounded_up);
  }
}

using soft_float::IntegerSize;

}  // namespace

TEST_CASE("host arithmetic agrees with the soft float", "[float]") {
  check_agreement("add", x87_float::add, soft_float::add);
  check_agreement("subtract", x87_float::subtract, soft_float::subtract);
  check_agreement("multiply", x87_float::multiply, soft_float::multiply);
  check_agreement("divide", x87_float::divide, soft_float::divide);
  check_agreement(
      "square_root", [](auto a, auto, auto& e) { return x87_float::square_root(a, e); },
      [](auto a, auto, auto& e) { return soft_float::square_root(a, e); });
  check_agreement(
      "round_to_integer", [](auto a, auto, auto& e) { return x87_float::round_to_integer(a, e); },
      [](auto a, auto, auto& e) { return soft_float::round_to_integer(a, e); });
}

TEST_CASE("host conversions agree with the soft float", "[float]") {
  check_agreement(
      "to_float32", [](auto a, auto, auto& e) { return x87_float::to_float32(a, e); },
      [](auto a, auto, auto& e) { return soft_float::to_float32(a, e); });
  check_agreement(
      "to_float64", [](auto a, auto, auto& e) { return x87_float::to_float64(a, e); },
      [](auto a, auto, auto& e) { return soft_float::to_float64(a, e); });
  check_agreement(
      "to_integer16", [](auto a, auto, auto& e) { return x87_float::to_integer<IntegerSize::Word>(a, e); },
      [](auto a, auto, auto& e) { return soft_float::to_integer(a, IntegerSize::Word, e); });
  check_agreement(
      "to_integer32",
      [](auto a, auto, auto& e) { return x87_float::to_integer<IntegerSize::Doubleword>(a, e); },
      [](auto a, auto, auto& e) { return soft_float::to_integer(a, IntegerSize::Doubleword, e); });
  check_agreement(
      "to_integer64",
      [](auto a, auto, auto& e) { return x87_float::to_integer<IntegerSize::Quadword>(a, e); },
      [](auto a, auto, auto& e) { return soft_float::to_integer(a, IntegerSize::Quadword, e); });
}

}  // namespace ringdown::test
