// The known differences of the x87 unit, which the unit's own suite has found, as rules of the oracle.
#pragma once

#include "tests/instruction/x87/host_deviations.h"
#include "tests/oracle/differences.h"

namespace ringdown::test {

/// Gives `host` the guest's x87 results if the deviation explains how they differ.
void forgive_x87(const X87Deviation& deviation, const GeneratedCase& g, OracleOutcome& host,
                 const OracleOutcome& guest);

}  // namespace ringdown::test
