// The processor's saved state: half-done repeated instructions, interrupt shadows, pending debug traps and
// interrupts survive, and a forged state does no harm.
#include "tests/support/code_machine.h"
#include "tests/support/contract.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

/// What is to be caught half-way, by how far the code below has run.
struct ProcessorRig {
  std::vector<Serializable*> parts() { return {&m.cpu}; }
  void drive() { m.run(5); }
  M m;

 protected:
  explicit ProcessorRig(std::string_view hex) { m.place(hex); }
};

/// In the middle of REP STOSB.
struct HalfDoneRepeat : ProcessorRig {
  HalfDoneRepeat() : ProcessorRig("f3aa ebfe") {
    m.set(Gpr::Edi, M::kData);
    m.set(Gpr::Ecx, 1000);
  }
};

/// Behind an STI, with an interrupt waiting.
struct StiShadow : ProcessorRig {
  StiShadow() : ProcessorRig("90 90 90 90 fb 43 90 ebfe") { m.cpu.set_intr(Level::High); }
};

/// Behind POP SS, with a step trap and an NMI held back.
struct MovSsShadow : ProcessorRig {
  MovSsShadow() : ProcessorRig("90 16 6802010000 9d 17 90 ebfe") {}
  void drive() {
    ProcessorRig::drive();
    m.cpu.pulse_nmi();
  }
};

/// Halted, with x87 registers in use, in ring 0 with debug registers set.
struct Halted : ProcessorRig {
  Halted() : ProcessorRig("d9e8 d9ee 0f23c3 0f23cb f4") {}
};

}  // namespace

RINGDOWN_SNAPSHOT_CONTRACT(HalfDoneRepeat)
RINGDOWN_SNAPSHOT_CONTRACT(StiShadow)
RINGDOWN_SNAPSHOT_CONTRACT(MovSsShadow)
RINGDOWN_SNAPSHOT_CONTRACT(Halted)

TEST_CASE("The processor rigs are where their names say") {
  HalfDoneRepeat repeat;
  repeat.drive();
  CHECK(repeat.m.get(Gpr::Ecx) == 995);
  CHECK(repeat.m.cpu.registers.eip == M::kCode);
  StiShadow sti;
  sti.drive();
  CHECK(sti.m.guest().shadow == InterruptShadow::Sti);
  MovSsShadow mov_ss;
  mov_ss.drive();
  CHECK(mov_ss.m.guest().shadow == InterruptShadow::MovSs);
  CHECK(mov_ss.m.guest().pending_debug == dr6::kBs);
  Halted halted;
  halted.drive();
  CHECK(halted.m.guest().activity == Activity::Halted);
}

TEST_CASE("A restored processor goes on exactly as if it had never been saved, from every tick") {
  // Memory and devices too: a second machine takes all of it over.
  constexpr std::string_view kProgram =
      "fb b90a000000 bf00000300 f3aa 9c 5a 8ed8 16 17 40 ff05 00080300 e440 f7f1 ebdf";
  for (Ticks tick = 0; tick < 40; ++tick) {
    M original;
    original.place(kProgram);
    original.set(Gpr::Eax, M::data(0));
    original.run(tick);
    M restored;
    StateWriter writer;
    writer.add(original.cpu);
    writer.add(original.memory);
    Result<StateReader> reader = StateReader::open({writer.data().begin(), writer.data().end()}, "state");
    REQUIRE(reader);
    REQUIRE(reader->restore(restored.cpu));
    REQUIRE(reader->restore(restored.memory));
    original.run(50);
    restored.run(50);
    INFO("tick " << tick);
    CHECK(saved(original.cpu) == saved(restored.cpu));
    CHECK(original.peek<u32>(M::kData + 0x800) == restored.peek<u32>(M::kData + 0x800));
  }
}

}  // namespace ringdown::test
