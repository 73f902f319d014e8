// The shadow seen from inside: what is cached, shared, protected, counted and dropped.
#include "mmu/shadow_paging.h"

#include <catch2/catch.hpp>

#include "tests/unit/mmu/shadow_machine.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

struct Assists final : AssistObserver {
  bool instruction_assisted() override { return ++count != 0; }
  u32 count = 0;
};

}  // namespace

TEST_CASE("the first access is a hidden fault, the next needs nobody") {
  ShadowMachine machine;
  machine.load(0x3000);
  CHECK(machine.shadow.counters().hidden_faults == 1);
  CHECK(machine.shadow.counters().fills == 1);
  machine.unit.invalidate_all();  // as if the TLB had evicted it: the shadow still has it
  machine.load(0x3000);
  CHECK(machine.shadow.counters().hidden_faults == 1);
  CHECK(machine.shadow.describe(GuestLinear(0x3000)).find("frame 103") == 0);
  CHECK(machine.shadow.leaves().size() == 1);
  CHECK_FALSE(machine.shadow.leaves()[0].writable);
  CHECK(machine.store(0x3000, 1) == AccessStatus::Done);  // dirty bit
  CHECK(machine.shadow.counters().hidden_faults == 2);
  CHECK(machine.shadow.leaves()[0].writable);
  CHECK(machine.entry32(kTable, 3) == (0x10'3000 | kFull | kA | kD));
  CHECK(machine.store(0x20000, 1) == AccessStatus::PageFault);
  CHECK(machine.shadow.counters().true_faults == 1);
}

TEST_CASE("roots are cached, and share page tables") {
  ShadowMachine machine;
  machine.load(0x3000);
  machine.shadow.set_controls(controls32(kOtherDirectory));
  CHECK(machine.shadow.counters().root_cache_hits == 0);
  machine.load(0x4000);
  CHECK(machine.shadow.table_count() == 3);  // two directories, one page table
  machine.shadow.set_controls(controls32(kDirectory));
  CHECK(machine.shadow.counters().root_cache_hits == 1);
  const u64 faults = machine.shadow.counters().hidden_faults;
  machine.load(0x3000);
  machine.load(0x4000);  // filled under the other root
  CHECK(machine.shadow.counters().hidden_faults == faults);
  // A store reaches both address spaces.
  machine.entry32(kTable, 3, 0x20'0000 | kFull);
  machine.memory.write_value(GuestPhysical(0x20'0000), u32{0x1234});
  CHECK(machine.load(0x3000) == 0x1234);
  machine.shadow.set_controls(controls32(kOtherDirectory));
  CHECK(machine.load(0x3000) == 0x1234);
}

TEST_CASE("a page that becomes a table is protected; its stores are traps, once each") {
  ShadowMachine machine;
  Assists assists;
  machine.shadow.set_observer(&assists);
  machine.entry32(kTable, 5, kTable | kFull);  // the table maps itself at 5000h
  CHECK(machine.store(0x5000 + 3 * 4, 0x10'7000 | kFull) == AccessStatus::Done);
  CHECK(machine.shadow.counters().write_protect_traps == 1);
  CHECK(assists.count == 1);
  CHECK(machine.unit.fast_write(0x5000, 4, kKernel) == nullptr);
  machine.memory.write_value(GuestPhysical(0x10'7000), u32{0x55});
  CHECK(machine.load(0x3000) == 0x55);
  // Read-modify-write: one trap.
  REQUIRE(machine.unit.prepare_write(GuestLinear(0x500c), kKernel, 4) == AccessStatus::Done);
  CHECK(machine.store(0x500c, 0x10'8000 | kFull) == AccessStatus::Done);
  CHECK(machine.shadow.counters().write_protect_traps == 2);
  // Untracked data becomes a table while write permission to it is in the TLB.
  CHECK(machine.store(0x9000, 0x10'a000 | kFull) == AccessStatus::Done);
  REQUIRE(machine.unit.fast_write(0x9000, 4, kKernel) != nullptr);
  machine.entry32(kDirectory, 1, 0x10'9000 | kFull);
  machine.load(0x40'0000);
  CHECK(machine.unit.fast_write(0x9000, 4, kKernel) == nullptr);
  CHECK(machine.store(0x9000, 0x10'b000 | kFull) == AccessStatus::Done);
  machine.memory.write_value(GuestPhysical(0x10'b000), u32{0x66});
  CHECK(machine.load(0x40'0000) == 0x66);
}

TEST_CASE("write rights that are withheld from a protected page are the guest's own") {
  ShadowMachine machine;
  machine.entry32(kTable, 2, kTable | kFull | kA | kD);  // the table maps itself
  machine.load(0x3000);
  REQUIRE(machine.is_protected(kTable));
  const u32 entry = 0x10'4000 | kFull;
  REQUIRE(machine.store(0x2010, entry) == AccessStatus::Done);
  CHECK(machine.shadow.counters().write_protect_traps == 1);
  const u64 fills = machine.shadow.counters().fills;
  REQUIRE(machine.store(0x2010, entry) == AccessStatus::Done);
  CHECK(machine.shadow.counters().write_protect_traps == 2);
  CHECK(machine.shadow.counters().fills == fills);
  SECTION("no longer writable") {
    machine.entry32(kTable, 2, kTable | kP | kUs | kA | kD);
    CHECK(machine.store(0x2010, 0) == AccessStatus::PageFault);
  }
  SECTION("no longer the users'") {
    machine.entry32(kTable, 2, kTable | kP | kRw | kA | kD);
    CHECK(machine.store(0x2010, 0, Privilege::User) == AccessStatus::PageFault);
    CHECK(machine.store(0x2010, 0) == AccessStatus::Done);
  }
  SECTION("no longer dirty") {
    machine.entry32(kTable, 2, kTable | kFull | kA);
    REQUIRE(machine.store(0x2010, 0) == AccessStatus::Done);
    CHECK((machine.entry32(kTable, 2) & kD) != 0);
  }
  SECTION("no longer protected") {
    machine.entry32(kDirectory, 0, 0);
    CHECK(machine.store(0x2010, 0) == AccessStatus::PageFault);
    machine.entry32(kDirectory, 1, kTable | kFull);
    REQUIRE(machine.is_protected(kTable) == false);
    REQUIRE(machine.store(0x40'2010, 0) == AccessStatus::Done);
  }
}

TEST_CASE("the last use gone, protection goes") {
  ShadowMachine machine;
  machine.load(0x3000);
  CHECK(machine.is_protected(kTable));
  machine.entry32(kDirectory, 0, 0);
  CHECK_FALSE(machine.is_protected(kTable));
  CHECK(machine.is_protected(kDirectory));
}

TEST_CASE("a recycled table frame loses protection after many stores without use") {
  ShadowMachine machine;
  machine.load(0x3000);
  machine.shadow.set_controls(controls32(kOtherDirectory));
  for (u32 i = 0; i < 64; ++i) machine.memory.write_value(GuestPhysical(kDirectory + i * 4), u32{0});
  CHECK_FALSE(machine.is_protected(kDirectory));
  machine.load(0x4000);
  const auto recycle = [&] {
    for (u32 i = 0; i < 64; ++i) machine.memory.write_value(GuestPhysical(kTable + 0x800 + i * 4), u32{0});
  };
  recycle();
  CHECK(machine.is_protected(kTable));  // the TLB uses what it has from it
  machine.unit.invalidate_all();
  recycle();
  CHECK_FALSE(machine.is_protected(kTable));
  machine.entry32(kTable, 4, 0x10'5000 | kFull);
  machine.memory.write_value(GuestPhysical(0x10'5000), u32{0x77});
  CHECK(machine.load(0x4000) == 0x77);
  CHECK(machine.is_protected(kTable));
}

TEST_CASE("CR0.WP = 0: the kernel may write read-only pages, the user may not") {
  for (const Deprivilege deprivilege : {Deprivilege::Ring1, Deprivilege::Ring3}) {
    ShadowMachine machine(deprivilege);
    machine.entry32(kTable, 3, 0x10'3000 | kP | kUs);
    CHECK(machine.store(0x3000, 1) == AccessStatus::PageFault);
    PagingControls controls = controls32(kDirectory);
    controls.write_protect = false;
    machine.shadow.set_controls(controls);
    CHECK(machine.store(0x3000, 1) == AccessStatus::Done);
    CHECK(machine.store(0x3000, 1, Privilege::User) == AccessStatus::PageFault);
    CHECK(machine.unit.fault_code == (page_fault::kPresent | page_fault::kWrite | page_fault::kUser));
    CHECK(machine.load(0x3000, Privilege::User) == 1);
    CHECK(machine.unit.fast_write(0x3000, 4, kKernel) != nullptr);
    CHECK(machine.unit.fast_write(0x3000, 4, Privilege::User) == nullptr);
    machine.shadow.set_controls(controls32(kDirectory));
    CHECK(machine.store(0x3000, 1) == AccessStatus::PageFault);
  }
}

TEST_CASE("kernel at ring 3: kernel pages are in the kernel's shadow only") {
  ShadowMachine machine(Deprivilege::Ring3);
  machine.entry32(kTable, 3, 0x10'3000 | kP | kRw);
  machine.store(0x3000, 9);
  CHECK(machine.load(0x3000) == 9);
  CHECK(machine.shadow.leaves().size() == 1);
  CHECK(machine.shadow.leaves()[0].user);
  machine.shadow.set_side(GuestSide::User);
  CHECK(machine.shadow.leaves().empty());
  u32 value = 0;
  CHECK(machine.unit.read_value(GuestLinear(0x3000), Privilege::User, value) == AccessStatus::PageFault);
  CHECK(machine.load(0x3000) == 9);  // an implicit supervisor access while the user runs
}

TEST_CASE("large pages stand beside small ones and need no table of the guest's") {
  ShadowMachine machine;
  machine.entry32(kDirectory, 1, 0x0040'0000 | kFull | kPs);
  machine.memory.write_value(GuestPhysical(0x40'5000), u32{0x99});
  CHECK(machine.load(0x40'5000) == 0x99);
  CHECK(machine.store(0x40'5000, 1) == AccessStatus::Done);
  CHECK(machine.entry32(kDirectory, 1) == (0x0040'0000 | kFull | kPs | kA | kD));
  // The same memory without paging comes from the same direct table.
  const u32 tables = machine.shadow.table_count();
  machine.shadow.set_controls(PagingControls{});
  CHECK(machine.load(0x40'5000) == 1);
  CHECK(machine.shadow.table_count() == tables + 1);  // a directory
  machine.shadow.set_controls(controls32(kDirectory));
  machine.entry32(kDirectory, 1, kTable | kFull);
  CHECK(machine.load(0x40'3000) == machine.load(0x3000));
}

TEST_CASE("tables outside RAM are walked each time") {
  ShadowMachine machine;
  const u32 entry = kTable | kFull;
  std::memcpy(machine.MemoryMachine::store.page(machine.MemoryMachine::store.first_rom_frame()), &entry,
              sizeof(entry));
  machine.shadow.set_controls(controls32(MemoryMachine::kRom));
  machine.memory.write_value(GuestPhysical(0x10'3000), u32{0x31});
  CHECK(machine.load(0x3000) == 0x31);
  CHECK(machine.unit.fast_read(0x3000, 4, kKernel) == nullptr);
  machine.entry32(kTable, 3, 0x10'4000 | kFull);
  CHECK(machine.load(0x3000) == 0);
  CHECK(machine.shadow.leaves().empty());
}

TEST_CASE("a change of the map drops everything") {
  ShadowMachine machine;
  machine.store(0x3000, 5);
  machine.memory.map_ram(GuestPhysical(0x10'3000), kPageSize, HostFrame(0x300));
  CHECK(machine.load(0x3000) == 0);
  CHECK(machine.shadow.describe(GuestLinear(0x3000)).find("frame 300") == 0);
  machine.memory.map_device(GuestPhysical(0x10'3000), kPageSize);
  CHECK(machine.load(0x3000) == 0xffff'ffff);
  CHECK(machine.shadow.counters().device_accesses == 1);
}

TEST_CASE("an audit finds a shadow entry that is not what the guest's table says") {
  ShadowMachine machine;
  machine.store(0x3000, 5);
  REQUIRE(machine.shadow.audit().empty());
  // Behind the back of the write tracking.
  u8* entry = machine.MemoryMachine::store.page(HostFrame(kTable >> kPageShift)) + 3 * sizeof(u32);
  u32 original = 0;
  std::memcpy(&original, entry, sizeof(original));
  const u32 planted = original ^ 0x1000;
  std::memcpy(entry, &planted, sizeof(planted));
  CHECK(machine.shadow.audit().size() == 1);
  std::memcpy(entry, &original, sizeof(original));
}

TEST_CASE("the number of shadow tables is bounded") {
  ShadowMachine machine;
  for (u32 i = 0; i < 300; ++i) {
    const u32 directory = 0x20'0000 + i * 0x1000;
    machine.entry32(directory, 0, kTable | kFull);
    machine.entry32(directory, 1, (directory + 0x20'0000) | kFull);
    machine.entry32(directory + 0x20'0000, 0, 0x10'0000 | kFull);
    machine.shadow.set_controls(controls32(directory));
    machine.load(0x3000);
    machine.load(0x40'0000);
  }
  CHECK(machine.shadow.table_count() <= MemoryMachine::kRamSize / 8 / 16384);
  CHECK(machine.shadow.memory_used() < MemoryMachine::kRamSize / 5);
}

TEST_CASE("bare paging and the shadow may take turns on one memory") {
  ShadowMachine machine;
  GuestPaging bare(machine.memory, machine.unit);
  bare.set_controls(controls32(kDirectory));
  const auto remap = [&](u32 frame) {
    machine.entry32(kTable, 3, frame << 12 | kFull);
    machine.memory.write_value(GuestPhysical(frame << 12), frame);
    CHECK(machine.load(0x3000) == frame);
  };
  for (u32 turn = 0; turn < 4; ++turn) {
    machine.unit.set_address_space(bare);
    remap(0x200 + turn * 4);
    bare.set_controls(controls32(kOtherDirectory));  // its records are out of date, its tracking is not gone
    machine.unit.set_address_space(machine.shadow);
    remap(0x201 + turn * 4);
    remap(0x202 + turn * 4);
    bare.set_controls(controls32(kDirectory));
  }
}
