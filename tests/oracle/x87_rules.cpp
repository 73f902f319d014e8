// Brings cases and outcomes into the form in which the x87 suite's deviations look at them.
#include "tests/oracle/x87_rules.h"

#include <algorithm>

#include "cpu/flags.h"

namespace ringdown::test {

namespace {

/// ST(0) first, ten bytes each.
std::array<u8, 80> registers_of(const FxImage& fx) {
  std::array<u8, 80> registers{};
  for (unsigned i = 0; i < 8; ++i)
    std::copy_n(fx.bytes.begin() + FxImage::kRegisters + 16 * i, 10, registers.begin() + 10 * i);
  return registers;
}

/// A tag word that tells empty registers from others.
u16 tags_of(const FxImage& fx) {
  unsigned tags = 0;
  for (unsigned i = 0; i < 8; ++i) {
    if ((fx.valid() >> i & 1) == 0) tags |= 3u << 2 * i;
  }
  return static_cast<u16>(tags);
}

/// Without pointers and memory, which rules of the oracle's own deal with.
X87Outcome outcome_of(const OracleState& state) {
  X87Outcome outcome{};
  outcome.control = state.fx.control();
  outcome.status = state.fx.status();
  outcome.tags = tags_of(state.fx);
  outcome.registers = registers_of(state.fx);
  outcome.eflags = state.eflags & eflags::kStatus;
  return outcome;
}

X87Case case_of(const GeneratedCase& g) {
  X87Case c;
  c.code = g.c.code;
  c.row = g.instructions.back().row;
  const std::span<const ZydisDecodedOperand> operands = g.instructions.back().all_operands();
  c.has_memory = std::any_of(operands.begin(), operands.end(),
                             [](const auto& o) { return o.type == ZYDIS_OPERAND_TYPE_MEMORY; });
  c.before.control = g.c.before.fx.control();
  c.before.status = g.c.before.fx.status();
  c.before.tags = tags_of(g.c.before.fx);
  c.before.registers = registers_of(g.c.before.fx);
  c.eflags = g.c.before.eflags & eflags::kStatus;
  return c;
}

}  // namespace

void forgive_x87(const X87Deviation& deviation, const GeneratedCase& g, OracleOutcome& host,
                 const OracleOutcome& guest) {
  if (g.instructions.empty() || g.instructions.back().row == nullptr) return;
  const X87Outcome host_unit = outcome_of(host.after);
  const X87Outcome guest_unit = outcome_of(guest.after);
  if (host_unit == guest_unit || !deviation.explains(case_of(g), host_unit, guest_unit)) return;
  host.after.eflags = (host.after.eflags & ~eflags::kStatus) | guest_unit.eflags;
  host.after.fx.set<u16>(FxImage::kStatus, guest_unit.status);
  host.after.fx.set<u8>(FxImage::kValid, guest.after.fx.valid());
  for (unsigned i = 0; i < 8; ++i) host.after.fx.set_st(i, guest.after.fx.st(i));
}

}  // namespace ringdown::test
