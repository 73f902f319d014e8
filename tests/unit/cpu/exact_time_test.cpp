// Exact instruction counts: at device accesses and faults in mid-block, at events, in repeated instructions.
#include <catch2/catch.hpp>

#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

std::vector<Ticks> ticks_of(const RecordingDevice& device) {
  std::vector<Ticks> ticks;
  for (const DeviceAccess& access : device.accesses) ticks.push_back(access.tick);
  return ticks;
}

}  // namespace

TEST_CASE("Devices are accessed at the count of instructions retired before, for any block length") {
  for (const bool single : {false, true}) {
    INFO(single);
    M m({.single_instruction_blocks = single});
    // inc ebx; mov eax, [device]; inc ebx; inc ebx; mov [device + 4], eax; add [device + 8], ebx;
    // in al, port; out port, al; push [device]; hlt
    m.place("43 a1 00002000 43 43 a3 04002000 011d 08002000 e440 e640 ff35 00002000 f4");
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK(ticks_of(m.page) == std::vector<Ticks>{1, 4, 5, 5, 8});
    CHECK(ticks_of(m.port) == std::vector<Ticks>{6, 7});
    CHECK(m.cpu.ticks() == 10);
    CHECK(m.get(Gpr::Ebx) == 3);
  }
}

TEST_CASE("A second run through a block that was cut accesses its devices at the right ticks too") {
  M m;
  m.place("43 a1 00002000 43 a1 04002000 ebf2");
  m.run(15);
  CHECK(ticks_of(m.page) == std::vector<Ticks>{1, 3, 6, 8, 11, 13});
}

TEST_CASE("A device read in the middle of a fused pair is exact") {
  M m;
  m.place("43 833d 00002000 05 7401 43 f4");  // inc ebx; cmp dword [device], 5; jz; inc ebx; hlt
  CHECK(m.run().reason == ExitReason::Halted);
  REQUIRE(m.page.accesses.size() == 1);
  CHECK(m.page.accesses[0].tick == 1);
  CHECK(m.cpu.ticks() == 5);
}

TEST_CASE("A fault in mid-block gives back what has not run, and shows all flags") {
  M m;
  // xor ecx, ecx; add eax, 80000000h; div ecx; cmp eax, eax; nop
  m.set(Gpr::Eax, 0x8000'0000);
  m.place("31c9 0500000080 f7f1 39c0 90");
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 0);
  CHECK(taken.eip == M::kCode + 7);
  CHECK((taken.eflags & eflags::kStatus) == (eflags::kCf | eflags::kOf | eflags::kZf | eflags::kPf));
  CHECK(m.cpu.ticks() == 3);  // two instructions and the handler's HLT
}

TEST_CASE("UD2 in mid-block shows the flags of the instruction before it") {
  M m;
  m.set(Gpr::Eax, 0x8000'0000);
  m.place("0500000080 0f0b 39db");  // add eax, 80000000h; ud2; cmp ebx, ebx
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 6);
  CHECK((taken.eflags & eflags::kStatus) == (eflags::kCf | eflags::kOf | eflags::kZf | eflags::kPf));
}

// With CR0.TS set, instructions without a memory operand fault as well.
TEST_CASE("A floating-point or vector instruction in mid-block shows the flags before it") {
  for (const std::string_view hex :
       {"d9d0", "0f28c1", "660fefc0", "0f77", "0ffcc1", "f20f58c1", "660f6ec0"}) {
    M m;
    m.place("0500000080" + std::string(hex) + "39db f4");
    m.set(Gpr::Eax, 0x8000'0000);
    m.guest().cr0 |= cr0::kTs;
    m.guest().cr4 |= cr4::kOsfxsr;
    m.cpu.state_changed();
    const Taken taken = m.run_to_handler();
    if (taken.vector != 7) continue;  // an instruction that this build does not have
    INFO(hex);
    CHECK((taken.eflags & eflags::kStatus) == (eflags::kCf | eflags::kOf | eflags::kZf | eflags::kPf));
  }
}

TEST_CASE("run stops at its limit wherever that lies in a block") {
  M m;
  m.place("43 43 43 43 43 43 43 43 43 43 f4");
  m.set(Gpr::Ebx, 0);
  for (unsigned i = 1; i <= 10; ++i) {
    CHECK(m.run(1).reason == ExitReason::Budget);
    CHECK(m.cpu.ticks() == i);
    CHECK(m.get(Gpr::Ebx) == i);
  }
}

TEST_CASE("Events run at their exact tick, also those that a device sets in mid-block") {
  M m;
  m.set(Gpr::Ebx, 0);
  std::vector<std::pair<Ticks, u32>> seen;
  m.place("43 a3 00002000 43 43 43 43 43 43 43 43 ebfe");
  m.page.on_write = [&](u32, u64) {
    m.at(m.cpu.ticks() + 3, [&] { seen.push_back({m.cpu.ticks(), m.get(Gpr::Ebx)}); });
  };
  m.at(1, [&] { seen.push_back({m.cpu.ticks(), m.get(Gpr::Ebx)}); });
  m.run(50);
  CHECK(seen == std::vector<std::pair<Ticks, u32>>{{1, 1}, {4, 3}});
  CHECK(m.cpu.ticks() == 50);
}

TEST_CASE("PAUSE retires as one instruction and passes time, for any block length, to the next event at most") {
  for (const bool single : {false, true}) {
    INFO(single);
    M m({.single_instruction_blocks = single});
    // rdtsc; mov esi, eax; nop; pause; rdtsc; mov edi, eax; pause; inc ebx; rdtsc; hlt
    m.place("0f31 89c6 90 f390 0f31 89c7 f390 43 0f31 f4");
    m.set(Gpr::Ebx, 0);
    // 50 nanoseconds, which are 50 instructions, after the second RDTSC.
    u32 events = 0;
    m.at(144 + 50, [&] {
      ++events;
      CHECK(m.cpu.ticks() == 7);
      CHECK(m.get(Gpr::Ebx) == 0);
    });
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK(events == 1);
    CHECK(m.cpu.ticks() == 10);
    CHECK(m.get(Gpr::Edi) - m.get(Gpr::Esi) == 2 * (140 + 4));
    CHECK(m.get(Gpr::Eax) - m.get(Gpr::Edi) == 2 * (50 + 2));
  }
}

TEST_CASE("A repeated instruction counts its iterations and stops at an event between two") {
  M m;
  m.set(Gpr::Esi, M::kData);
  m.set(Gpr::Edi, M::kData + 0x1000);
  m.set(Gpr::Ecx, 100);
  m.place("f3a4 f4");
  u32 left = 0;
  m.at(37, [&] { left = m.get(Gpr::Ecx); });
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(left == 63);
  CHECK(m.cpu.ticks() == 101);
  CHECK(m.get(Gpr::Edi) == M::kData + 0x1000 + 100);
}

TEST_CASE("An interrupt in a repeated instruction returns to it, half-done") {
  M m;
  m.guest().flags |= eflags::kIf;
  m.set(Gpr::Esi, M::kData);
  m.set(Gpr::Edi, M::kData + 0x1000);
  m.set(Gpr::Ecx, 100);
  m.place("f3a4 f4");
  m.gate(0x40, M::kHandlers + 0x200);
  m.place(M::kHandlers + 0x200, "89cb cf");  // mov ebx, ecx; iret
  m.at(37, [&] { m.interrupt(0x40); });
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.get(Gpr::Ebx) == 63);
  CHECK(m.get(Gpr::Ecx) == 0);
  CHECK(m.cpu.ticks() == 103);
}

TEST_CASE("Handlers that fault at once do not stop time, and can be interrupted") {
  CodeMachine m;
  m.place("0f0b");  // ud2
  m.gate(static_cast<u8>(Vector::InvalidOpcode), CodeMachine::kCode);
  m.at(60, [&m] { m.cpu.pulse_nmi(); });
  CHECK(m.run(50).reason == ExitReason::Budget);
  CHECK(m.cpu.ticks() == 50);
  // The first delivery is free; each further one takes a tick.
  CHECK(m.cpu.counters().exceptions[static_cast<unsigned>(Vector::InvalidOpcode)] == 51);
  CHECK(m.run_to_handler(50).vector == static_cast<int>(Vector::Nmi));
}

TEST_CASE("A repeated instruction that faults keeps what it has done and the ticks of it") {
  M m;
  m.enable_paging();
  m.poke<u32>(M::page_entry(M::kData + 0x1000), 0);
  m.set(Gpr::Edi, M::kData + 0x1000 - 5);
  m.set(Gpr::Ecx, 100);
  m.place("f3aa f4");
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 14);
  CHECK(taken.eip == M::kCode);
  CHECK(m.get(Gpr::Ecx) == 95);
  CHECK(m.guest().cr2 == M::kData + 0x1000);
  CHECK(m.cpu.ticks() == 6);
}

TEST_CASE("Repeated port and device accesses each have their tick") {
  M m;
  m.set(Gpr::Edx, M::kPort);
  m.set(Gpr::Edi, M::kData);
  m.set(Gpr::Ecx, 3);
  m.place("90 f36c b902000000 bf00002000 f3ab f4");  // nop; rep insb; mov ecx, 2; mov edi, device; rep stosd
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(ticks_of(m.port) == std::vector<Ticks>{1, 2, 3});
  CHECK(ticks_of(m.page) == std::vector<Ticks>{6, 7});
}

TEST_CASE("A repeated instruction with a count of zero is one instruction") {
  M m;
  m.set(Gpr::Ecx, 0);
  m.place("f3a4 f36c f4");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.cpu.ticks() == 3);
}

TEST_CASE("RDTSC sees the time before it retires") {
  M m;
  m.place("90 90 0f31 f4");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.get(Gpr::Eax) == cycles_in(2 * 1000, m.cpu.model().tsc_hertz()));
}

TEST_CASE("A page fault on the second page of an instruction costs nothing and names that page") {
  M m;
  m.enable_paging();
  m.poke<u32>(M::page_entry(M::kCode + 0x1000), 0);
  m.place(M::kCode + 0xffd, "43 b8 11");
  m.cpu.registers.eip = M::kCode + 0xffd;
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 14);
  CHECK(taken.error_code == 0);
  CHECK(taken.eip == M::kCode + 0xffe);
  CHECK(m.guest().cr2 == M::kCode + 0x1000);
  CHECK(m.cpu.ticks() == 2);
}

TEST_CASE("The instruction counts of the rings add up") {
  M m;
  m.set_ring(3);
  m.gate(0x30, M::kHandlers + 0x200, 3);
  m.place("90 90 cd30 90 f4");
  m.place(M::kHandlers + 0x200, "90 90 90 cf");
  CHECK(m.run_to_handler().vector == 13);
  const ProcessorCounters& counters = m.cpu.counters();
  CHECK(counters.retired_at_cpl[3] == 4);
  CHECK(counters.retired_at_cpl[0] == 5);  // the handler, and the HLT of the #GP
  CHECK(m.cpu.ticks() == 9);
}

}  // namespace ringdown::test
