// Text: a title for each instruction, a line for each row, its explanation below where it changes.
#include "frontend/lab/table/table_text.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "frontend/lab/wrapped_lines.h"

namespace ringdown {

namespace {

using Group = ProbedInstruction::Group;

constexpr const char* kLine = "  {:<38} {:<5} {:<25} {:<25} {:<9} {}\n";

std::string trap_column(const InstructionTableRow& row) {
  return row.mended() ? "as bare" : fmt::format("NOT MENDED: {}", row.trap);
}

/// A title where the row begins another instruction, and above it one where it begins another group.
std::string titles(const InstructionTableRow& row, const InstructionTableRow* previous) {
  if (previous != nullptr && previous->instruction == row.instruction) return {};
  std::string text;
  if (previous == nullptr || previous->instruction->group != row.instruction->group)
    text += fmt::format("\n{}\n", title_of(row.instruction->group));
  const std::string_view klass = row.instruction->klass;
  return text +
         fmt::format("\n{}{}\n", row.instruction->name, klass == "-" ? "" : fmt::format(" ({})", klass));
}

bool same_probe(const InstructionTableRow& a, const InstructionTableRow& b) {
  return a.instruction == b.instruction && a.operands == b.operands;
}

std::vector<unsigned> rings_of(const std::vector<InstructionTableRow>& rows) {
  std::set<unsigned> rings;
  for (const InstructionTableRow& row : rows) rings.insert(row.ring);
  return {rings.begin(), rings.end()};
}

/// The names of those of a group that come to a verdict at a ring.
std::vector<std::string_view> names_with(Verdict verdict, Group group, unsigned ring,
                                         const std::vector<InstructionTableRow>& rows) {
  std::vector<std::string_view> names;
  for (const ProbedInstruction& instruction : probed_instructions()) {
    if (instruction.group == group && verdict_of(instruction, ring, rows) == verdict)
      names.push_back(instruction.name);
  }
  return names;
}

/// "label  2: SGDT, SIDT", in as many lines as that takes.
std::string counted(std::string_view label, const std::vector<std::string_view>& names) {
  constexpr std::size_t kIndent = 22;
  constexpr std::size_t kWidth = 90;
  const std::string list =
      names.empty() ? "none" : fmt::format("{}: {}", names.size(), fmt::join(names, ", "));
  std::string text;
  for (const std::string& line : wrapped_lines(list, kWidth)) {
    text += fmt::format("{:<{}}{}\n", text.empty() ? fmt::format("    {}", label) : "", kIndent, line);
  }
  return text;
}

std::string group_summary(Group group, unsigned ring, const std::vector<InstructionTableRow>& rows) {
  return counted("silent witness", names_with(Verdict::Silent, group, ring, rows)) +
         counted("traps only", names_with(Verdict::Trapped, group, ring, rows)) +
         counted("no difference", names_with(Verdict::NoWitness, group, ring, rows));
}

/// Text that Markdown does not take for markup.
std::string cell(const std::string& text) { return text.empty() ? "" : fmt::format("`{}`", text); }

}  // namespace

std::string instruction_table_text(const std::vector<InstructionTableRow>& rows) {
  std::string text = fmt::format(kLine, "operands", "ring", "bare", "through", "trap", "verdict");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const InstructionTableRow& row = rows[i];
    const InstructionTableRow* const previous = i == 0 ? nullptr : &rows[i - 1];
    const InstructionTableRow* const following = i + 1 == rows.size() ? nullptr : &rows[i + 1];
    text += titles(row, previous);
    const bool again = previous != nullptr && same_probe(*previous, row);
    text += fmt::format(kLine, again ? "" : row.operands, row.ring, row.bare, row.through, trap_column(row),
                        name_of(row.verdict));
    const bool shared =
        following != nullptr && same_probe(row, *following) && row.explanation == following->explanation;
    if (!shared) text += fmt::format("      {}\n", row.explanation);
  }
  return text;
}

std::string instruction_table_markdown(const std::vector<InstructionTableRow>& rows) {
  std::string text =
      "| instruction | class | operands | ring | bare | through | trap | verdict | explanation |\n"
      "|---|---|---|---|---|---|---|---|---|\n";
  for (const InstructionTableRow& row : rows) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", row.instruction->name,
                        row.instruction->klass, row.operands, row.ring, cell(row.bare), cell(row.through),
                        cell(row.trap), name_of(row.verdict), row.explanation);
  }
  return text;
}

std::string instruction_table_summary(const std::vector<InstructionTableRow>& rows) {
  std::string text;
  std::size_t listed = 0;
  for (const ProbedInstruction& instruction : probed_instructions())
    listed += instruction.group == Group::RobinIrvine ? 1 : 0;
  for (const unsigned ring : rings_of(rows)) {
    text += fmt::format("\nA kernel deprivileged to ring {}\n", ring);
    for (const Group group : {Group::RobinIrvine, Group::Further, Group::Control})
      text += fmt::format("  {}\n{}", title_of(group), group_summary(group, ring, rows));
  }
  const auto unmended =
      std::count_if(rows.begin(), rows.end(), [](const InstructionTableRow& row) { return !row.mended(); });
  text += fmt::format("\nTrap mode gives what ring 0 gives in {} of {} rows.\n",
                      static_cast<std::ptrdiff_t>(rows.size()) - unmended, rows.size());
  text += fmt::format(
      "\n17 or {0}? Most texts say that Robin and Irvine found seventeen; their list has the {0} mnemonics "
      "above,\nand Hennessy and Patterson count 18.\n",
      listed);
  return text;
}

std::string umip_summary(const std::vector<InstructionTableRow>& without,
                         const std::vector<InstructionTableRow>& with) {
  std::vector<std::string_view> closed;
  for (const ProbedInstruction* instruction : closed_between(without, with))
    closed.push_back(instruction->name);
  std::string text = "\nCR4.UMIP, compared with a processor that has none\n" + counted("closes", closed);
  for (const unsigned ring : rings_of(with)) {
    text += counted(fmt::format("leaves at ring {}", ring),
                    names_with(Verdict::Silent, Group::RobinIrvine, ring, with));
  }
  return text;
}

}  // namespace ringdown
