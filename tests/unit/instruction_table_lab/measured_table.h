// The table on some processor, for tests.
#pragma once

#include <catch2/catch.hpp>

#include "frontend/lab/table/instruction_table_lab.h"

namespace ringdown::test {

inline std::vector<InstructionTableRow> measured_table(const InstructionTableSettings& settings = {}) {
  Result<std::vector<InstructionTableRow>> rows = measure_instruction_table(settings);
  REQUIRE(rows);
  return std::move(*rows);
}

}  // namespace ringdown::test
