// Transcendental results are the same on every host, whatever unit it has.
#include <array>
#include <catch2/catch.hpp>

#include "cpu/float/classify.h"
#include "tests/instruction/x87_transcendental/transcendental_cases.h"

namespace ringdown::test {

namespace {

constexpr int kArguments = 4000;
constexpr std::array kRoundings{Rounding::Nearest, Rounding::Down, Rounding::Up, Rounding::Zero};

/// FNV-1a.
class Checksum {
 public:
  void add(u64 value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) hash_ = (hash_ ^ (value >> (8 * i) & 0xFF)) * 0x0000'0100'0000'01B3;
  }
  void add(Float80 value) {
    add(value.significand, 8);
    add(value.sign_exponent, 2);
  }
  u64 value() const { return hash_; }

 private:
  u64 hash_ = 0xCBF2'9CE4'8422'2325;
};

u64 checksum(X87Guest& guest, const TranscendentalInstruction& instruction, Rounding rounding) {
  Checksum sum;
  for_each_argument(instruction.function, kArguments, [&](const Arguments& arguments) {
    const TranscendentalResult result = run_transcendental(guest, instruction, arguments, rounding);
    sum.add(result.st0);
    sum.add(result.st1);
    sum.add(result.status, 2);
  });
  return sum.value();
}

/// In the order of the instructions, and for each of the roundings.
constexpr u64 kExpected[][4]{
#include "tests/instruction/x87_transcendental/golden_checksums.inc"
};

}  // namespace

TEST_CASE("transcendental results are the same on every host", "[x87]") {
  const X87GuestMode mode = GENERATE(X87GuestMode::Bare, X87GuestMode::TrapRing1, X87GuestMode::TrapRing3);
  const auto guest = make_x87_guest(mode);
  const auto instructions = transcendental_instructions();
  REQUIRE(instructions.size() == std::size(kExpected));
  for (std::size_t i = 0; i < instructions.size(); ++i) {
    for (std::size_t r = 0; r < kRoundings.size(); ++r) {
      INFO(mode_name(mode) << ": " << instructions[i].name << ", rounding " << r);
      CHECK(checksum(*guest, instructions[i], kRoundings[r]) == kExpected[i][r]);
    }
  }
}

TEST_CASE("the trigonometric instructions take arguments below 2^63", "[x87]") {
  const auto guest = make_x87_guest(X87GuestMode::Bare);
  for (const TranscendentalInstruction& instruction : transcendental_instructions()) {
    if (instruction.function < Transcendental::Fsin) continue;
    INFO(instruction.name);
    for (const u16 sign : {u16{0}, float80::kSignBit}) {
      const Float80 outside{float80::kIntegerBit, static_cast<u16>(sign | (float80::kBias + 63))};
      const TranscendentalResult refused =
          run_transcendental(*guest, instruction, {outside, {}}, Rounding::Nearest);
      CHECK(x87_status::C2::get(refused.status));
      CHECK(x87_status::Flags::get(refused.status) == 0);
      CHECK(refused.st0 == outside);
      const Float80 inside{~u64{0}, static_cast<u16>(sign | (float80::kBias + 62))};
      const TranscendentalResult done =
          run_transcendental(*guest, instruction, {inside, {}}, Rounding::Nearest);
      CHECK_FALSE(x87_status::C2::get(done.status));
      CHECK(x87_status::Flags::get(done.status) == x87_exception::kPrecision);
    }
  }
}

}  // namespace ringdown::test
