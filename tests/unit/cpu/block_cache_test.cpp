// Blocks and the bytes they came from: whatever writes to code, the next instruction is the one that lies
// there.
#include "cpu/block_cache.h"

#include <catch2/catch.hpp>

#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

/// A cache over a memory of its own, filled by hand.
struct Cache {
  Cache() { memory.map_ram(GuestPhysical(0), 0x1'0000, HostFrame(0)); }

  Block& insert(u32 physical, u32 length, u32 eip = 0) {
    auto block = std::make_unique<Block>();
    block->physical = physical;
    block->eip = eip == 0 ? physical : eip;
    block->byte_length = static_cast<u16>(length);
    block->instruction_count = 1;
    if ((physical & kPageOffsetMask) + length > kPageSize) block->second_frame = (physical >> kPageShift) + 1;
    block->storage.resize(2);
    const BlockExit exit;
    std::memcpy(static_cast<void*>(&block->storage[1]), &exit, sizeof(exit));
    block->operations = block->storage.data();
    return blocks.insert(std::move(block));
  }
  bool has(u32 physical) const { return blocks.find(physical, physical, {}) != nullptr; }
  bool tracked(u32 frame) const { return memory.tracked(HostFrame(frame), Tracking::Code); }

  Log log;
  Bus bus{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(0x1'0000, 0));
  GuestMemory memory{store, bus};
  BlockCache blocks{memory};
};

}  // namespace

TEST_CASE("Blocks are found by address, EIP and mode") {
  Cache c;
  Block& block = c.insert(0x1010, 4);
  CHECK(c.blocks.find(0x1010, 0x1010, {}) == &block);
  CHECK(c.blocks.find(0x1010, 0x2010, {}) == nullptr);
  CHECK(c.blocks.find(0x1010, 0x1010, BlockMode{.code32 = true}) == nullptr);
  CHECK(c.blocks.find(0x1011, 0x1011, {}) == nullptr);
}

TEST_CASE("A write removes exactly the blocks whose bytes it touches") {
  Cache c;
  c.insert(0x1010, 4);
  c.insert(0x1014, 4);
  CHECK(c.tracked(1));
  CHECK(c.blocks.bytes_written(HostFrame(1), 0x00c, 4) == 0);
  CHECK(c.blocks.bytes_written(HostFrame(1), 0x018, 4) == 0);
  CHECK(c.blocks.bytes_written(HostFrame(1), 0x013, 1) == 1);
  CHECK_FALSE(c.has(0x1010));
  CHECK(c.has(0x1014));
  CHECK(c.blocks.bytes_written(HostFrame(1), 0x010, 4) == 0);  // no longer code
  CHECK(c.tracked(1));
  CHECK(c.blocks.bytes_written(HostFrame(1), 0, kPageSize) == 1);
  CHECK_FALSE(c.tracked(1));
}

TEST_CASE("A block that crosses pages goes with either page") {
  for (const u32 frame : {1u, 2u}) {
    Cache c;
    c.insert(0x1ffe, 5);
    CHECK(c.tracked(1));
    CHECK(c.tracked(2));
    CHECK(c.blocks.bytes_written(HostFrame(2), 3, 1) == 0);
    CHECK(c.blocks.bytes_written(HostFrame(frame), frame == 1 ? 0xfff : 2, 1) == 1);
    CHECK_FALSE(c.tracked(1));
    CHECK_FALSE(c.tracked(2));
  }
}

TEST_CASE("Links to and from a removed block are undone") {
  Cache c;
  Block& from = c.insert(0x1000, 2);
  Block& to = c.insert(0x1100, 2);
  BlockExit& exit = exit_of(from.operations);
  const auto link = [&] {
    exit.target[1] = &to;
    to.incoming.push_back(&exit.target[1]);
  };
  link();
  c.blocks.remove(to);
  CHECK(exit.target[1] == nullptr);
  Block& again = c.insert(0x1100, 2);
  exit.target[1] = &again;
  again.incoming.push_back(&exit.target[1]);
  c.blocks.remove(from);
  CHECK(again.incoming.empty());
}

TEST_CASE("Memory use grows with blocks and returns to zero; removed blocks live until freed") {
  Cache c;
  CHECK(c.blocks.memory_used() == 0);
  unsigned gone = 0;
  c.blocks.on_remove([&](const Block&) { ++gone; });
  for (u32 i = 0; i < 100; ++i) c.insert(0x2000 + 4 * i, 4);
  CHECK(c.blocks.memory_used() >= 100 * (sizeof(Block) + 2 * sizeof(Operation)));
  c.blocks.clear();
  CHECK(gone == 100);
  CHECK(c.blocks.memory_used() == 0);
  CHECK(c.blocks.has_removed());
  c.blocks.free_removed();
  CHECK_FALSE(c.blocks.has_removed());
}

TEST_CASE("A split removes the block and is remembered") {
  Cache c;
  c.insert(0x1010, 8);
  CHECK(c.blocks.splits(HostFrame(3)).empty());
  c.blocks.split_at(0x1014);
  CHECK_FALSE(c.has(0x1010));
  CHECK(c.blocks.splits(HostFrame(1))[0] == u64{1} << 0x14);
}

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

TEST_CASE("Data beside code is written without dropping code") {
  M m;
  m.place("ff05 00080100 ebf8");  // loop: inc dword [kCode + 800h]; jmp loop
  m.run(10);
  const u64 before = m.cpu.counters().blocks_invalidated;
  m.run(1000);
  CHECK(m.cpu.counters().blocks_invalidated == before);
  CHECK(m.peek<u32>(M::kCode + 0x800) == 505);
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

TEST_CASE("The cache is emptied before it grows without bound, and nothing is lost") {
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
