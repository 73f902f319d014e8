// Reads the arguments, measures, and prints.
#include "frontend/lab/table/table_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/program_options.hpp>

#include "frontend/lab/own_options.h"
#include "frontend/lab/suggestions.h"
#include "frontend/lab/table/instruction_table_lab.h"
#include "frontend/lab/table/table_text.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;

constexpr int kNotMended = 1;
constexpr int kUserMistake = 2;

enum class TableFormat : u8 { Text, Markdown, Json };

struct TableLab {
  InstructionTableSettings settings;
  TableFormat format = TableFormat::Text;
};

std::string known_instructions() {
  constexpr std::size_t kWidth = 100;
  std::string text;
  std::string line = " ";
  for (const ProbedInstruction& instruction : probed_instructions()) {
    const std::string word = word_of(instruction.name);
    if (line.size() + word.size() >= kWidth) {
      text += line + "\n";
      line = " ";
    }
    line += " " + word;
  }
  return text + line + "\n";
}

std::string help_text() {
  return "Usage: ringdown lab table [INSTRUCTION...] [--ring 1|3] [--umip] [--markdown | --json]\n"
         "Runs each instruction in a kernel's place: at ring 0 ('bare', the truth), deprivileged and let "
         "through\n"
         "('through', what a kernel gets where nobody mends it), and deprivileged under the monitor "
         "('trap'), "
         "and\n"
         "prints what showed. Verdicts: 'silent' (something else than at ring 0, and nobody is told), "
         "'trapped'\n"
         "(an exception: a monitor gets control), 'no witness' (the same: these operands betray nothing).\n"
         "\n"
         "  --ring N     the ring that the kernel is deprivileged to (default: 1 and 3, one after the "
         "other)\n"
         "  --umip       on a processor with CR4.UMIP, and what that closes\n"
         "  --markdown   as a table for GitHub\n"
         "  --json       as an array with an object for each row\n"
         "\n"
         "INSTRUCTION is one of these; without any, all are measured, and a summary follows:\n" +
         known_instructions() +
         "\n"
         "Exit status: 0; 1: the monitor did not mend a row; 2: a mistake in the arguments.\n"
         "\n"
         "Examples:\n"
         "  ringdown lab table\n"
         "  ringdown lab table popf mov-sreg --ring 1\n"
         "  ringdown lab table --umip --json\n";
}

Result<const ProbedInstruction*> read_instruction(const std::string& word) {
  if (const ProbedInstruction* const found = find_probed_instruction(word)) return found;
  std::vector<std::string> words;
  for (const ProbedInstruction& instruction : probed_instructions())
    words.push_back(word_of(instruction.name));
  std::string lower = word_of(word);
  return Error{fmt::format("lab table: {}: no such instruction{}: 'ringdown lab table --help' lists them",
                           word,
                           suggestions(lower, std::vector<std::string_view>(words.begin(), words.end())))};
}

Result<Deprivilege> read_ring(const std::string& number) {
  if (number == "1") return Deprivilege::Ring1;
  if (number == "3") return Deprivilege::Ring3;
  return Error{
      fmt::format("lab table: --ring {}: kernels are deprivileged to ring 1 or 3: name one", number)};
}

Result<TableLab> read_lab(const po::variables_map& own) {
  TableLab lab;
  if (own.count("ring") != 0) {
    Result<Deprivilege> ring = read_ring(own["ring"].as<std::string>());
    if (!ring) return ring.error();
    lab.settings.rings = {*ring};
  }
  if (own.count("umip") != 0) lab.settings.cpu_model = kUmipModel;
  const bool json = own.count("json") != 0;
  const bool markdown = own.count("markdown") != 0;
  if (json && markdown) return Error{"lab table: --json and --markdown: leave one out"};
  if (json) lab.format = TableFormat::Json;
  if (markdown) lab.format = TableFormat::Markdown;
  for (const std::string& word : words_of(own, "instruction")) {
    Result<const ProbedInstruction*> instruction = read_instruction(word);
    if (!instruction) return instruction.error();
    lab.settings.instructions.push_back(*instruction);
  }
  return lab;
}

/// The table and, if it is one of all instructions, what it comes to.
Result<std::string> text_of(const TableLab& lab, const std::vector<InstructionTableRow>& rows) {
  std::string text = instruction_table_text(rows);
  if (lab.settings.instructions.empty()) text += instruction_table_summary(rows);
  if (lab.settings.cpu_model != kUmipModel) return text;
  InstructionTableSettings plain = lab.settings;
  plain.cpu_model = InstructionTableSettings().cpu_model;
  const Result<std::vector<InstructionTableRow>> without = measure_instruction_table(plain);
  if (!without) return without.error();
  return text + umip_summary(*without, rows);
}

Result<std::string> print(const TableLab& lab, const std::vector<InstructionTableRow>& rows) {
  switch (lab.format) {
    case TableFormat::Markdown:
      return instruction_table_markdown(rows);
    case TableFormat::Json:
      return instruction_table_json(rows);
    case TableFormat::Text:
      break;
  }
  return text_of(lab, rows);
}

int run_table_lab(const TableLab& lab) {
  const Result<std::vector<InstructionTableRow>> rows = measure_instruction_table(lab.settings);
  const Result<std::string> text = rows ? print(lab, *rows) : rows.error();
  if (!text) {
    fmt::print(stderr, "ringdown: {}\n", text.error().message);
    return kUserMistake;
  }
  fmt::print("{}", *text);
  const bool mended =
      std::all_of(rows->begin(), rows->end(), [](const InstructionTableRow& row) { return row.mended(); });
  return mended ? 0 : kNotMended;
}

}  // namespace

Result<CommandLine> parse_table_lab(const LabArguments& arguments) {
  po::options_description options;
  options.add_options()("instruction", po::value<std::vector<std::string>>(), "what to measure")(
      "ring", po::value<std::string>(), "deprivileged to")("umip", "on a processor with UMIP")(
      "markdown", "as Markdown")("json", "as JSON");
  const Result<po::variables_map> own = read_own_options("table", options, arguments.own, "instruction");
  if (!own) return own.error();
  if (asks_help(*own)) return CommandLine(Answer{help_text()});
  if (!arguments.run.empty()) {
    return Error{fmt::format("lab table: {}: it has a guest of its own: leave out what stands behind '--'",
                             arguments.run.front())};
  }
  Result<TableLab> lab = read_lab(*own);
  if (!lab) return lab.error();
  return CommandLine(Subcommand{[lab = std::move(*lab)] { return run_table_lab(lab); }});
}

}  // namespace ringdown
