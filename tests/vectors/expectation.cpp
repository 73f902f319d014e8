// What a processor must have done by the end of a captured test.
#include "tests/vectors/expectation.h"

#include "cpu/flags.h"

namespace ringdown::test {

using enum MooRegister;

Expectation as_captured(const MooTest& test, bool software_interrupt) {
  Expectation expectation{test, {}};
  if (test.exception && !software_interrupt) expectation.exception = test.exception->vector;
  return expectation;
}

Expectation as_fault(const MooTest& test, u8 vector, u32 flags) {
  constexpr u32 kFrame = 6;
  Expectation expectation{test, vector, true};
  const MooRegisters& before = test.initial.registers;
  MooState& after = expectation.test.final;
  after = {};
  const u32 sp = before.get(Esp);
  after.registers[Esp] = (sp & ~0xffffu) | ((sp - kFrame) & 0xffff);
  const u32 pushed = (before.get(Eflags) & flags) | eflags::kReserved1;
  after.registers[Eflags] = pushed & ~(eflags::kIf | eflags::kTf);
  const auto push = [&](u32 below, u32 value) {
    for (u32 i = 0; i < 2; ++i) {
      const u32 address = (before.get(Ss) << 4) + ((sp - below + i) & 0xffff);
      after.memory.push_back({address, static_cast<u8>(value >> (8 * i))});
    }
  };
  push(2, pushed);
  push(4, before.get(Cs));
  push(6, before.get(Eip));
  return expectation;
}

Expectation as_executed(const MooTest& test, u32 length) {
  Expectation expectation{test, {}, false, Expectation::Extent::Position};
  MooRegisters& after = expectation.test.final.registers;
  after[Cs] = test.initial.registers.get(Cs);
  after[Eip] = (test.initial.registers.get(Eip) + length + 1) & 0xffff;  // behind the HLT
  return expectation;
}

Expectation as_anything(const MooTest& test) { return {test, {}, false, Expectation::Extent::Nothing}; }

}  // namespace ringdown::test
