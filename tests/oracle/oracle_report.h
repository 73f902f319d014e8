// Prints what a run of the oracle found, and writes it as conformance records.
#pragma once

#include "tests/oracle/oracle_suite.h"

namespace ringdown::test {

void print_report(const OracleCounts& counts);
void write_records(const OracleCounts& counts);

}  // namespace ringdown::test
