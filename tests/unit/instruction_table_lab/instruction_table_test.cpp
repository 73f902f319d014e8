// The table of the processor as the manual has it: which rows are silent, that the monitor mends all of them,
// and what UMIP closes.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "frontend/cli/lab_options.h"
#include "frontend/lab/table/table_text.h"
#include "tests/unit/instruction_table_lab/measured_table.h"

namespace ringdown::test {

namespace {

using Group = ProbedInstruction::Group;

constexpr std::array<unsigned, 2> kRings{1, 3};

InstructionTableSettings with_umip() {
  InstructionTableSettings settings;
  settings.cpu_model = "pentium4-umip";
  return settings;
}

const InstructionTableRow& find_row(const std::vector<InstructionTableRow>& rows,
                                    std::string_view instruction, std::string_view operands, unsigned ring) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const InstructionTableRow& row) {
    return row.instruction->name == instruction && row.operands == operands && row.ring == ring;
  });
  INFO(instruction << ", " << operands);
  REQUIRE(found != rows.end());
  return *found;
}

std::vector<std::string_view> names_with(Verdict verdict, unsigned ring,
                                         const std::vector<InstructionTableRow>& rows) {
  std::vector<std::string_view> names;
  for (const ProbedInstruction& instruction : probed_instructions()) {
    if (instruction.group == Group::RobinIrvine && verdict_of(instruction, ring, rows) == verdict)
      names.push_back(instruction.name);
  }
  return names;
}

}  // namespace

TEST_CASE("Trap mode leaves no violation at any ring") {
  for (const InstructionTableSettings& settings : {InstructionTableSettings(), with_umip()}) {
    for (const InstructionTableRow& row : measured_table(settings)) {
      INFO(settings.cpu_model << ": " << row.instruction->name << ", " << row.operands << ", ring "
                              << row.ring);
      CHECK(row.trap == row.bare);
    }
  }
}

TEST_CASE("Every listed instruction is measured at both rings, and no other") {
  const std::vector<InstructionTableRow> rows = measured_table();
  std::set<std::pair<const ProbedInstruction*, unsigned>> measured;
  for (const InstructionTableRow& row : rows) {
    REQUIRE(row.instruction != nullptr);
    CHECK_FALSE(row.bare.empty());
    CHECK(row.through != "no report");
    CHECK_FALSE(row.explanation.empty());
    measured.insert({row.instruction, row.ring});
  }
  CHECK(measured.size() == kRings.size() * probed_instructions().size());
}

TEST_CASE("All of Robin and Irvine's list have a silent witness at ring 1 and at ring 3") {
  const std::vector<InstructionTableRow> rows = measured_table();
  for (const unsigned ring : kRings) {
    CHECK(names_with(Verdict::Silent, ring, rows).size() == 18);
    for (const ProbedInstruction& instruction : probed_instructions()) {
      INFO(instruction.name << ", ring " << ring);
      if (instruction.group == Group::Control) CHECK(verdict_of(instruction, ring, rows) != Verdict::Silent);
    }
    for (const char* name : {"CLI", "HLT", "MOV CR0", "LGDT", "IN", "SYSENTER", "SYSEXIT"})
      CHECK(verdict_of(*find_probed_instruction(name), ring, rows) == Verdict::Trapped);
  }
}

TEST_CASE("Operands of ring 0 trap where those of the silent witness betray") {
  const std::vector<InstructionTableRow> rows = measured_table();
  const auto check = [&](const char* instruction, const char* operands, unsigned ring, const char* bare,
                         const char* through, Verdict verdict) {
    const InstructionTableRow& row = find_row(rows, instruction, operands, ring);
    CHECK(row.bare == bare);
    CHECK(row.through == through);
    CHECK(row.verdict == verdict);
  };
  check("MOV Sreg", "from CS", 1, "read=0008", "read=0009", Verdict::Silent);
  check("MOV Sreg", "from CS", 3, "read=0008", "read=000b", Verdict::Silent);
  check("MOV Sreg", "to SS, 0010 (ring 0 data, RPL 0)", 1, "loaded", "#GP 0010", Verdict::Trapped);
  check("MOV Sreg", "to SS, 0011 (ring 0 data, RPL 1)", 1, "#GP 0010", "loaded", Verdict::Silent);
  check("MOV Sreg", "to SS, 0011 (ring 0 data, RPL 1)", 3, "#GP 0010", "#GP 0010", Verdict::NoWitness);
  check("far RET", "to 0008 (ring 0)", 1, "SS=0010", "#GP 0008", Verdict::Trapped);
  check("far RET", "to 0019 (ring 1)", 1, "SS=0021", "SS=0010", Verdict::Silent);
  check("far JMP", "0008 (ring 0 code, RPL 0)", 1, "arrived", "arrived", Verdict::NoWitness);
  check("INT n", "3 (CC), by the monitor's own IDT", 1, "pushed CS=0008 IF=0", "#GP 001a", Verdict::Trapped);
  check("POPF", "virtual-8086 mode, IF 1, IOPL 3", 1, "IF=1", "#GP 0000", Verdict::Trapped);
  check("SMSW", "BX, real mode", 3, "PE=0", "PE=1", Verdict::Silent);
}

TEST_CASE("UMIP closes five of the list and leaves thirteen") {
  const std::vector<InstructionTableRow> open = measured_table();
  const std::vector<InstructionTableRow> closed = measured_table(with_umip());
  std::vector<std::string_view> names;
  for (const ProbedInstruction* instruction : closed_between(open, closed))
    names.push_back(instruction->name);
  CHECK(names == std::vector<std::string_view>{"SGDT", "SIDT", "SLDT", "SMSW", "STR"});
  for (const unsigned ring : kRings) {
    CHECK(names_with(Verdict::Trapped, ring, closed) == names);
    CHECK(names_with(Verdict::Silent, ring, closed).size() == 13);
  }
  CHECK(umip_summary(open, closed).find("closes            5: SGDT, SIDT, SLDT, SMSW, STR\n") != std::string::npos);
}

TEST_CASE("A selection is the same rows of the whole table") {
  InstructionTableSettings settings;
  settings.rings = {Deprivilege::Ring3};
  settings.instructions = {find_probed_instruction("popf"), find_probed_instruction("MOV-Sreg")};
  const std::vector<InstructionTableRow> some = measured_table(settings);
  const std::vector<InstructionTableRow> all = measured_table();
  REQUIRE_FALSE(some.empty());
  for (const InstructionTableRow& row : some) {
    CHECK(row.ring == 3);
    CHECK((row.instruction->name == "POPF" || row.instruction->name == "MOV Sreg"));
    CHECK(find_row(all, row.instruction->name, row.operands, 3).through == row.through);
  }
}

TEST_CASE("The table as JSON is an array with an object for each row") {
  const std::vector<InstructionTableRow> rows = measured_table();
  const nlohmann::json table = nlohmann::json::parse(instruction_table_json(rows));
  REQUIRE(table.is_array());
  REQUIRE(table.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(table[i]["instruction"] == rows[i].instruction->name);
    CHECK(table[i]["class"] == rows[i].instruction->klass);
    CHECK(table[i]["operands"] == rows[i].operands);
    CHECK(table[i]["ring"] == rows[i].ring);
    CHECK(table[i]["bare"] == rows[i].bare);
    CHECK(table[i]["through"] == rows[i].through);
    CHECK(table[i]["trap"] == rows[i].trap);
    CHECK(table[i]["verdict"] == name_of(rows[i].verdict));
    CHECK(table[i]["mended"] == true);
    CHECK(table[i]["explanation"] == rows[i].explanation);
  }
}

TEST_CASE("Mistyped instructions and rings are mistakes of the user") {
  const auto error_of = [](const std::vector<std::string>& arguments) {
    Result<CommandLine> command = parse_lab(arguments);
    REQUIRE_FALSE(command);
    return command.error().message;
  };
  CHECK(error_of({"table", "pofp"}).find("did you mean 'popf'") != std::string::npos);
  CHECK(error_of({"table", "--ring", "2"}).find("--ring 2") != std::string::npos);
  CHECK(error_of({"table", "--json", "--markdown"}).find("leave one out") != std::string::npos);
  CHECK(parse_lab({"table", "POPF", "far-call", "--ring=1", "--umip", "--json"}));
}

}  // namespace ringdown::test
