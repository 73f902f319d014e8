// DMA commands through the PIIX3 IDE function, its descriptor tables and what goes wrong with them.
#include "devices/storage/piix3_ide.h"
#include "tests/unit/storage/ide_rig.h"

namespace ringdown {

using namespace test;

namespace {

constexpr u64 kMegabyte = 0x10'0000;
constexpr u32 kTableAddress = 0x8000;
constexpr u8 kStartRead = 0x09;  // RWCON, SSBM: to memory
constexpr u8 kStartWrite = 0x01;
constexpr u32 kEnd = 0x8000'0000;

struct DmaRig : IdeRig {
  Bus device_memory{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(kMegabyte, 0));
  GuestMemory memory{store, device_memory};
  IrqCounter irq15;
  IdeChannel secondary{1, InterruptLine(irq15, 15)};
  Piix3Ide function{memory, log, channel, secondary, {IdePorts{0x1f0, 0x3f6}, IdePorts{0x170, 0x376}}};
  ImageTrace image = patterned_image(2048);

  DmaRig() {
    memory.map_ram(GuestPhysical(0), kMegabyte, HostFrame(0));
    add_disk(0, image);
    function.write_config(0x04, Width::Word, 5);
  }
  u8 bm(u32 offset) { return static_cast<u8>(registers().read(offset, Width::Byte)); }
  void set_bm(u32 offset, u8 value) { registers().write(offset, Width::Byte, value); }
  BusRange& registers() { return *function.windows()[4].range; }

  void table(std::initializer_list<std::pair<u32, u32>> regions) {
    u64 at = kTableAddress;
    for (const auto& [address, control] : regions) {
      memory.write_value(GuestPhysical(at), address);
      memory.write_value(GuestPhysical(at + 4), control);
      at += 8;
    }
    registers().write(4, Width::Dword, kTableAddress);
  }
  void expect_pattern(u64 address, u64 sector, std::size_t offset, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = offset + i;
      CAPTURE(address, i);
      REQUIRE(memory.read_value<u8>(GuestPhysical(address + i)) ==
              pattern(sector + at / kSectorSize, at % kSectorSize));
    }
  }
};

}  // namespace

TEST_CASE("the function identifies itself and switches its ports") {
  DmaRig r;
  CHECK(r.function.read_config(0, Width::Dword) == 0x7010'8086);
  CHECK(r.function.read_config(8, Width::Dword) == 0x0101'8000);
  CHECK_FALSE(r.function.window_base(0));
  r.function.write_config(0x42, Width::Word, 0x8000);
  CHECK_FALSE(r.function.window_base(0));
  CHECK(r.function.window_base(2) == 0x170u);
  CHECK(r.function.window_base(3) == 0x376u);
  r.function.write_config(0x40, Width::Word, 0x8000);
  CHECK(r.function.window_base(0) == 0x1f0u);
  r.function.write_config(0x04, Width::Word, 4);
  CHECK_FALSE(r.function.window_base(0));
}

TEST_CASE("READ DMA scatters one host read over regions that cross pages") {
  DmaRig r;
  r.table({{0x1'0ffe, 0x102}, {0x2'0000, 0x1000}, {0x3'0f00, kEnd | 0x0efe}});
  r.address(50, 16);
  r.command(0xc8);
  r.set_bm(0, kStartRead);
  CHECK(r.bm(2) == 0x01);
  r.settle();
  CHECK(r.irq.edges == 1);
  CHECK(r.bm(2) == 0x04);  // Interrupt set, Active clear: done, and the table fitted
  CHECK(r.in(7) == 0x50);
  CHECK(r.image.reads == 1);
  r.expect_pattern(0x1'0ffe, 50, 0, 0x102);
  r.expect_pattern(0x2'0000, 50, 0x102, 0x1000);
  r.expect_pattern(0x3'0f00, 50, 0x1102, 0x0efe);
  CHECK(r.memory.read_value<u8>(GuestPhysical(0x3'0f00 + 0xefe)) == 0);

  r.set_bm(2, 0x04);
  r.set_bm(0, 0);
  CHECK(r.bm(2) == 0);
}

TEST_CASE("WRITE DMA gathers from memory into one host write") {
  DmaRig r;
  for (u32 i = 0; i < 0x1000; ++i)
    r.memory.write_value<u8>(GuestPhysical(0x1'0000 + i), static_cast<u8>(i >> 4));
  r.table({{0x1'0000, 0x600}, {0x1'0600, kEnd | 0x0a00}});
  r.set_bm(0, kStartWrite);
  r.address(3, 8);
  r.command(0xca);
  r.settle();
  CHECK(r.bm(2) == 0x04);
  CHECK(r.image.writes == 1);
  for (u32 i = 0; i < 0x1000; ++i) REQUIRE(r.image.data[3 * 512 + i] == static_cast<std::byte>(i >> 4));
}

TEST_CASE("a command waits for a bus master that starts late") {
  DmaRig r;
  r.table({{0x1'0000, kEnd | 0x200}});
  r.address(1, 1);
  r.command(0xc8);
  r.clock.advance(milliseconds(10));
  CHECK(r.irq.edges == 0);
  CHECK(r.alternate_status() == 0x58);
  r.set_bm(0, kStartRead);
  r.settle();
  CHECK(r.irq.edges == 1);
  r.expect_pattern(0x1'0000, 1, 0, 512);
}

TEST_CASE("nothing moves without Bus Master Enable or against the direction") {
  DmaRig r;
  r.function.write_config(0x04, Width::Word, 1);
  r.table({{0x1'0000, kEnd | 0x200}});
  r.address(1, 1);
  r.command(0xc8);
  r.set_bm(0, kStartRead);
  r.clock.advance(milliseconds(1));
  CHECK(r.irq.edges == 0);
  r.function.write_config(0x04, Width::Word, 5);
  r.set_bm(0, 0);
  r.set_bm(0, kStartWrite);
  r.clock.advance(milliseconds(1));
  CHECK(r.irq.edges == 0);
  CHECK(r.memory.read_value<u32>(GuestPhysical(0x1'0000)) == 0);
  r.set_bm(0, 0);
  r.set_bm(0, kStartRead);
  r.settle();
  CHECK(r.irq.edges == 1);
}

TEST_CASE("a table too short stops the bus master, and a second one finishes the command") {
  DmaRig r;
  r.table({{0x1'0000, kEnd | 0x300}});
  r.address(1, 2);
  r.command(0xc8);
  r.set_bm(0, kStartRead);
  r.clock.advance(milliseconds(1));
  CHECK(r.bm(2) == 0);  // neither Active nor Interrupt: the table was smaller than the transfer
  CHECK(r.irq.edges == 0);
  CHECK((r.alternate_status() & 0x08) != 0);
  r.set_bm(0, 0);
  r.table({{0x1'0300, kEnd | 0x100}});
  r.set_bm(0, kStartRead);
  r.settle();
  CHECK(r.bm(2) == 0x04);
  r.expect_pattern(0x1'0000, 1, 0, 1024);
}

TEST_CASE("a table too long leaves the bus master active") {
  DmaRig r;
  r.table({{0x1'0000, 0}, {0x3'0000, kEnd | 0x200}});
  r.address(1, 1);
  r.command(0xc8);
  r.set_bm(0, kStartRead);
  r.settle();
  CHECK(r.bm(2) == 0x05);
  r.set_bm(0, 0);
  CHECK(r.bm(2) == 0x04);
}

TEST_CASE("a table without an end stops with an error") {
  DmaRig r;
  for (u32 at = 0; at < 0x1'0000; at += 8) {
    r.memory.write_value<u32>(GuestPhysical(0x8'0000 + at), 0x1'0000);
    r.memory.write_value<u32>(GuestPhysical(0x8'0004 + at), 2);
  }
  r.registers().write(4, Width::Dword, 0x8'0000);
  r.address(0, 0);
  r.command(0xc8);
  r.set_bm(0, kStartRead);
  r.clock.advance(milliseconds(1));
  CHECK(r.bm(2) == 0x02);
  CHECK(r.irq.edges == 0);
  r.control(4);
  r.control(0);
  r.settle();
  CHECK(r.in(7) == 0x50);
}

TEST_CASE("a DMA command that waits for its bus master is saved") {
  DmaRig used;
  used.address(7, 2);
  used.table({{0x1'0000, kEnd | 0x300}});
  used.command(0xc8);
  used.set_bm(0, kStartRead);
  used.clock.advance(milliseconds(1));
  used.set_bm(0, 0);

  DmaRig fresh;
  check_snapshot_contract(used.function, fresh.function);
  check_snapshot_contract(used.channel, fresh.channel);
  fresh.table({{0x1'0300, kEnd | 0x100}});
  fresh.set_bm(0, kStartRead);
  fresh.settle();
  CHECK(fresh.bm(2) == 0x04);
  fresh.expect_pattern(0x1'0300, 7, 0x300, 0x100);
}

}  // namespace ringdown
