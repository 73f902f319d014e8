// Makes the file of stored cases: one of each row of the instruction table, as the host's processor runs it.
#pragma once

#include <string>
#include <vector>

#include "tests/oracle/oracle_suite.h"

namespace ringdown::test {

/// Lines for a file of stored cases. Rows without a case that the host and the guest agree on are left out.
std::vector<std::string> capture_rows(OracleSuite& suite, u64 seed);

}  // namespace ringdown::test
