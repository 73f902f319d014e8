// What a suite found out about the processor's exactness, for docs/conformance.md.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/types.h"
#include "cpu/instruction_table.h"

namespace ringdown::test {

/// The figures of one suite in one mode. Several records with the same suite and mode are added up.
struct ConformanceRecord {
  std::string suite;      // "80286 vectors", "host oracle", ...
  std::string mode;       // "bare", "trap, ring 1", ...
  std::string part = {};  // tells records of the same suite and mode apart; no part of the table
  std::string host = {};  // of suites whose figures depend on the host's processor: its name
  u64 cases = 0;
  u64 passed = 0;
  /// Cases that differ for a reason that is known; the reason names the manual's section or the measurement.
  struct Difference {
    std::string reason;
    u64 cases = 0;
  };
  std::vector<Difference> differences = {};
  /// Keys of the instruction table's rows that cases were aimed at (`row_key`).
  std::set<std::string> rows = {};
};

/// The row's mnemonic, and its form where a mnemonic has several rows: unique in the table.
std::string row_key(const InstructionRow& row);

/// Writes the record as a JSON file into the folder that the environment's RINGDOWN_CONFORMANCE names; does
/// nothing where it names none. Throws std::runtime_error if the file cannot be written.
void write_record(const ConformanceRecord& record);

}  // namespace ringdown::test
