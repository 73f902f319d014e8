// Blocks and the bytes they came from: whatever writes to code, the next instruction is the one that lies
// there.
#include "cpu/block_cache.h"

#include <catch2/catch.hpp>

#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

DecodedBlock decoded(u32 length, u32 operations = 1) {
  DecodedBlock block;
  block.instruction_count = operations;
  block.operation_count = operations;
  block.byte_length = static_cast<u16>(length);
  return block;
}

/// A cache over a memory of its own, filled by hand. Blocks lie at the EIP of their physical address.
struct Cache {
  explicit Cache(u64 memory_limit = u64{1} << 30) : blocks(memory, memory_limit) {
    memory.map_ram(GuestPhysical(0), kRam, HostFrame(0));
    blocks.observe(
        {.on_stale = [this](const Block&) { ++stale; }, .on_remove = [this](const Block&) { ++gone; }});
  }

  static BlockIdentity identity(u32 physical) { return {physical, physical, {}}; }
  Block& insert(u32 physical, u32 length, u32 operations = 1) {
    const bool crosses = (physical & kPageOffsetMask) + length > kPageSize;
    return blocks.insert(identity(physical), crosses ? (physical >> kPageShift) + 1 : Block::kNoFrame,
                         decoded(length, operations));
  }
  Block* find(u32 physical) const { return blocks.find(identity(physical)); }
  bool fresh(u32 physical) const {
    const Block* block = find(physical);
    return block != nullptr && !block->stale;
  }
  bool tracked(u32 frame) const { return memory.tracked(HostFrame(frame), Tracking::Code); }
  /// How many blocks a write made stale.
  unsigned write(u32 physical, u32 length) {
    const unsigned before = stale;
    blocks.bytes_written(HostFrame(physical >> kPageShift), physical & kPageOffsetMask, length);
    return stale - before;
  }

  static constexpr u32 kRam = 0x10'0000;
  Log log;
  Bus bus{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(kRam, 0));
  GuestMemory memory{store, bus};
  BlockCache blocks;
  unsigned stale = 0;
  unsigned gone = 0;
};

}  // namespace

TEST_CASE("Blocks are found by address, EIP and mode") {
  Cache c;
  Block& block = c.insert(0x1010, 4);
  c.insert(0x1011, 4);
  CHECK(c.find(0x1010) == &block);
  CHECK(c.blocks.find({0x1010, 0x2010, {}}) == nullptr);
  CHECK(c.blocks.find({0x1010, 0x1010, BlockMode{.code32 = true}}) == nullptr);
  CHECK(c.find(0x1012) == nullptr);
  CHECK(c.find(0x2010) == nullptr);
}

TEST_CASE("A write makes exactly the blocks stale whose bytes it touches") {
  Cache c;
  c.insert(0x1010, 4);
  c.insert(0x1014, 4);
  c.insert(0x1100, 200);
  const HostFrame frame(1);
  CHECK_FALSE(c.blocks.holds_code(frame, 0x00c, 4));
  CHECK(c.write(0x100c, 4) == 0);
  CHECK(c.write(0x1018, 4) == 0);
  CHECK(c.blocks.holds_code(frame, 0x013, 1));
  CHECK(c.write(0x1013, 1) == 1);
  CHECK_FALSE(c.fresh(0x1010));
  CHECK(c.fresh(0x1014));
  CHECK_FALSE(c.blocks.holds_code(frame, 0x010, 4));
  CHECK(c.write(0x1010, 4) == 0);  // stale already
  CHECK(c.write(0x11c7, 1) == 1);  // the last byte of the long one
  CHECK(c.write(0x1000, kPageSize) == 1);
  CHECK(c.gone == 0);
}

TEST_CASE("A page that is only stored to holds code no longer") {
  Cache c;
  c.insert(0x1010, 4);
  c.insert(0x1020, 4);
  c.write(0x1000, kPageSize);
  CHECK(c.tracked(1));
  for (u32 i = 0; i < 100; ++i) c.write(0x1800, 4);
  CHECK_FALSE(c.tracked(1));
  CHECK(c.find(0x1010) == nullptr);
  CHECK(c.gone == 2);
}

TEST_CASE("A stale block that is only stored to goes, while its page stays") {
  Cache c;
  c.insert(0x1010, 4);
  c.insert(0x1020, 4);
  for (u32 i = 0; i < 100; ++i) c.write(0x1010, 4);
  CHECK(c.find(0x1010) == nullptr);
  CHECK(c.fresh(0x1020));
  CHECK(c.tracked(1));
}

TEST_CASE("A block that crosses pages goes with either page") {
  for (const u32 write : {0x1fffu, 0x2002u}) {
    Cache c;
    c.insert(0x1ffe, 5);
    CHECK(c.tracked(1));
    CHECK(c.tracked(2));
    CHECK(c.write(0x2003, 1) == 0);
    CHECK(c.write(write, 1) == 1);
    CHECK_FALSE(c.fresh(0x1ffe));
    c.blocks.renew(*c.find(0x1ffe), Block::kNoFrame, decoded(2));
    CHECK(c.fresh(0x1ffe));
    CHECK(c.tracked(1));
    CHECK_FALSE(c.tracked(2));
  }
}

TEST_CASE("Both pages of an instruction may be the same frame") {
  Cache c;
  c.blocks.insert(Cache::identity(0x1ffe), 1, decoded(5));
  CHECK(c.write(0x1003, 1) == 0);
  CHECK(c.write(0x1000, kPageSize) == 1);
  CHECK_FALSE(c.fresh(0x1ffe));
  c.blocks.renew(*c.find(0x1ffe), 1, decoded(5));
  CHECK(c.write(0x1002, 1) == 1);
  for (u32 i = 0; i < 100; ++i) c.write(0x1000, kPageSize);
  CHECK_FALSE(c.tracked(1));
  CHECK(c.blocks.memory_used() == 0);
  c.blocks.insert(Cache::identity(0x1ffe), 1, decoded(5));
  c.blocks.clear();
  CHECK(c.blocks.memory_used() == 0);
}

TEST_CASE("A stale block is renewed in its place if that is large enough") {
  Cache c;
  Block& block = c.insert(0x1010, 8, 3);
  c.write(0x1010, 1);
  CHECK(&c.blocks.renew(block, Block::kNoFrame, decoded(20, 2)) == &block);
  CHECK(c.fresh(0x1010));
  CHECK(c.write(0x1010 + 19, 1) == 1);
  c.blocks.renew(block, Block::kNoFrame, decoded(20, 4));
  CHECK(c.fresh(0x1010));
  CHECK(c.find(0x1010)->operation_count == 4);
  CHECK(c.gone == 1);
}

TEST_CASE("Links outlive what makes a block stale, not the block") {
  Cache c;
  Block& from = c.insert(0x1000, 2);
  Block& to = c.insert(0x1100, 2);
  BlockLink& link = from.exit().link(Way::Taken);
  link.eip = 0x1100;
  link.linkable = true;
  link.connect(to);
  to.exit().link(Way::FallThrough).connect(to);

  c.write(0x1100, 1);
  CHECK(link.target == &to);
  c.blocks.renew(to, Block::kNoFrame, decoded(2));
  CHECK(link.target == &to);

  c.write(0x1000, 1);
  DecodedBlock same = decoded(2);
  same.exit.link(Way::Taken).eip = 0x1100;
  same.exit.link(Way::Taken).linkable = true;
  c.blocks.renew(from, Block::kNoFrame, same);
  CHECK(from.exit().link(Way::Taken).target == &to);
  c.write(0x1000, 1);
  same.exit.link(Way::Taken).eip = 0x1104;
  c.blocks.renew(from, Block::kNoFrame, same);
  CHECK(from.exit().link(Way::Taken).target == nullptr);
  CHECK(to.incoming == nullptr);

  from.exit().link(Way::Taken).connect(to);
  from.exit().link(Way::FallThrough).connect(to);
  c.blocks.remove(to);
  CHECK(from.exit().link(Way::Taken).target == nullptr);
  CHECK(from.exit().link(Way::FallThrough).target == nullptr);
  Block& again = c.insert(0x1100, 2);
  from.exit().link(Way::Taken).connect(again);
  c.blocks.remove(from);
  CHECK(again.incoming == nullptr);
}

TEST_CASE("Memory use grows with blocks and returns to zero; removed blocks live until freed") {
  Cache c;
  CHECK(c.blocks.memory_used() == 0);
  for (u32 i = 0; i < 100; ++i) c.insert(0x2000 + 4 * i, 4);
  CHECK(c.blocks.memory_used() >= 100 * Block::host_bytes(1));
  c.blocks.clear();
  CHECK(c.gone == 100);
  CHECK(c.blocks.memory_used() == 0);
  CHECK(c.blocks.has_removed());
  c.blocks.free_removed();
  CHECK_FALSE(c.blocks.has_removed());
}

TEST_CASE("Room is made page by page, those looked up since the last time last") {
  constexpr u64 kLimit = 200'000;
  Cache c(kLimit);
  const auto fill = [&c](u32 frame) {
    for (u32 offset = 0; offset < kPageSize; offset += 64) c.insert((frame << kPageShift) + offset, 4);
  };
  u32 frames = 0;
  for (; c.blocks.memory_used() <= kLimit; ++frames) fill(frames);
  REQUIRE(frames > 4);
  CHECK(c.blocks.make_room());
  CHECK(c.blocks.memory_used() <= kLimit);
  CHECK(c.blocks.memory_used() > kLimit / 2);
  CHECK_FALSE(c.blocks.make_room());
  // What is left has been passed over once; one page of it is looked up before room is needed again.
  const auto held = [&c](u32 frame) { return c.tracked(frame); };
  u32 first = 0;
  while (!held(first)) ++first;
  REQUIRE(c.find(first << kPageShift) != nullptr);
  for (; c.blocks.memory_used() <= kLimit; ++frames) fill(frames);
  CHECK(c.blocks.make_room());
  CHECK(held(first));
  CHECK_FALSE(held(first + 1));
}

TEST_CASE("A split makes the block stale and is remembered") {
  Cache c;
  c.insert(0x1010, 8);
  CHECK(c.blocks.splits(HostFrame(3)).empty());
  c.blocks.split_at(0x1014);
  CHECK_FALSE(c.fresh(0x1010));
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
