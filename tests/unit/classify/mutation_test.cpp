// Processors that differ from the manual on purpose are classified by what they do.
#include <catch2/catch.hpp>

#include "cpu/execute/operands.h"
#include "cpu/execute/terminators.h"
#include "cpu/handler.h"
#include "frontend/lab/classify/classification.h"

namespace ringdown::test {

namespace {

/// POPF raises #GP(0) outside ring 0.
const Operation* popf_that_traps(Processor& cpu, const Operation* op) {
  if (cpu.state.cpl != 0) return raise(cpu, op, general_protection());
  return system_handler(row_of(*op).effect)(cpu, op);
}

/// ADD to a register adds the CPL as well; in memory it does nothing.
const Operation* add_that_tells_the_level(Processor& cpu, const Operation* op) {
  cpu.registers.write<u32>(op->rm, cpu.registers.read<u32>(op->rm) + cpu.state.cpl + 1);
  return next(cpu, op);
}

/// A load of an immediate value also switches IF.
const Operation* mov_that_switches_interrupts(Processor& cpu, const Operation* op) {
  cpu.registers.write<u32>(op->reg, op->immediate);
  cpu.state.flags ^= eflags::kIf;
  return next(cpu, op);
}

const ClassifiedInstruction& only(const Classification& classification) {
  REQUIRE(classification.instructions.size() == 1);
  return classification.instructions.front();
}

Classification classify_mutant(std::string name, HandlerSubstitution substitution) {
  ClassifyRequest request;
  request.names = {std::move(name)};
  request.substitution = std::move(substitution);
  return classify_instructions(request);
}

}  // namespace

TEST_CASE("a POPF that traps is privileged", "[classify]") {
  CHECK(only(classify_mutant("popf", {})).verdict() == "sensitive, not privileged");
  const Classification mutant = classify_mutant("popf", [](const InstructionRow& row, const Operation&) {
    return row.name == "popf" ? &popf_that_traps : Handler{};
  });
  CHECK(only(mutant).verdict() == "sensitive and privileged");
  CHECK(only(mutant).findings.control_sensitive);
  CHECK(only(mutant).findings.choices.empty());
  CHECK(mutant.theorem1());
}

TEST_CASE("an ADD that tells the privilege level is a counterexample", "[classify]") {
  CHECK(only(classify_mutant("add", {})).verdict() == "innocuous");
  const Classification mutant = classify_mutant("add", [](const InstructionRow& row, const Operation& op) {
    return row.name == "add" && op.rm != kNoRegister ? &add_that_tells_the_level : Handler{};
  });
  const classify::Findings& findings = only(mutant).findings;
  CHECK(only(mutant).counterexample());
  CHECK(findings.by_mode);
  CHECK_FALSE(findings.by_location);
  CHECK_FALSE(findings.control_sensitive);
  CHECK_FALSE(findings.privileged);
  CHECK(findings.witness().starts_with("CPL 0 -> 1: ADD "));
  CHECK_FALSE(mutant.theorem1());
  // In one ring it always gives the same.
  CHECK(mutant.theorem3());
}

TEST_CASE("a MOV that switches interrupts is control-sensitive", "[classify]") {
  const Classification mutant = classify_mutant("mov", [](const InstructionRow& row, const Operation& op) {
    const bool loads = row.name == "mov" && !op.memory && op.reg != kNoRegister && op.rm == kNoRegister;
    return loads ? &mov_that_switches_interrupts : Handler{};
  });
  const classify::Findings& findings = only(mutant).findings;
  CHECK(only(mutant).counterexample());
  CHECK(findings.control_sensitive);
  CHECK(findings.user_sensitive);
  CHECK_FALSE(findings.by_location);
  CHECK(findings.witness().find("IF 0 -> 1") != std::string::npos);
  CHECK_FALSE(mutant.theorem3());
}

TEST_CASE("a processor whose every leak is closed satisfies both theorems", "[classify]") {
  ClassifyRequest request;
  request.names = {"popf", "pushf", "add"};
  request.substitution = [](const InstructionRow& row, const Operation&) {
    return row.name == "popf" || row.name == "pushf" ? &popf_that_traps : Handler{};
  };
  const Classification mended = classify_instructions(request);
  CHECK(mended.theorem1());
  CHECK(mended.theorem3());
}

}  // namespace ringdown::test
