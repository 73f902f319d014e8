// Cases and outcomes as one line of text each: in reports, and in files of cases that are kept.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "tests/oracle/case.h"

namespace ringdown::test {

/// Only what differs from the initial state: `code=40 eip=20009100 eax=ff ...`.
std::string case_text(const OracleCase& c);
Result<OracleCase> parse_case(std::string_view text);

/// Only what differs from the state that the case began with.
std::string outcome_text(const OracleOutcome& outcome, const OracleState& before);
Result<OracleOutcome> parse_outcome(std::string_view text, const OracleState& before);

}  // namespace ringdown::test
