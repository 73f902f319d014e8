// Looks for a plain case of each row.
#include "tests/oracle/capture.h"

#include <algorithm>

#include "tests/oracle/stored_cases.h"

namespace ringdown::test {

namespace {

constexpr u64 kTries = 300;

/// Without state that the row does not look at.
OracleCase plain(OracleCase c, const InstructionRow& row) {
  const std::string group = group_of(&row);
  FxImage fx = initial_fx();
  const auto keep = [&](u32 from, u32 to) {
    std::copy(c.before.fx.bytes.begin() + from, c.before.fx.bytes.begin() + to, fx.bytes.begin() + from);
  };
  if (group == "x87" || group == "MMX") keep(0, FxImage::kXmm);
  if (group == "SSE") keep(FxImage::kXmm, FxImage::kEnd);
  c.before.fx = fx;
  return c;
}

}  // namespace

std::vector<std::string> capture_rows(OracleSuite& suite, u64 seed) {
  std::vector<std::string> lines;
  for (const InstructionRow& row : instruction_table()) {
    const std::vector<std::string> names = {std::string(row.name)};
    const OracleGenerator generator(seed, names);
    if (generator.empty()) continue;
    std::string found;
    std::map<const OracleExclusion*, u64> excluded;
    for (u64 number = 0; number < kTries; ++number) {
      const OracleCase c = plain(generator.make(number, excluded).c, row);
      const std::vector<OracleInstruction> instructions = decode_case(c);
      if (instructions.size() != 1 || instructions.front().row != &row) continue;
      const OracleOutcome host = suite.run_on_host(c);
      if (!suite.differences_of(c).empty()) continue;
      const bool completed = host.after.eip == c.before.eip + c.code.size();
      if (found.empty() || completed) found = stored_text(c, host);
      if (completed) break;
    }
    if (!found.empty()) lines.push_back(std::move(found));
  }
  return lines;
}

}  // namespace ringdown::test
