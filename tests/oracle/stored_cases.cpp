// Reads and writes lines of stored cases.
#include "tests/oracle/stored_cases.h"

#include <fmt/core.h>

#include <fstream>

#include "tests/oracle/case_text.h"

namespace ringdown::test {

namespace {

constexpr std::string_view kArrow = " => ";

Result<StoredCase> parse_line(std::string_view line) {
  const std::size_t arrow = line.find(kArrow);
  if (arrow == std::string_view::npos) return Error{"no outcome"};
  Result<OracleCase> c = parse_case(line.substr(0, arrow));
  if (!c) return c.error();
  if (!can_begin(*c) || may_enter_system(c->code)) return Error{"a case that cannot be run"};
  Result<OracleOutcome> outcome = parse_outcome(line.substr(arrow + kArrow.size()), c->before);
  if (!outcome) return outcome.error();
  return StoredCase{{*c, decode_case(*c)}, std::move(*outcome)};
}

}  // namespace

std::string stored_text(const OracleCase& c, const OracleOutcome& outcome) {
  return fmt::format("{}{}{}", case_text(c), kArrow, outcome_text(outcome, c.before));
}

Result<std::vector<StoredCase>> read_stored_cases(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return Error{fmt::format("{} cannot be read", file.string())};
  std::vector<StoredCase> cases;
  std::string line;
  for (unsigned number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line.starts_with('#')) continue;
    Result<StoredCase> stored = parse_line(line);
    if (!stored) return Error{fmt::format("{}:{}: {}", file.string(), number, stored.error().message)};
    cases.push_back(std::move(*stored));
  }
  return cases;
}

}  // namespace ringdown::test
