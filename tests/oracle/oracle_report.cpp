// The figures of a run.
#include "tests/oracle/oracle_report.h"

#include <fmt/core.h>

#include "tests/support/conformance_record.h"
#include "tests/support/host_processor.h"

namespace ringdown::test {

namespace {

void print_mode(MachineMode mode, const OracleCounts::ModeCount& count) {
  const u64 different = count.cases - count.agreeing - count.explained;
  fmt::print("\n{}: {} cases, {} agree, {} differ by known rules, {} differ\n", mode_name(mode), count.cases,
             count.agreeing, count.explained, different);
  for (const OracleRule& rule : oracle_rules()) {
    const auto found = count.rules.find(&rule);
    fmt::print("  explained {:>8}: {}\n", found != count.rules.end() ? found->second : 0, rule.reason);
  }
  for (const auto& [entry, figures] : count.undefined) {
    fmt::print("  undefined in {:>8}, {:>8} agree: {}: {}\n", figures.cases, figures.agreeing, entry->name,
               entry->manual);
  }
}

}  // namespace

void print_report(const OracleCounts& counts) {
  fmt::print("host: {}\n{} cases, {} ended by an exception of their own, {} rows of the instruction table\n",
             host_processor_name(), counts.cases, counts.raised, counts.rows.size());
  for (const auto& [group, cases] : counts.groups) fmt::print("  {:>8} {}\n", cases, group);
  for (const auto& [exclusion, cases] : counts.excluded)
    fmt::print("  not run {:>8}: {}: {}\n", cases, exclusion->name, exclusion->reason);
  fmt::print("  {:>8} differed once, but not when the host ran them again\n", counts.disturbed);
  for (const auto& [mode, count] : counts.modes) print_mode(mode, count);
}

void write_records(const OracleCounts& counts) {
  for (const auto& [mode, count] : counts.modes) {
    ConformanceRecord record{"cases beside the host's processor", std::string(mode_name(mode))};
    record.host = host_processor_name();
    record.cases = count.cases;
    record.passed = count.agreeing;
    record.rows = counts.rows;
    for (const auto& [rule, cases] : count.rules) record.differences.push_back({rule->reason, cases});
    write_record(record);
  }
}

}  // namespace ringdown::test
