// The cache of blocks by itself: found, brought in line, stale, renewed, removed.
#include "cpu/block_cache.h"

#include <catch2/catch.hpp>

#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

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
    blocks.observe({.update = [this](Block&, u32, u32) { return follows; },
                    .on_stale = [this](const Block&) { ++stale; },
                    .on_remove = [this](const Block&) { ++gone; }});
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
  bool follows = false;  // blocks can be brought in line
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

TEST_CASE("A block that follows its bytes stays, unless it is only stored to") {
  Cache c;
  c.follows = true;
  Block& block = c.insert(0x1010, 8);
  CHECK(c.write(0x1011, 4) == 0);
  CHECK(c.fresh(0x1010));
  for (u32 i = 0; i < 20; ++i) c.write(0x1011, 4);
  CHECK(c.stale == 1);
  c.blocks.renew(block, Block::kNoFrame, decoded(8));
  CHECK(c.write(0x1011, 4) == 0);
  CHECK(c.fresh(0x1010));
  for (u32 i = 0; i < 100; ++i) c.write(0x1011, 4);
  CHECK_FALSE(c.tracked(1));
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

}  // namespace ringdown::test
