// Prints what a suite of captured tests found, and writes it as conformance records.
#include "tests/vectors/vector_report.h"

#include <fmt/core.h>

#include "tests/support/conformance_record.h"

namespace ringdown::test {

void print_report(const VectorSuite& suite, std::string_view flags_reason) {
  fmt::print("not compared: {}\n", flags_reason);
  for (const VectorSuite::ModeCount& count : suite.counts()) {
    u64 excluded = 0;
    for (const auto& [exclusion, figures] : count.exclusions) excluded += figures.excluded;
    fmt::print("\n{}: {} tests, {} passed, {} excluded, {} failed\n", mode_name(count.mode), count.tests,
               count.passed, excluded, count.failed);
    for (const Exclusion& exclusion : exclusions()) {
      const auto found = count.exclusions.find(&exclusion);
      if (found == count.exclusions.end()) continue;
      const VectorSuite::ExclusionCount& figures = found->second;
      fmt::print("  excluded {:>6}, {:>4} pass nevertheless, {:>6} as later: {}: {}\n", figures.excluded,
                 figures.passing, figures.verified, exclusion.name, exclusion.reason);
    }
    for (const UndefinedFlags& entry : undefined_flags()) {
      const auto found = count.undefined.find(&entry);
      if (found == count.undefined.end()) continue;
      fmt::print("  undefined in {:>6}, {:>6} agree: {}: {}\n", found->second.tests, found->second.agreeing,
                 entry.name, entry.manual);
    }
  }
}

void write_records(const VectorSuite& suite, const std::string& suite_name) {
  for (const VectorSuite::ModeCount& count : suite.counts()) {
    ConformanceRecord record{suite_name, std::string(mode_name(count.mode))};
    record.cases = count.tests;
    record.passed = count.passed;
    for (const auto& [exclusion, figures] : count.exclusions)
      record.differences.push_back(
          {fmt::format("{}: {}", exclusion->name, exclusion->reason), figures.excluded});
    record.rows = count.rows;
    write_record(record);
  }
}

}  // namespace ringdown::test
