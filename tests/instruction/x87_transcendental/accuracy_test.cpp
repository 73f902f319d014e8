// Transcendental results against multiple-precision arithmetic: the error in units of the last place, in
// every rounding.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/instruction/x87_transcendental/reference.h"
#include "tests/support/conformance_record.h"

namespace ringdown::test {

namespace {

constexpr int kArguments = 5000;

/// The manual promises less than 1 ulp to nearest (SDM vol. 1, 8.3.10). Here results are rounded once, from
/// some 120 bits: only an exact result so near to the middle between two numbers may go to the wrong one. In
/// the other roundings every result is the right one.
constexpr double kNearestBound = 0.5 + 0x1p-50;

struct Accuracy {
  double nearest = 0;
  double directed = 0;
  u64 cases = 0;
  u64 passed = 0;
  std::string first_wrong;
};

/// Results of an instruction, with the function that each is of.
std::vector<std::pair<Transcendental, Float80>> results_of(Transcendental function,
                                                           const TranscendentalResult& result) {
  if (function == Transcendental::Fptan) return {{function, result.st1}};
  if (function == Transcendental::Fsincos)
    return {{Transcendental::Fcos, result.st0}, {Transcendental::Fsin, result.st1}};
  return {{function, result.st0}};
}

void judge(const TranscendentalInstruction& instruction, const Arguments& arguments, Rounding rounding,
           const TranscendentalResult& result, Accuracy& accuracy) {
  for (const auto& [function, value] : results_of(instruction.function, result)) {
    Real exact;
    exact_result(function, arguments, exact);
    double& worst = rounding == Rounding::Nearest ? accuracy.nearest : accuracy.directed;
    const double error = error_in_ulps(value, exact);
    worst = std::max(worst, error);
    ++accuracy.cases;
    const bool in_the_middle = rounding == Rounding::Nearest && error <= kNearestBound;
    if (in_the_middle || is_correctly_rounded(value, exact, rounding)) {
      ++accuracy.passed;
    } else if (accuracy.first_wrong.empty()) {
      accuracy.first_wrong = fmt::format(
          "{} of {:04x} {:016x}, {:04x} {:016x}, rounding {}: {:04x} {:016x}", instruction.name,
          arguments.x.sign_exponent, arguments.x.significand, arguments.y.sign_exponent,
          arguments.y.significand, static_cast<unsigned>(rounding), value.sign_exponent, value.significand);
    }
  }
}

Accuracy measure(X87Guest& guest, const TranscendentalInstruction& instruction) {
  Accuracy accuracy;
  for (const Rounding rounding : {Rounding::Nearest, Rounding::Down, Rounding::Up, Rounding::Zero}) {
    for_each_argument(instruction.function, kArguments, [&](const Arguments& arguments) {
      judge(instruction, arguments, rounding, run_transcendental(guest, instruction, arguments, rounding),
            accuracy);
    });
  }
  return accuracy;
}

}  // namespace

TEST_CASE("transcendental results lie within half a unit in the last place", "[x87]") {
  const auto guest = make_x87_guest(X87GuestMode::Bare);
  Accuracy worst;
  ConformanceRecord record;
  for (const TranscendentalInstruction& instruction : transcendental_instructions()) {
    const Accuracy accuracy = measure(*guest, instruction);
    INFO(instruction.name << ": " << accuracy.nearest << " ulp to nearest, " << accuracy.directed
                          << " otherwise; " << accuracy.first_wrong);
    CHECK(accuracy.nearest <= kNearestBound);
    CHECK(accuracy.directed <= 1);
    CHECK(accuracy.passed == accuracy.cases);
    worst.nearest = std::max(worst.nearest, accuracy.nearest);
    worst.directed = std::max(worst.directed, accuracy.directed);
    record.cases += accuracy.cases;
    record.passed += accuracy.passed;
    record.rows.insert(row_key(*find_row(instruction.name)));
  }
  record.suite = "x87 transcendentals";
  record.mode =
      fmt::format("bare; error up to {:.4f} ulp to nearest, {:.4f} otherwise", worst.nearest, worst.directed);
  write_record(record);
}

}  // namespace ringdown::test
