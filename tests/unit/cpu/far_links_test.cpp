// Branches into other pages and returns: what is remembered of where they led is never taken for where they
// lead.
#include <catch2/catch.hpp>

#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

constexpr u32 kNear = M::kCode + 0x1000;  // in the page behind
constexpr u32 kOther = 0x4'0000;

void run_from_start(M& m) {
  m.guest().activity = Activity::Running;
  m.cpu.registers.eip = M::kCode;
  m.set(Gpr::Esp, M::stack_top(0));
  for (const Gpr reg : {Gpr::Eax, Gpr::Ecx, Gpr::Edx}) m.set(reg, 0);
  CHECK(m.run(10'000).reason == ExitReason::Halted);
}

/// The first run finds the ways, the others go them.
void check_runs(M& m, u32 eax, u32 edx) {
  for (unsigned again = 0; again < 3; ++again) {
    run_from_start(m);
    CHECK(m.get(Gpr::Eax) == eax);
    CHECK(m.get(Gpr::Edx) == edx);
  }
}

/// With paging, the page at kNear shows that frame from the next INVLPG or CR3 load on.
void map_near(M& m, u32 frame) {
  m.poke<u32>(M::page_entry(kNear), frame | 7);
  m.cpu.memory.invalidate_page(GuestLinear(kNear));
}

}  // namespace

TEST_CASE("A jump into another page leads where that page is mapped now") {
  M m;
  m.enable_paging();
  m.place("e9 fb0f0000");    // jmp kNear
  m.place(kNear, "40 f4");   // inc eax; hlt
  m.place(kOther, "41 f4");  // inc ecx; hlt
  for (unsigned round = 0; round < 3; ++round) {
    for (unsigned again = 0; again < 3; ++again) {
      map_near(m, kNear);
      run_from_start(m);
      CHECK(m.get(Gpr::Eax) == 1);
    }
    map_near(m, kOther);
    run_from_start(m);
    CHECK(m.get(Gpr::Eax) == 0);
    CHECK(m.get(Gpr::Ecx) == 1);
  }
}

TEST_CASE("A jump into another page sees what was stored there") {
  M m;
  m.place("e9 fb0f0000");
  for (const u8 inc : {0x40, 0x41, 0x42, 0x40}) {
    m.place(kNear, "90 f4");
    for (unsigned again = 0; again < 3; ++again) run_from_start(m);
    m.poke<u8>(kNear, inc);
    for (unsigned again = 0; again < 3; ++again) run_from_start(m);
    CHECK(m.cpu.registers.read<u32>(register_offset(inc - 0x40u, sizeof(u32))) == 1);
  }
}

TEST_CASE("Returns lead back through more calls than are remembered") {
  M m;
  // mov ecx, 100; call f; hlt. f, in another page: inc eax; dec ecx; jz end; call f; end: inc edx; ret
  m.place("b9 64000000 e8 f60f0000 f4");
  m.place(kNear, "40 49 7405 e8 f7ffffff 42 c3");
  check_runs(m, 100, 100);
}

TEST_CASE("A return leads where the stack says, whatever was called") {
  M m;
  // call f; inc eax; hlt; elsewhere, at 0x20: inc edx; hlt. f: mov dword [esp], elsewhere; ret
  m.place("e8 fb0f0000 40 f4");
  m.place(M::kCode + 0x20, "42 f4");
  m.place(kNear, "c70424 20000100 c3");
  check_runs(m, 0, 1);
  m.place(kNear, "c70424 05000100 5b 53 c3");  // to where it was called from; pop ebx; push ebx; ret
  check_runs(m, 1, 0);
}

TEST_CASE("A return sees what the callee stored behind the call") {
  M m;
  // call f; nop; hlt. f: mov [behind the call], bl; pop ecx; push ecx; ret
  m.place("e8 fb0f0000 90 f4");
  m.place(kNear, "881d 05000100 59 51 c3");
  for (const u8 inc : {0x40, 0x42, 0x40, 0x42}) {
    for (unsigned again = 0; again < 2; ++again) {
      m.set(Gpr::Ebx, inc);
      run_from_start(m);
      CHECK(m.get(Gpr::Eax) == (inc == 0x40 ? 1 : 0));
      CHECK(m.get(Gpr::Edx) == (inc == 0x42 ? 1 : 0));
    }
  }
}

TEST_CASE("A return goes by the translations of its time") {
  M m;
  m.enable_paging();
  // At kNear: call f; inc eax; hlt. f: mov [page table entry of kNear], ebx; invlpg [kNear]; ret
  m.place("e9 fb0f0000");
  m.place(kNear, "e8 fb0f0000 40 f4");
  m.place(kOther + 5, "42 f4");
  m.place(kNear + 0x1000, "891d 00000000 0f013d 00100100 c3");
  m.poke<u32>(kNear + 0x1000 + 2, M::page_entry(kNear));
  REQUIRE(kNear == 0x1'1000);
  for (const u32 frame : {kNear, kOther, kNear, kNear, kOther}) {
    map_near(m, kNear);
    m.set(Gpr::Ebx, frame | 7);
    run_from_start(m);
    CHECK(m.get(Gpr::Eax) == (frame == kNear ? 1 : 0));
    CHECK(m.get(Gpr::Edx) == (frame == kOther ? 1 : 0));
  }
}

TEST_CASE("Calls and returns cost the same instructions wherever their targets are known") {
  M m;
  m.place("e8 fb0f0000 e8 f60f0000 f4");
  m.place(kNear, "51 59 c3");
  Ticks before = 0;
  for (unsigned again = 0; again < 4; ++again) {
    run_from_start(m);
    CHECK(m.cpu.ticks() - before == 9);
    before = m.cpu.ticks();
  }
}

}  // namespace ringdown::test
