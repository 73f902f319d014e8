// Chooses a row, and counts what is excluded.
#include "tests/oracle/generator.h"

#include <algorithm>
#include <stdexcept>

namespace ringdown::test {

namespace {

bool is_wanted(const RowEncodings& entry, std::span<const std::string> rows) {
  if (entry.row != nullptr && never_runs(*entry.row)) return false;
  if (rows.empty()) return true;
  const std::string_view name = entry.row != nullptr ? entry.row->name : "undefined";
  return std::find(rows.begin(), rows.end(), name) != rows.end();
}

}  // namespace

OracleGenerator::OracleGenerator(u64 seed, std::span<const std::string> rows, HostCodeWidth width)
    : seed_(seed), width_(width) {
  for (const RowEncodings& entry : row_encodings()) {
    if (is_wanted(entry, rows)) rows_.push_back(&entry);
  }
}

const OracleExclusion* OracleGenerator::exclusion_of(const GeneratedCase& made) const {
  const OracleExclusion* exclusion = find_exclusion(made.c, made.instructions);
  if (exclusion != nullptr || width_ == HostCodeWidth::Bits32) return exclusion;
  return long_mode_code(made.c, made.instructions) ? nullptr : &no_long_mode_code();
}

GeneratedCase OracleGenerator::make(u64 number, std::map<const OracleExclusion*, u64>& excluded) const {
  SeededRandom random(seed_, number);
  constexpr unsigned kAttempts = 100'000;
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    GeneratedCase made;
    made.c = CaseBuilder(random).build(*random.of(rows_));
    made.instructions = decode_case(made.c);
    const OracleExclusion* exclusion = exclusion_of(made);
    if (exclusion == nullptr) return made;
    ++excluded[exclusion];
  }
  throw std::runtime_error("no case of these rows can be run on this host");
}

}  // namespace ringdown::test
