// Every line of the x87 vectors through guest instructions, bit for bit in result and flags, in each way the
// guest may be run.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <iterator>

#include "cpu/execute/host_units.h"
#include "tests/instruction/x87_vectors/vector_machine.h"
#include "tests/support/conformance_record.h"

namespace ringdown::test {

namespace {

struct Failures {
  u64 count = 0;
  std::string first;
};

std::string describe(const VectorLine& line, Float80 value, u16 status) {
  return fmt::format("a {:04x} {:016x} b {:04x} {:016x}: {:04x} {:016x} {:04x}", line.a.sign_exponent,
                     line.a.significand, line.b.sign_exponent, line.b.significand, value.sign_exponent,
                     value.significand, status);
}

/// IE, ZE, OE, UE, PE, no stack fault and the stack's top where the form leaves it.
u16 expected_status(const Form& form, const VectorLine& line) {
  return x87_status::Top::with(line.flags, static_cast<u8>((8 - form.depth) & 7));
}
constexpr u16 kComparedStatus = static_cast<u16>((x87_exception::kAll & ~x87_exception::kDenormal) |
                                                 x87_status::StackFault::kMask | x87_status::Top::kMask);

/// One form with all lines it takes, under one control word.
void check_form(Engine engine, const Form& form, const VectorFile& file, Precision precision,
                const std::vector<VectorLine>& lines, ConformanceRecord& record, Failures& failures) {
  const u16 control = x87_control::RoundingControl::with(
      x87_control::PrecisionControl::with(x87_control::kInitial, precision), file.rounding);
  const std::vector<FormResult> results = run_form(engine, form, file.format, control, lines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const u16 expected = expected_status(form, lines[i]);
    const u16 actual = results[i].status & kComparedStatus;
    ++record.cases;
    if (results[i].value == lines[i].result && actual == expected) {
      ++record.passed;
    } else if (failures.count++ == 0) {
      failures.first = fmt::format(
          "{} by {} ({}), control {:04x}: {}, expected {}", file.name, form.instruction, form.code, control,
          describe(lines[i], results[i].value, actual), describe(lines[i], lines[i].result, expected));
    }
  }
  if (!lines.empty()) record.rows.insert(row_key(*find_row(form.instruction)));
}

/// Functions without a precision in their file's name do not depend on it: they are run under each.
std::vector<Precision> precisions_of(const VectorFile& file) {
  if (file.format.has_precisions) return {file.precision};
  return {Precision::Single, Precision::Double, Precision::Extended};
}

void check_file(Engine engine, const VectorFile& file, ConformanceRecord& record, Failures& failures) {
  const Result<std::vector<VectorLine>> lines = read_vectors(RINGDOWN_X87_VECTORS, file);
  if (!lines) FAIL(lines.error().message);
  for (const Form& form : forms()) {
    if (form.function != file.format.function) continue;
    std::vector<VectorLine> taken;
    std::copy_if(lines->begin(), lines->end(), std::back_inserter(taken),
                 [&](const VectorLine& line) { return accepts(form, line); });
    for (const Precision precision : precisions_of(file))
      check_form(engine, form, file, precision, taken, record, failures);
  }
}

void check_all(Engine engine, std::string_view mode) {
  if (!std::filesystem::exists(RINGDOWN_X87_VECTORS)) {
    WARN("NO VECTORS in " RINGDOWN_X87_VECTORS);
    return;
  }
  const Result<void> folder = check_vector_folder(RINGDOWN_X87_VECTORS);
  if (!folder) FAIL(folder.error().message);
  ConformanceRecord record;
  record.suite = "x87 vectors";
  record.mode = fmt::format("{}, {}", mode, computes_on_host_x87() ? "host's unit" : "portable");
  Failures failures;
  for (const VectorFile& file : vector_files()) check_file(engine, file, record, failures);
  INFO(failures.first);
  CHECK(failures.count == 0);
  write_record(record);
}

}  // namespace

TEST_CASE("every x87 vector passes bare at ring 0", "[x87]") { check_all(Engine::BareRing0, "bare"); }
TEST_CASE("every x87 vector passes bare at ring 3", "[x87]") { check_all(Engine::BareRing3, "bare, ring 3"); }
TEST_CASE("every x87 vector passes deprivileged to ring 1", "[x87]") {
  check_all(Engine::TrapRing1, "trap, ring 1");
}
TEST_CASE("every x87 vector passes deprivileged to ring 3", "[x87]") {
  check_all(Engine::TrapRing3, "trap, ring 3");
}

}  // namespace ringdown::test
