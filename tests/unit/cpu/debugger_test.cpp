// A debugger's breakpoints and watchpoints, of which the guest sees nothing.
#include <catch2/catch.hpp>

#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

}  // namespace

TEST_CASE("A debugger's breakpoint stops before its instruction and lets it pass on the next run") {
  M m;
  m.place("43 43 43 ebfb");
  m.set(Gpr::Ebx, 0);
  m.cpu.set_breakpoint(M::kCode + 2);
  Exit exit = m.run();
  CHECK(exit.reason == ExitReason::Breakpoint);
  CHECK(exit.qualification == M::kCode + 2);
  CHECK(m.cpu.ticks() == 2);
  exit = m.run();
  CHECK(exit.reason == ExitReason::Breakpoint);
  CHECK(m.cpu.ticks() == 6);
  m.cpu.clear_breakpoint(M::kCode + 2);
  CHECK(m.run(100).reason == ExitReason::Budget);
}

TEST_CASE("A debugger's breakpoint stops in code that has run before, once at a repeated instruction") {
  M m;
  // call the third line; jmp to the start; rep stosb; ret
  m.place("e8 02000000 ebf9 f3aa c3");
  constexpr u32 kRepeated = M::kCode + 7;
  m.set(Gpr::Edi, 0x30100);
  m.set(Gpr::Ecx, 8);
  CHECK(m.run(100).reason == ExitReason::Budget);
  m.cpu.set_breakpoint(kRepeated);
  for (int round = 0; round < 3; ++round) {
    CHECK(m.run().reason == ExitReason::Breakpoint);
    CHECK(m.cpu.registers.eip == kRepeated);
    m.set(Gpr::Ecx, 5);
  }
}

TEST_CASE("Watchpoints stop behind the access that they name, and not beside") {
  using Watchpoint = Processor::Watchpoint;
  // A block that has run before without: mov [0x30004], ecx; mov ebx, [0x30004]; rep stosb; jmp to the start
  const auto prepare = [](M& m) {
    m.place("890d 04000300 8b1d 04000300 f3aa ebf0");
    m.set(Gpr::Edi, 0x30100);
    m.set(Gpr::Ecx, 8);
  };
  constexpr u32 kBehindWrite = M::kCode + 6;
  constexpr u32 kBehindRead = M::kCode + 12;
  struct Case {
    const char* what;
    Watchpoint watchpoint;
    u32 stops_at;  // 0: never
  };
  const Case cases[] = {
      {"write", {0x30004, 4, Watchpoint::Kind::Write}, kBehindWrite},
      {"overlap from below", {0x30000, 5, Watchpoint::Kind::Write}, kBehindWrite},
      {"last byte", {0x30007, 1, Watchpoint::Kind::Access}, kBehindWrite},
      {"read", {0x30006, 1, Watchpoint::Kind::Read}, kBehindRead},
      {"beside, below", {0x30000, 4, Watchpoint::Kind::Access}, 0},
      {"beside, above", {0x30008, 4, Watchpoint::Kind::Access}, 0},
      {"across pages", {0x2fff0, 32, Watchpoint::Kind::Write}, kBehindWrite},
      {"in a repeated store, at its iteration", {0x30103, 1, Watchpoint::Kind::Write}, kBehindRead},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    M m;
    prepare(m);
    m.run(30);
    prepare(m);
    m.cpu.registers.eip = M::kCode;
    m.cpu.state_changed();
    m.cpu.set_watchpoint(c.watchpoint);
    const Exit exit = m.run(30);
    CHECK((exit.reason == ExitReason::Watchpoint) == (c.stops_at != 0));
    if (c.stops_at == 0) continue;
    CHECK(m.cpu.registers.eip == c.stops_at);
    CHECK(m.cpu.watch_hit() == c.watchpoint);
    m.cpu.clear_watchpoint(c.watchpoint);
    CHECK(m.run(30).reason == ExitReason::Budget);
  }
}

}  // namespace ringdown::test
