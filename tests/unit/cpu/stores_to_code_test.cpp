// Blocks and the bytes they came from: whatever writes to code, the next instruction is the one that lies
// there.
#include <catch2/catch.hpp>

#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

/// A function, one byte of which guest code patches between two calls.
struct Patch {
  std::string_view function;
  u32 at;
  u8 value;
  u32 before, after;  // EAX
  static constexpr u32 kFunction = M::kCode + 0x100;

  void place(M& m) const {
    m.place(kFunction, function);
    // call; mov ebx, eax; mov byte [kFunction + at], value; call; hlt
    m.place("e8 fb000000 89c3 c605 00010100 00 e8 ed000000 f4");
    m.poke<u32>(M::kCode + 9, kFunction + at);
    m.poke<u8>(M::kCode + 13, value);
  }
  void undo(M& m) const {
    M fresh;
    fresh.place(kFunction, function);
    m.poke<u8>(kFunction + at, fresh.peek<u8>(kFunction + at));
  }
  void check(M& m) const {
    m.guest().activity = Activity::Running;
    m.cpu.registers.eip = M::kCode;
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK(m.get(Gpr::Ebx) == before);
    CHECK(m.get(Gpr::Eax) == after);
  }
};

}  // namespace

TEST_CASE("A store into the same block ahead is seen by the next instruction") {
  M m;
  // mov byte [behind], 41h; behind: inc eax, becomes inc ecx; hlt
  const u32 behind = M::kCode + 7;
  m.place("c605 07000100 41 40 f4");
  REQUIRE(behind == 0x1'0007);
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.get(Gpr::Eax) == 0);
  CHECK(m.get(Gpr::Ecx) == 1);
  CHECK(m.cpu.ticks() == 3);
}

TEST_CASE("Read-modify-write, push and string stores into the code ahead are exact too") {
  M m;
  const u32 target = M::kCode + 0x40;
  for (const std::string_view store : {
           "8005 40000100 01",         // add byte [target], 1: inc eax becomes inc ecx
           "bf 40000100 b041 aa",      // mov edi, target; mov al, 41h; stosb
           "bc 44000100 68 41909090",  // mov esp, target + 4; push 90909041h
           "bf 40000100 b041 b901000000 f3aa",
       }) {
    INFO(store);
    m.set_ring(0);
    m.guest().activity = Activity::Running;
    m.set(Gpr::Ecx, 0);
    m.set(Gpr::Edx, 0);
    m.set(Gpr::Ebx, 0);
    const u32 end = m.place(std::string(store) + "31c9");  // xor ecx, ecx
    for (u32 at = end; at < target; ++at) m.poke<u8>(at, 0x90);
    m.place(target, "40 909090 f4");
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK(m.get(Gpr::Ecx) == 1);
  }
}

TEST_CASE("A patched operand is seen without decoding again, whatever instruction it is of") {
  M m;
  m.poke<u32>(M::kData, 0x10);
  m.poke<u32>(M::kData + 4, 0x20);
  for (const Patch& patch : {
           Patch{"b8 01020304 c3", 2, 0xff, 0x0403'0201, 0x0403'ff01},  // mov eax, imm32
           Patch{"a1 00000300 c3", 1, 4, 0x10, 0x20},                   // mov eax, [kData]
           Patch{"b8 00000300 8b4000 c3", 7, 4, 0x10, 0x20},            // mov eax, [eax + disp8]
           Patch{"31c0 83f805 7401 40 c3", 4, 0, 1, 0},   // xor eax, eax; cmp eax, imm8; je +1; inc eax
           Patch{"6a05 58 c3", 1, 0x85, 5, 0xffff'ff85},  // push imm8; pop eax
       }) {
    INFO(patch.function);
    patch.place(m);
    patch.check(m);
    const u64 before = m.cpu.counters().blocks_invalidated;
    patch.undo(m);
    patch.check(m);
    CHECK(m.cpu.counters().blocks_invalidated == before);
  }
}

TEST_CASE("A patched branch, shift by nothing and first byte are what they have become") {
  M m;
  for (const Patch& patch : {
           Patch{"31c0 eb00 40 c3", 3, 1, 1, 0},            // xor eax, eax; jmp +0; inc eax
           Patch{"31c0 40 c1e004 c3", 5, 0, 0x10, 1},       // inc eax; shl eax, imm8
           Patch{"31c0 f9 c1e000 7201 40 c3", 5, 1, 0, 1},  // stc; shl eax, imm8; jc +1: CF stays or goes
           Patch{"b8 01000000 c3", 0, 0x3d, 1, 1},          // mov eax becomes cmp eax
           Patch{"31c0 83f805 7401 40 c3", 5, 0x75, 1, 0},  // je becomes jne
           Patch{"31c0 83f805 7501 40 c3", 6, 0, 0, 1},     // jne to the next instruction
       }) {
    INFO(patch.function);
    patch.place(m);
    patch.check(m);
    patch.undo(m);
    patch.check(m);
  }
}

TEST_CASE("An instruction that stores to its own operand has it from the next time on") {
  M m;
  // loop: add dword [its own immediate], 1; dec ecx; jnz loop; hlt
  m.place("8105 06000100 01000000 49 75f3 f4");
  m.set(Gpr::Ecx, 5);
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.peek<u32>(M::kCode + 6) == 32);
  CHECK(m.cpu.ticks() == 16);
}

TEST_CASE("An instruction across two pages follows stores to its second page") {
  M m;
  // mov eax, imm32 whose last two bytes lie in the next page; ret
  const u32 function = M::kCode + 0xffd;
  m.place(function, "b8 11111111 c3");
  // call; mov ebx, eax; mov byte [imm's last byte], 22h; call; hlt
  m.place("e8 f80f0000 89c3 c605 01100100 22 e8 ea0f0000 f4");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.get(Gpr::Ebx) == 0x1111'1111);
  CHECK(m.get(Gpr::Eax) == 0x2211'1111);
}

TEST_CASE("An instruction may hold the page table entry by which its end is fetched") {
  M m;
  m.enable_paging();
  // The last two bytes of the page table are the first of ADD EAX, imm32, and of the entry of the page
  // behind.
  constexpr u32 kFirst = 0x3f'e000, kSecond = 0x3f'f000, kEntry = M::kPageTable + 0xffc;
  m.poke<u32>(M::page_entry(kFirst), M::kPageTable | 7);
  m.place(0x5'0000, "000000 f4");
  for (u32 round = 1; round <= 40; ++round) {
    m.poke<u32>(kEntry, 0x5'0007);  // not accessed
    m.poke<u8>(0x5'0000, static_cast<u8>(round));
    m.cpu.paging_changed();
    m.cpu.memory.invalidate_all();
    m.set(Gpr::Eax, 0);
    m.guest().activity = Activity::Running;
    m.cpu.registers.eip = kFirst + 0xffe;
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK(m.cpu.registers.eip == kSecond + 4);
    CHECK(m.get(Gpr::Eax) == round << 8);
    CHECK(m.peek<u32>(kEntry) == 0x5'0027);
  }
}

TEST_CASE("DMA into code that is linked and hot takes effect at its tick") {
  M m;
  m.place("40 ebfd");                               // loop: inc eax; jmp loop
  m.at(101, [&m] { m.poke<u8>(M::kCode, 0x41); });  // inc ecx
  m.run(200);
  CHECK(m.get(Gpr::Eax) == 51);  // ticks 0, 2, ... 100
  CHECK(m.get(Gpr::Ecx) == 49);
}

TEST_CASE("Patching a block that others are linked to leaves no way to the old one") {
  M m;
  // loop: inc eax; jmp second; ... second: inc ecx; jmp loop
  m.place("40 eb0d");
  m.place(M::kCode + 0x10, "41 ebed");
  m.run(100);
  CHECK(m.get(Gpr::Ecx) == 25);
  m.poke<u8>(M::kCode + 0x10, 0x43);  // inc ebx
  m.run(100);
  CHECK(m.get(Gpr::Ecx) == 25);
  CHECK(m.get(Gpr::Ebx) == 25);
  CHECK(m.get(Gpr::Eax) == 50);
}

TEST_CASE("Data beside code is written without dropping code or cutting blocks") {
  M m;
  m.place("ff05 00080100 ebf8");  // loop: inc dword [kCode + 800h]; jmp loop
  m.run(10);
  CHECK(m.cpu.counters().block_splits == 0);
  const u64 before = m.cpu.counters().blocks_invalidated;
  m.run(1000);
  CHECK(m.cpu.counters().blocks_invalidated == before);
  CHECK(m.peek<u32>(M::kCode + 0x800) == 505);
}

TEST_CASE("A repeated store over itself goes on as what it has become") {
  M m;
  // mov edi, itself; mov ecx, 4; mov eax, 90909090h; rep stosb, of which the first byte is soon a NOP: STOSB
  // remains, and what is behind it.
  m.place("bf 0f000100 b9 04000000 b8 90909090 f3aa 41 f4");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.peek<u32>(M::kCode + 0xf) == 0xf441'9090);
  CHECK(m.get(Gpr::Ecx) == 4);  // one repetition, one STOSB became a NOP, INC ECX
  CHECK(m.cpu.ticks() == 8);
}

TEST_CASE("Code is decoded once, wherever the memory map shows it") {
  M m;
  const HostFrame frame(M::kCode >> kPageShift);
  m.place("40 f4");
  const auto run_at = [&m](u32 eip) {
    m.guest().activity = Activity::Running;
    m.cpu.registers.eip = eip;
    CHECK(m.run().reason == ExitReason::Halted);
  };
  run_at(M::kCode);
  const u64 decoded = m.cpu.counters().blocks_decoded;
  // A change of the map elsewhere, and one that shows other bytes at the address.
  m.memory.map_device(GuestPhysical(0x1f'0000), kPageSize);
  run_at(M::kCode);
  CHECK(m.cpu.counters().blocks_decoded == decoded);
  m.place(0x5'0000, "41 f4");
  m.memory.map_ram(GuestPhysical(M::kCode), kPageSize, HostFrame(0x50));
  run_at(M::kCode);
  CHECK(m.get(Gpr::Eax) == 2);
  CHECK(m.get(Gpr::Ecx) == 1);
  m.memory.map_ram(GuestPhysical(M::kCode), kPageSize, frame);
  run_at(M::kCode);
  CHECK(m.get(Gpr::Eax) == 3);
  // A store by another address of the same frame.
  m.memory.map_ram(GuestPhysical(0x6'0000), kPageSize, frame);
  m.poke<u8>(0x6'0000, 0x43);
  run_at(M::kCode);
  CHECK(m.get(Gpr::Eax) == 3);
  CHECK(m.get(Gpr::Ebx) == 1);
}

TEST_CASE("An invalid opcode becomes valid when a later byte of it is written") {
  M m;
  m.place("0f04 f4");
  CHECK(m.run_to_handler().vector == 6);
  m.place("0fa2");  // CPUID
  m.guest().activity = Activity::Running;
  m.cpu.registers.eip = M::kCode;
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.cpu.registers.eip == M::kCode + 3);
  // Fifteen prefixes are too many; one less before a NOP is not.
  m.guest().activity = Activity::Running;
  m.cpu.registers.eip = M::kCode;
  m.place("666666666666666666666666666666 90 f4");
  CHECK(m.run_to_handler().vector == 13);
  m.poke<u8>(M::kCode + 14, 0x90);
  m.guest().activity = Activity::Running;
  m.cpu.registers.eip = M::kCode;
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.cpu.registers.eip == M::kCode + 17);
}

TEST_CASE("A smaller CS limit is obeyed by code decoded under a larger one") {
  for (const bool single : {false, true}) {
    INFO(single);
    M m({.single_instruction_blocks = single});
    m.place("40 b8 01020304 f4");
    SegmentRegister& cs = m.cpu.state.segment(Segment::Cs);
    cs.limit = 0x2'ffff;
    m.cpu.state_changed();
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK(m.cpu.registers.eip == M::kCode + 7);
    cs.limit = M::kCode + 4;
    m.guest().activity = Activity::Running;
    m.cpu.registers.eip = M::kCode;
    m.set(Gpr::Eax, 0);
    m.cpu.state_changed();
    const Taken taken = m.run_to_handler();
    CHECK(taken.vector == 13);
    CHECK(taken.eip == M::kCode + 1);
    CHECK(m.get(Gpr::Eax) == 1);
  }
}

// The page of the running code is mapped elsewhere by its own store: what follows comes from there, and later
// runs of the first page do not take the way into the second.
TEST_CASE("A link does not outlive the mapping it was made under") {
  M m;
  m.enable_paging();
  constexpr u32 kOther = 0x4'0000;
  // mov [page table entry], ebx; inc eax; hlt -- in the other page: inc ecx; hlt
  const u32 entry = M::page_entry(M::kCode);
  m.place("891d 00000000 40 f4");
  m.poke<u32>(M::kCode + 2, entry);
  m.place(kOther + 6, "41 f4");
  const auto run = [&](u32 new_entry) {
    m.poke<u32>(entry, M::kCode | 7);
    m.set(Gpr::Ebx, new_entry);
    m.set(Gpr::Eax, 0);
    m.set(Gpr::Ecx, 0);
    m.guest().activity = Activity::Running;
    m.cpu.registers.eip = M::kCode;
    CHECK(m.run().reason == ExitReason::Halted);
  };
  run(kOther | 7);
  CHECK(m.get(Gpr::Ecx) == 1);
  run(M::kCode | 7);
  CHECK(m.get(Gpr::Eax) == 1);
  CHECK(m.get(Gpr::Ecx) == 0);
  run(kOther | 7);
  CHECK(m.get(Gpr::Eax) == 0);
  CHECK(m.get(Gpr::Ecx) == 1);
}

TEST_CASE("Room is made before blocks grow without bound, and nothing is lost") {
  M m;
  constexpr u32 kBegin = 0x9'0000, kEnd = 0x1f'0000;
  for (u32 at = kBegin; at < kEnd; at += 2) m.poke<u16>(at, 0x00eb);  // jmp to the next
  m.poke<u8>(kEnd, 0xf4);
  m.cpu.registers.eip = kBegin;
  CHECK(m.run(2'000'000).reason == ExitReason::Halted);
  CHECK(m.cpu.ticks() == (kEnd - kBegin) / 2 + 1);
  CHECK(m.cpu.counters().cache_flushes >= 1);
}

TEST_CASE("Code in device memory runs one instruction at a time from what it reads") {
  M m;
  m.set(Gpr::Esp, M::stack_top(0));
  m.cpu.registers.eip = M::kDevicePage + 0x10;
  // The device reads as the instruction count, 0: add [eax], al, until it is something else.
  m.set(Gpr::Eax, M::kData);
  m.run(1);
  CHECK(m.cpu.ticks() == 1);
  CHECK(m.cpu.registers.eip == M::kDevicePage + 0x12);
  CHECK_FALSE(m.page.accesses.empty());
}

}  // namespace ringdown::test
