// Rows of the instruction table as the search may see them.
#pragma once

#include <vector>

#include "cpu/instruction_table.h"
#include "frontend/lab/classify/engine/subject.h"

namespace ringdown {

/// In the order of `rows`; numbers are the rows' places in the table.
std::vector<classify::Subject> make_subjects(std::span<const InstructionRow* const> rows);

}  // namespace ringdown
