// Runs one system test in every mode and compares its log with what its header expects.
//
//   system_test SOURCE.asm ROM [MODE]
//
// The log and the number of retired instructions must be the same in every mode. With MODE (bare, ...) only
// that one runs and its log is printed.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "tests/support/conformance_record.h"
#include "tests/system/system_run.h"
#include "tests/system/test_header.h"

namespace ringdown::test {
namespace {

const std::array<SystemMode, 9> kModes = {{
    {"bare", RunMode::Bare, Deprivilege::Ring1, false},
    {"bare, blocks of one", RunMode::Bare, Deprivilege::Ring1, true},
    {"trap, ring 1", RunMode::Trap, Deprivilege::Ring1, false},
    {"trap, ring 1, blocks of one", RunMode::Trap, Deprivilege::Ring1, true},
    {"trap, ring 3", RunMode::Trap, Deprivilege::Ring3, false},
    {"trap, ring 3, blocks of one", RunMode::Trap, Deprivilege::Ring3, true},
    {"trap, strict", RunMode::Trap, Deprivilege::Ring1, false, {.sync = ShadowSync::Strict}},
    {"trap, lazy", RunMode::Trap, Deprivilege::Ring1, false, {.sync = ShadowSync::Lazy}},
    {"trap, nested", RunMode::Trap, Deprivilege::Ring1, false, {.technique = Technique::Nested}},
}};

/// Prints where the log leaves what was expected; true if it does not.
bool compare(const std::string& mode, const std::vector<std::string>& expected,
             const std::vector<std::string>& actual) {
  if (expected == actual) return true;
  const auto [wanted, got] = std::mismatch(expected.begin(), expected.end(), actual.begin(), actual.end());
  fmt::print("{}: line {} of the log\n  expected: {}\n  got:      {}\n", mode, wanted - expected.begin() + 1,
             wanted == expected.end() ? "(the end)" : *wanted, got == actual.end() ? "(the end)" : *got);
  return false;
}

/// Rows that the header names but that the table does not know or the test never reached.
bool check_rows(const TestHeader& header, const std::set<std::string>& executed) {
  std::set<std::string> known;
  for (const InstructionRow& row : instruction_table()) known.insert(row_key(row));
  bool good = true;
  for (const std::string& row : header.rows) {
    if (executed.contains(row)) continue;
    fmt::print("Rows: '{}' {}\n", row,
               known.contains(row) ? "is never executed by the test" : "is no row of the instruction table");
    good = false;
  }
  return good;
}

int print_log(const std::filesystem::path& rom, const TestHeader& header, const std::string& mode_name) {
  const auto mode =
      std::find_if(kModes.begin(), kModes.end(), [&](const SystemMode& m) { return m.name == mode_name; });
  if (mode == kModes.end()) {
    fmt::print(stderr, "'{}' is no mode\n", mode_name);
    return 2;
  }
  const auto outcome = run_system_test(rom, header.cpu, *mode, RowTracing::Off);
  if (!outcome) {
    fmt::print(stderr, "{}\n", outcome.error().message);
    return 2;
  }
  for (const std::string& line : outcome->log) fmt::print("{}\n", line);
  return 0;
}

int run_modes(const std::filesystem::path& source, const std::filesystem::path& rom,
              const TestHeader& header) {
  bool good = true;
  Ticks ticks = 0;
  for (const SystemMode& mode : kModes) {
    // The rows are traced in the reference.
    const bool reference = &mode == &kModes.front();
    const auto outcome = run_system_test(rom, header.cpu, mode, reference ? RowTracing::On : RowTracing::Off);
    if (!outcome) {
      fmt::print(stderr, "{}\n", outcome.error().message);
      return 2;
    }
    bool passed = compare(mode.name, header.expected, outcome->log);
    if (reference) {
      ticks = outcome->ticks;
      good = check_rows(header, outcome->executed);
    }
    if (outcome->ticks != ticks) {
      fmt::print("{}: {} instructions, {} in {}\n", mode.name, outcome->ticks, ticks, kModes.front().name);
      passed = false;
    }
    // A case is a line of the log.
    const u64 cases = header.expected.size();
    write_record({.suite = "guest tests",
                  .mode = mode.name,
                  .part = source.stem().string(),
                  .cases = cases,
                  .passed = passed ? cases : 0,
                  .rows = header.rows});
    good = good && passed;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace ringdown::test

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    fmt::print(stderr, "usage: system_test SOURCE.asm ROM [MODE]\n");
    return 2;
  }
  const auto header = ringdown::test::read_test_header(argv[1]);
  if (!header) {
    fmt::print(stderr, "{}\n", header.error().message);
    return 2;
  }
  if (argc == 4) return ringdown::test::print_log(argv[2], *header, argv[3]);
  return ringdown::test::run_modes(argv[1], argv[2], *header);
}
