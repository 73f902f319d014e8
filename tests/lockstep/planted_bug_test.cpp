// Mistakes put into the monitor, one at a time: each is found at the right instruction.
#include <fmt/core.h>

#include <catch2/catch.hpp>

#include "cpu/system/segment_descriptor.h"
#include "tests/lockstep/lockstep_run.h"
#include "tests/support/meddler.h"

namespace ringdown::test {

namespace {

using Mistake = Meddler::Mistake;
using Where = Divergence::Where;

PrivilegedState& state_of(Machine& machine) { return machine.monitor()->virtual_state(); }

/// A mistake in the emulation of one row.
template <class Spoil>
Mistake behind(std::string_view wanted, Spoil spoil) {
  return {.behind = [=](Machine& machine, std::string_view row, const PrivilegedState& before) {
    return row == wanted && spoil(machine, before);
  }};
}

/// Clears a bit of the access byte of a descriptor of the guest's GDT.
bool clear_access_bit(Machine& machine, u16 selector, u8 bit) {
  const GuestPhysical at(state_of(machine).gdtr.base + Selector(selector).offset() + Descriptor::kAccessByte);
  const u8 access = machine.memory().read_value<u8>(at);
  machine.memory().write_value<u8>(at, static_cast<u8>(access & ~bit));
  return (access & bit) != 0;
}

bool lose_flag(Machine& machine, u32 flag) {
  u32& flags = state_of(machine).flags;
  const bool had = (flags & flag) != 0;
  flags &= ~flag;
  return had;
}

enum class Trace : u8 {
  Lasts,     // the guest goes another way, or keeps what is wrong
  Vanishes,  // the next instructions mend it
};

struct PlantedBug {
  const char* name;
  const char* instruction;  // how its disassembly begins
  Where where;
  Trace trace;
  Mistake mistake;
};

/// Mistakes in what the monitor does with instructions.
std::vector<PlantedBug> emulation_bugs() {
  return {
      {"CLI leaves IF", "cli", Where::Instruction, Trace::Lasts,
       behind("cli",
              [](Machine& m, const PrivilegedState& before) {
                state_of(m).flags |= before.flags & eflags::kIf;
                return (before.flags & eflags::kIf) != 0;
              })},
      {"STI has no shadow", "sti", Where::Instruction, Trace::Vanishes,
       behind("sti",
              [](Machine& m, const PrivilegedState&) {
                return std::exchange(state_of(m).shadow, InterruptShadow::None) != InterruptShadow::None;
              })},
      {"POPF drops IOPL", "popfd", Where::Instruction, Trace::Vanishes,
       behind("popf", [](Machine& m, const PrivilegedState&) { return lose_flag(m, eflags::kIopl); })},
      {"IRET leaves NMI blocked", "iretd", Where::Instruction, Trace::Vanishes,
       behind("iret",
              [](Machine& m, const PrivilegedState& before) {
                state_of(m).nmi_blocked = before.nmi_blocked;
                return before.nmi_blocked;
              })},
      {"LGDT is off by one", "lgdt [", Where::Instruction, Trace::Lasts,
       behind("lgdt",
              [](Machine& m, const PrivilegedState&) {
                --state_of(m).gdtr.limit;
                return true;
              })},
      {"MOV CR0 loses TS", "mov cr0, eax", Where::Instruction, Trace::Vanishes,
       behind("mov-to-cr",
              [](Machine& m, const PrivilegedState&) {
                const bool had = (state_of(m).cr0 & cr0::kTs) != 0;
                state_of(m).cr0 &= ~cr0::kTs;
                return had;
              })},
      {"LTR leaves the TSS available", "ltr ax", Where::Instruction, Trace::Lasts,
       behind("ltr",
              [](Machine& m, const PrivilegedState&) {
                return clear_access_bit(m, state_of(m).tr.selector, kTssBusyBit);
              })},
      {"a load loses the accessed bit", "mov es, ax", Where::Instruction, Trace::Lasts,
       behind("mov-to-sreg",
              [](Machine& m, const PrivilegedState&) {
                constexpr u16 kLoaded = 0x68;  // FREE of roms/testkit/layout.inc
                return state_of(m).segment(Segment::Es).selector == kLoaded &&
                       clear_access_bit(m, kLoaded, SegmentAttributes::kAccessed);
              })},
      {"SYSENTER is wrong about ESP", "sysenter", Where::Instruction, Trace::Lasts,
       behind("sysenter",
              [](Machine& m, const PrivilegedState&) {
                Registers& registers = m.processor().registers;
                registers.set(Gpr::Esp, registers.get(Gpr::Esp) + 4);
                return true;
              })},
  };
}

/// Mistakes in what it hands on to the guest.
std::vector<PlantedBug> delivery_bugs() {
  return {
      {"an interrupt leaves IF",
       "cmp byte ptr [",
       Where::Delivery,
       Trace::Vanishes,
       {.interrupt =
            [](Machine& m, const PrivilegedState& before) {
              state_of(m).flags |= before.flags & eflags::kIf;
              return (before.flags & eflags::kIf) != 0;
            }}},
      {"a page fault has a wrong CR2",
       "mov eax, [0x003FC004]",
       Where::Delivery,
       Trace::Lasts,
       {.exception =
            [](Fault& fault) {
              fault.address += fault.vector == Vector::PageFault ? 4 : 0;
              return fault.vector == Vector::PageFault;
            }}},
      {"a page fault has a wrong error code",
       "mov eax, [0x003FC004]",
       Where::Delivery,
       Trace::Lasts,
       {.exception =
            [](Fault& fault) {
              fault.error_code ^= fault.vector == Vector::PageFault ? 2 : 0;
              return fault.vector == Vector::PageFault;
            }}},
  };
}

/// Sensitive instructions that it does not stop, or not rightly.
std::vector<PlantedBug> direct_bugs() {
  return {
      {"PUSHF runs directly",
       "pushfd",
       Where::Instruction,
       Trace::Lasts,
       {.lets_run = [](const InstructionRow& row) { return row.name == "pushf"; }}},
      {"MOV from CS runs directly",
       "mov ax, cs",
       Where::Instruction,
       Trace::Vanishes,
       {.lets_run = [](const InstructionRow& row) { return row.name == "mov-from-sreg"; }}},
      {"RDTSC forgets the guest's offset",
       "rdtsc",
       Where::Instruction,
       Trace::Vanishes,
       {.behind =
            [](Machine& m, std::string_view, const PrivilegedState&) {
              m.processor().state.msr.tsc_offset = 0;
              return false;
            }}},
  };
}

std::vector<PlantedBug> planted_bugs() {
  std::vector<PlantedBug> bugs = emulation_bugs();
  for (auto* const more : {&delivery_bugs, &direct_bugs}) {
    for (PlantedBug& bug : more()) bugs.push_back(std::move(bug));
  }
  return bugs;
}

void check_found(const PlantedBug& bug, Ticks every) {
  INFO(bug.name << ", compared every " << every);
  LockstepSetup setup = lockstep_of("all-traps");
  setup.every = every;
  std::shared_ptr<Meddler> meddler;
  setup.prepare = [&](LockstepSide&, LockstepSide& other) {
    meddler = std::make_shared<Meddler>(other.machine(), bug.mistake);
    other.keep(meddler);
  };
  const LockstepResult result = run_lockstep(std::move(setup));
  REQUIRE(result.divergence);
  const Divergence& divergence = *result.divergence;
  INFO(divergence.step.disassembly << " after " << divergence.ticks);
  CHECK(divergence.step.disassembly.starts_with(bug.instruction));
  CHECK(divergence.where == bug.where);
  if (meddler->spoiled_at()) CHECK(divergence.ticks == *meddler->spoiled_at());
}

}  // namespace

TEST_CASE("Without a mistake of the monitor nothing differs") {
  for (const Deprivilege deprivilege : {Deprivilege::Ring1, Deprivilege::Ring3}) {
    LockstepSetup setup = lockstep_of("all-traps");
    setup.guest.deprivilege = deprivilege;
    setup.every = 1;
    const LockstepResult result = run_lockstep(std::move(setup));
    CHECK_FALSE(result.divergence);
    CHECK(result.end == "exit 0");
    CHECK(result.comparisons == result.instructions);
  }
}

TEST_CASE("Each mistake of the monitor is found at its instruction") {
  for (const PlantedBug& bug : planted_bugs()) check_found(bug, 1);
}

TEST_CASE("A mistake that leaves a trace is found at its instruction from afar") {
  for (const PlantedBug& bug : planted_bugs()) {
    if (bug.trace == Trace::Lasts) check_found(bug, 1'000'000);
  }
}

TEST_CASE("A stale shadow entry is found at the access that goes through it") {
  LockstepSetup setup = lockstep_of("all-traps");
  setup.guest.paging.break_shadow = ShadowBreak{ShadowBreak::Kind::DropSync, 1};
  const LockstepResult result = run_lockstep(std::move(setup));
  REQUIRE(result.divergence);
  CHECK(result.divergence->step.disassembly == "mov eax, [0x003FE000]");
  REQUIRE_FALSE(result.divergence->differences.empty());
  CHECK(result.divergence->differences[0].item == "EAX");
  CHECK(result.divergence->differences[0].reference == "00000002");
  CHECK(result.divergence->differences[0].other == "00000001");
}

}  // namespace ringdown::test
