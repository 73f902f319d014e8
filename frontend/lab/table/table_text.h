// The measured table for readers: as text, with a summary, and as Markdown.
#pragma once

#include <string>
#include <vector>

#include "frontend/lab/table/instruction_table_lab.h"

namespace ringdown {

/// Groups of rows, each instruction with its operands and rings.
std::string instruction_table_text(const std::vector<InstructionTableRow>& rows);
/// A table as GitHub shows it.
std::string instruction_table_markdown(const std::vector<InstructionTableRow>& rows);

/// What a whole table comes to: which instructions have a silent witness, which only trap, and the
/// literature's counts.
std::string instruction_table_summary(const std::vector<InstructionTableRow>& rows);
/// What UMIP closes, from a table without and one with it.
std::string umip_summary(const std::vector<InstructionTableRow>& without,
                         const std::vector<InstructionTableRow>& with);

}  // namespace ringdown
