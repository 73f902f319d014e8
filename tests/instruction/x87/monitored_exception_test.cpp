// x87 exceptions of a deprivileged guest reach its own handlers: #MF with CR0.NE, FERR# without, #NM by
// CR0.TS.
#include <catch2/catch.hpp>

#include "tests/unit/monitor/monitored_machine.h"

namespace ringdown::test {

namespace {

/// FNINIT; FLDCW [kData], which unmasks zero divide; FLD1; FLDZ; FDIVP.
constexpr char kZeroDivide[] = "dbe3 d92d 00000300 d9e8 d9ee def9";
constexpr u32 kZeroDivideSize = 14;
constexpr u16 kUnmasked = 0x037B;

struct X87ExceptionMachine : MonitoredMachine {
  /// A guest at ring 0 with these bits of CR0 besides PE and ET.
  X87ExceptionMachine(u32 cr0_bits, Deprivilege deprivilege) {
    set_ring(0);
    cpu.connect_platform({{}, {}, [this](bool asserted) { ferr.push_back(asserted); }});
    poke<u16>(kData, kUnmasked);
    cpu.state.cr0 |= cr0_bits;
    cpu.state_changed();
    attach("", deprivilege);
  }

  std::vector<bool> ferr;
};

}  // namespace

TEST_CASE("an unmasked x87 exception is #MF at the guest's next waiting instruction", "[x87]") {
  const Deprivilege deprivilege = GENERATE(Deprivilege::Ring1, Deprivilege::Ring3);
  X87ExceptionMachine m(cr0::kNe, deprivilege);
  // FNSTSW AX does not wait, FWAIT does.
  const u32 wait = m.place(m.place(CodeMachine::kCode, kZeroDivide), "dfe0");
  REQUIRE(wait == CodeMachine::kCode + kZeroDivideSize + 2);
  m.place(wait, "9b f4");
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 16);
  CHECK(taken.eip == wait);
  CHECK(taken.cs == CodeMachine::code(0));
  CHECK((m.get(Gpr::Eax) & 0xFFFF) == 0xB084);
  CHECK(m.ferr.empty());
}

TEST_CASE("without CR0.NE an unmasked x87 exception drives FERR# and nothing else", "[x87]") {
  const Deprivilege deprivilege = GENERATE(Deprivilege::Ring1, Deprivilege::Ring3);
  X87ExceptionMachine m(0, deprivilege);
  const u32 wait = m.place(CodeMachine::kCode, kZeroDivide);
  // FWAIT; FNCLEX; HLT
  const u32 end = m.place(wait, "9b dbe2 f4");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.cpu.registers.eip == end);
  CHECK(m.ferr == std::vector<bool>{true, false});
}

TEST_CASE("the guest's CR0.TS makes its x87 instructions #NM", "[x87]") {
  const Deprivilege deprivilege = GENERATE(Deprivilege::Ring1, Deprivilege::Ring3);
  X87ExceptionMachine m(cr0::kNe | cr0::kTs, deprivilege);
  SECTION("until CLTS") {
    const u32 load = m.place(CodeMachine::kCode, "0f06");
    const u32 end = m.place(load, "d9e8 f4");
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK(m.cpu.registers.eip == end);
  }
  SECTION("at once") {
    m.place(CodeMachine::kCode, "d9e8 f4");
    const Taken taken = m.run_to_handler();
    CHECK(taken.vector == 7);
    CHECK(taken.eip == CodeMachine::kCode);
  }
}

}  // namespace ringdown::test
