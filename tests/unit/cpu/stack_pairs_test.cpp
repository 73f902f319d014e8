// Pairs of stack instructions run as one: nothing tells them from the two, also where the second of them
// faults.
#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

constexpr u32 kStackPage = 0x5'0000;  // the pages around it are absent
constexpr u32 kWords = kPageSize / 4;

/// PUSH and POP of registers, also ESP, and RET; without HLT's privilege, each program ends in the handler of
/// #GP.
constexpr std::string_view kPrograms[] = {
    "50 53 f4",           // push eax; push ebx
    "50 50 51 56 57 f4",  // push eax; push eax; push ecx; push esi; push edi
    "54 53 f4",           // push esp; push ebx
    "53 54 f4",           // push ebx; push esp
    "6650 6653 f4",       // push ax; push bx
    "50 6a07 50 50 f4",   // push eax; push 7; push eax; push eax
    "58 5b f4",           // pop eax; pop ebx
    "58 58 59 5e 5f f4",  // pop eax; pop eax; pop ecx; pop esi; pop edi
    "5c 5b f4",           // pop esp; pop ebx
    "5b 5c f4",           // pop ebx; pop esp
    "55 89e5 5d c3",      // push ebp; mov ebp, esp; pop ebp; ret
    "5b 5d c3",           // pop ebx; pop ebp; ret
    "5d c20800",          // pop ebp; ret 8
    "5c c3",              // pop esp; ret
    "66 5d c3",           // pop bp; ret
};

struct Seen {
  Taken taken;
  u32 user_esp = 0;
  u32 cr2 = 0;
  Ticks ticks = 0;
  std::array<u32, 8> registers{};
  std::array<u32, kWords> stack{};
};

Seen run(M& m, std::string_view program, u32 esp) {
  m.set_ring(3);
  m.guest().activity = Activity::Running;
  m.guest().cr0 |= cr0::kPg | cr0::kWp;
  m.guest().cr2 = 0;
  m.place(program);
  for (u32 i = 0; i < kWords; ++i) m.poke<u32>(kStackPage + 4 * i, kStackPage + 4 * (i * 7 % kWords));
  for (u32 i = 0; i < 8; ++i) m.set(static_cast<Gpr>(i), 0x1111'1111 * (i + 1));
  m.set(Gpr::Esp, esp);
  m.cpu.paging_changed();
  m.cpu.state_changed();
  const Ticks before = m.cpu.ticks();
  Seen seen;
  seen.taken = m.run_to_handler();
  seen.ticks = m.cpu.ticks() - before;
  seen.cr2 = m.guest().cr2;
  constexpr u32 kUserEsp = 16;  // in the frame, behind error code, EIP, CS and EFLAGS
  seen.user_esp = m.peek<u32>(m.get(Gpr::Esp) + kUserEsp);
  for (u32 i = 0; i < 8; ++i) seen.registers[i] = m.get(static_cast<Gpr>(i));
  for (u32 i = 0; i < kWords; ++i) seen.stack[i] = m.peek<u32>(kStackPage + 4 * i);
  return seen;
}

}  // namespace

TEST_CASE("Pairs of stack instructions are the two, wherever the stack ends") {
  M pairs;
  M single({.single_instruction_blocks = true});
  for (M* m : {&pairs, &single}) {
    m->enable_paging();
    m->poke<u32>(M::page_entry(kStackPage - kPageSize), 0);
    m->poke<u32>(M::page_entry(kStackPage + kPageSize), 0);
  }
  for (const std::string_view program : kPrograms) {
    for (const u32 offset : {0x000u, 0x002u, 0x004u, 0x006u, 0x008u, 0x00cu, 0x010u, 0x014u, 0x800u, 0xfecu,
                             0xff0u, 0xff4u, 0xff8u, 0xffcu, 0xffeu, 0x1000u}) {
      const Seen expected = run(single, program, kStackPage + offset);
      const Seen seen = run(pairs, program, kStackPage + offset);
      INFO(program << " at " << offset);
      CHECK(expected.taken.vector >= 0);
      CHECK(seen.taken.vector == expected.taken.vector);
      CHECK(seen.taken.eip == expected.taken.eip);
      CHECK(seen.taken.error_code == expected.taken.error_code);
      CHECK(seen.user_esp == expected.user_esp);
      CHECK(seen.cr2 == expected.cr2);
      CHECK(seen.ticks == expected.ticks);
      CHECK(seen.registers == expected.registers);
      CHECK(seen.stack == expected.stack);
    }
  }
}

}  // namespace ringdown::test
