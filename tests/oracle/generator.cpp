// Chooses a row, and counts what is excluded.
#include "tests/oracle/generator.h"

#include <algorithm>

namespace ringdown::test {

namespace {

bool is_wanted(const RowEncodings& entry, std::span<const std::string> rows) {
  if (entry.row != nullptr && never_runs(*entry.row)) return false;
  if (rows.empty()) return true;
  const std::string_view name = entry.row != nullptr ? entry.row->name : "undefined";
  return std::find(rows.begin(), rows.end(), name) != rows.end();
}

}  // namespace

OracleGenerator::OracleGenerator(u64 seed, std::span<const std::string> rows) : seed_(seed) {
  for (const RowEncodings& entry : row_encodings()) {
    if (is_wanted(entry, rows)) rows_.push_back(&entry);
  }
}

GeneratedCase OracleGenerator::make(u64 number, std::map<const OracleExclusion*, u64>& excluded) const {
  OracleRandom random(seed_, number);
  while (true) {
    GeneratedCase made;
    made.c = CaseBuilder(random).build(*random.of(rows_));
    made.instructions = decode_case(made.c);
    const OracleExclusion* exclusion = find_exclusion(made.c, made.instructions);
    if (exclusion == nullptr) return made;
    ++excluded[exclusion];
  }
}

}  // namespace ringdown::test
