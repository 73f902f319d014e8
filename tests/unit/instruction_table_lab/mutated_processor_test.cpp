// Nothing in the table is a constant: on a processor that differs from the manual, the rows that it concerns
// change, and no others.
#include <algorithm>

#include "cpu/execute/raising.h"
#include "cpu/execute/terminators.h"
#include "cpu/handler.h"
#include "frontend/lab/table/table_text.h"
#include "tests/unit/instruction_table_lab/measured_table.h"

namespace ringdown::test {

namespace {

/// POPF as Popek and Goldberg would have it: it traps outside ring 0.
const Operation* trapping_popf(Processor& cpu, const Operation* op) {
  if (cpu.state.cpl != 0 && !cpu.state.paragraph_segments()) return raise(cpu, op, general_protection(0));
  return system_handler(row_of(*op).effect)(cpu, op);
}

/// An ADD of byte registers whose sum betrays the ring.
const Operation* leaking_add(Processor& cpu, const Operation* op) {
  const u8 sum = static_cast<u8>(cpu.registers.read<u8>(op->rm) + cpu.registers.read<u8>(op->reg));
  cpu.registers.write<u8>(op->reg,
                          static_cast<u8>(sum + cpu.state.cpl));  // of registers, `reg` is the target
  return next(cpu, op);
}

/// An SGDT that stores what the probes' guest has loaded, whatever the register holds.
const Operation* constant_sgdt(Processor& cpu, const Operation* op) {
  constexpr u64 kLimitAndBase = u64{0x21000} << 16 | 0x7ff;
  std::array<std::byte, 6> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(kLimitAndBase >> (8 * i));
  if (Fault fault = write_memory(cpu, *op, op->segment, effective_offset(cpu.registers, *op), bytes))
    return raise(cpu, op, fault);
  cpu.registers.eip = op->next_eip();
  return cpu.complete_system(op, SystemEffect::Nothing);
}

/// The table of a processor on which `handler` runs the instructions that `applies` says.
template <class Applies>
std::vector<InstructionTableRow> table_with(Handler handler, Applies applies) {
  InstructionTableSettings settings;
  settings.substitution = [=](const InstructionRow& row, const Operation& op) -> Handler {
    return applies(row, op) ? handler : nullptr;
  };
  return measured_table(settings);
}

bool same(const InstructionTableRow& a, const InstructionTableRow& b) {
  return a.bare == b.bare && a.through == b.through && a.trap == b.trap && a.verdict == b.verdict &&
         a.explanation == b.explanation;
}

/// The rows of `mutated` that differ from the manual's; `expected` says which may.
template <class Expected>
std::vector<InstructionTableRow> changed_rows(const std::vector<InstructionTableRow>& mutated,
                                              Expected expected) {
  const std::vector<InstructionTableRow> table = measured_table();
  REQUIRE(mutated.size() == table.size());
  std::vector<InstructionTableRow> changed;
  for (std::size_t i = 0; i < table.size(); ++i) {
    INFO(table[i].instruction->name << ", " << table[i].operands << ", ring " << table[i].ring);
    CHECK(same(table[i], mutated[i]) != expected(table[i]));
    if (!same(table[i], mutated[i])) changed.push_back(mutated[i]);
  }
  return changed;
}

}  // namespace

TEST_CASE("Where POPF traps outside ring 0, its rows say so") {
  const std::vector<InstructionTableRow> mutated = table_with(
      &trapping_popf, [](const InstructionRow& row, const Operation&) { return row.name == "popf"; });
  const std::vector<InstructionTableRow> changed = changed_rows(mutated, [](const InstructionTableRow& row) {
    return row.instruction->name == "POPF" && row.verdict != Verdict::Trapped;
  });
  CHECK(changed.size() == 8);  // in virtual-8086 mode it traps by itself
  for (const InstructionTableRow& row : changed) {
    CHECK(row.through == "#GP 0000");
    CHECK(row.verdict == Verdict::Trapped);
    CHECK(row.mended());
  }
}

TEST_CASE("Where ADD betrays the ring, its rows are silent and cannot be mended") {
  // The guest's own code has no such addition.
  const std::vector<InstructionTableRow> mutated =
      table_with(&leaking_add, [](const InstructionRow& row, const Operation& op) {
        return row.name == "add" && op.size == OperandSize::Byte && !op.memory && op.reg != kNoRegister;
      });
  const std::vector<InstructionTableRow> changed =
      changed_rows(mutated, [](const InstructionTableRow& row) { return row.instruction->name == "ADD"; });
  REQUIRE(changed.size() == 2);
  for (const InstructionTableRow& row : changed) {
    CHECK(row.bare == "BL=05");
    CHECK(row.through == (row.ring == 1 ? "BL=06" : "BL=08"));
    CHECK(row.verdict == Verdict::Silent);
    CHECK_FALSE(row.mended());
  }
  CHECK(instruction_table_text(mutated).find("NOT MENDED: BL=06") != std::string::npos);
  const std::string mended =
      std::to_string(mutated.size() - changed.size()) + " of " + std::to_string(mutated.size()) + " rows";
  CHECK(instruction_table_summary(mutated).find(mended) != std::string::npos);
}

TEST_CASE("Where SGDT stores a constant, it has no witness") {
  const std::vector<InstructionTableRow> mutated = table_with(
      &constant_sgdt, [](const InstructionRow& row, const Operation&) { return row.name == "sgdt"; });
  const std::vector<InstructionTableRow> changed =
      changed_rows(mutated, [](const InstructionTableRow& row) { return row.instruction->name == "SGDT"; });
  REQUIRE(changed.size() == 2);
  for (const InstructionTableRow& row : changed) {
    CHECK(row.verdict == Verdict::NoWitness);
    CHECK(row.mended());
  }
}

}  // namespace ringdown::test
