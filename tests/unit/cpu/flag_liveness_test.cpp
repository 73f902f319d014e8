// Flags that nothing in a block reads are not computed; whoever can see them must see what one instruction a
// block shows, where all are live.
#include <catch2/catch.hpp>
#include <string>

#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

/// Instructions that write flags, read them, or both, on EAX, EBX and ECX = 4.
constexpr std::string_view kInstructions[] = {
    "01d8",      // add eax, ebx
    "11d8",      // adc eax, ebx
    "29d8",      // sub eax, ebx
    "19d8",      // sbb eax, ebx
    "39d8",      // cmp eax, ebx
    "21d8",      // and eax, ebx
    "09d8",      // or eax, ebx
    "31d8",      // xor eax, ebx
    "85d8",      // test eax, ebx
    "00d8",      // add al, bl
    "6629d8",    // sub ax, bx
    "40",        // inc eax
    "fec8",      // dec al
    "f7d8",      // neg eax
    "c1e005",    // shl eax, 5
    "c1e020",    // shl eax, 32: by zero
    "d1e8",      // shr eax, 1
    "c0f807",    // sar al, 7
    "d3e8",      // shr eax, cl
    "c1c007",    // rol eax, 7
    "66d3c8",    // ror ax, cl
    "d1d0",      // rcl eax, 1
    "c0d809",    // rcr al, 9: all the way round
    "0fa4d803",  // shld eax, ebx, 3
    "0facd800",  // shrd eax, ebx, 0
    "0fafc3",    // imul eax, ebx
    "6bc311",    // imul eax, ebx, 17
    "f7e3",      // mul ebx
    "0fa3d8",    // bt eax, ebx
    "0fbcc3",    // bsf eax, ebx
    "27",        // daa
    "f5",        // cmc
    "9e",        // sahf
    "0fc1d8",    // xadd eax, ebx
    "0fb1d8",    // cmpxchg eax, ebx
    "0f9cc0",    // setl al
    "0f42c3",    // cmovb eax, ebx
};

constexpr u32 kAbsent = 0x9'0000;

struct Seen {
  u32 flags = 0;
  u32 eax = 0;
  Ticks ticks = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
};

/// What the handler of a page fault behind the program sees, or whoever looks at its end.
Seen run(M& m, u32 eip, bool faults) {
  m.guest().activity = Activity::Running;
  m.set(Gpr::Eax, 0x8765'43ff);
  m.set(Gpr::Ebx, 0x9abc'def1);
  m.set(Gpr::Ecx, 4);
  m.set(Gpr::Edx, 0);
  m.set(Gpr::Esp, M::stack_top(0));
  m.cpu.registers.flags.assign(eflags::kReserved1 | eflags::kCf | eflags::kPf);
  m.cpu.registers.eip = eip;
  m.cpu.state_changed();
  const Ticks before = m.cpu.ticks();
  const Taken taken = m.run_to_handler();
  CHECK((taken.vector == static_cast<int>(Vector::PageFault)) == faults);
  return {faults ? taken.eflags : m.eflags(), m.get(Gpr::Eax), m.cpu.ticks() - before};
}

}  // namespace

TEST_CASE("Flags are the same however long blocks are, at a fault and at the end") {
  M blocks;
  M single({.single_instruction_blocks = true});
  for (M* m : {&blocks, &single}) {
    m->enable_paging();
    m->poke<u32>(M::page_entry(kAbsent), 0);
  }
  // mov edx, [absent]; hlt
  constexpr std::string_view kFault = "8b15 00000900 f4", kEnd = "f4";
  for (const std::string_view end : {kFault, kEnd}) {
    u32 eip = M::kCode;
    for (const std::string_view first : kInstructions) {
      for (const std::string_view second : kInstructions) {
        const std::string program = std::string(first) + std::string(second) + std::string(end);
        blocks.place(eip, program);
        const u32 behind = single.place(eip, program);
        const Seen expected = run(single, eip, end == kFault);
        INFO(program);
        CHECK(run(blocks, eip, end == kFault) == expected);
        eip = behind;
      }
    }
  }
}

}  // namespace ringdown::test
