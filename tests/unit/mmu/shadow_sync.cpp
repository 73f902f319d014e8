// When the shadow learns of stores to page tables, how much memory it takes, and what its audit finds.
#include <catch2/catch.hpp>

#include "tests/unit/mmu/shadow_machine.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

constexpr PagingOptions kLazy{.sync = ShadowSync::Lazy};
constexpr PagingOptions kAuto{.sync = ShadowSync::Auto};

/// Frame 10nh begins with the number n; page 3 was read, so that the shadow has it.
void number_frames(ShadowMachine& machine) {
  for (u32 i = 0; i < 16; ++i) machine.memory.write_value(GuestPhysical(0x10'0000 | i << 12), i);
  CHECK(machine.load(0x3000) == 3);
}

/// The guest makes page `page` lead to frame 10nh.
void remap(ShadowMachine& machine, u32 page, u32 n) {
  machine.entry32(kTable, page, 0x10'0000 | n << 12 | kFull | kA | kD);
}

}  // namespace

TEST_CASE("lazily synchronised, a page table keeps what it said until the guest invalidates it") {
  ShadowMachine machine(kLazy);
  number_frames(machine);
  CHECK(machine.load(0x4000) == 4);
  CHECK(machine.is_protected(kTable));
  machine.entry32(kTable, 9, 0);  // any store releases it, and is synchronised itself
  CHECK_FALSE(machine.is_protected(kTable));
  CHECK(machine.load(0x3000) == 3);
  CHECK(machine.load(0x4000) == 4);
  remap(machine, 3, 8);
  remap(machine, 4, 9);
  CHECK(machine.load(0x3000) == 3);
  CHECK(machine.load(0x4000) == 4);
  CHECK(machine.shadow.audit().empty());

  machine.shadow.invalidate_guest_page(GuestLinear(0x3000));
  CHECK(machine.load(0x3000) == 8);
  CHECK(machine.load(0x4000) == 4);
  CHECK(machine.shadow.audit().empty());

  machine.shadow.set_controls(controls32(kDirectory));  // as MOV CR3 of the same value
  CHECK(machine.load(0x4000) == 9);
  CHECK(machine.is_protected(kTable));
  CHECK(machine.shadow.counters().protects == 3);  // the directory, and the page table twice
}

TEST_CASE("lazily synchronised, a translation from before the last load of CR3 is not used") {
  ShadowMachine machine(kLazy);
  number_frames(machine);
  machine.shadow.set_controls(controls32(kOtherDirectory));
  CHECK(machine.load(0x3000) == 3);
  machine.shadow.set_controls(controls32(kDirectory));
  // Supervisors' translations of what both roots share are still in the TLB.
  CHECK(machine.unit.fast_read(0x3000, 4, kKernel) != nullptr);
  remap(machine, 3, 8);
  remap(machine, 3, 9);
  CHECK(machine.load(0x3000) == 9);
}

TEST_CASE("lazily synchronised, what is there anew needs no invalidation") {
  ShadowMachine machine(kLazy);
  number_frames(machine);
  machine.entry32(kTable, 5, 0);
  CHECK(machine.store(0x5000, 1) == AccessStatus::PageFault);
  remap(machine, 5, 6);
  CHECK(machine.load(0x5000) == 6);
  // More rights, too, are noticed by the fault that they would have prevented.
  machine.entry32(kTable, 3, 0x10'3000 | kP | kUs | kA);
  machine.shadow.invalidate_guest_page(GuestLinear(0x3000));
  CHECK(machine.store(0x3000, 1) == AccessStatus::PageFault);
  machine.entry32(kTable, 3, 0x10'7000 | kFull | kA | kD);
  CHECK(machine.store(0x3000, 0x77) == AccessStatus::Done);
  CHECK(machine.memory.read_value<u32>(GuestPhysical(0x10'7000)) == 0x77);
}

TEST_CASE("lazily synchronised, a fault invalidates the page that it is about") {
  ShadowMachine machine(kLazy);
  machine.entry32(kTable, 3, 0x10'3000 | kP | kUs | kA);
  number_frames(machine);
  machine.entry32(kTable, 9, 0);
  CHECK(machine.load(0x3000) == 3);
  machine.entry32(kTable, 3, 0);
  CHECK(machine.load(0x3000) == 3);
  CHECK(machine.store(0x3000, 1) == AccessStatus::PageFault);
  CHECK(machine.unit.fault_code == page_fault::kWrite);
  u32 value = 0;
  CHECK(machine.unit.read_value(GuestLinear(0x3000), kKernel, value) == AccessStatus::PageFault);
}

TEST_CASE("a released table that is linked elsewhere is in line there from the first access on") {
  ShadowMachine machine(kLazy);
  number_frames(machine);
  machine.entry32(kTable, 9, 0);
  remap(machine, 3, 8);
  machine.entry32(kDirectory, 1, kTable | kFull);
  CHECK(machine.load(0x40'3000) == 8);
  CHECK(machine.load(0x3000) == 8);  // one table serves both
}

TEST_CASE("a released table serves every role, and INVLPG reaches all") {
  ShadowMachine machine(kLazy);
  number_frames(machine);
  PagingControls writing = controls32(kDirectory);
  writing.write_protect = false;
  machine.shadow.set_controls(writing);
  CHECK(machine.load(0x3000) == 3);
  machine.entry32(kTable, 9, 0);
  remap(machine, 3, 8);
  machine.shadow.invalidate_guest_page(GuestLinear(0x3000));
  machine.shadow.set_controls(controls32(kDirectory));
  CHECK(machine.load(0x3000) == 8);
}

TEST_CASE("a directory is never released, also where it is a page table too") {
  ShadowMachine machine(kLazy);
  machine.entry32(kDirectory, 1023, kDirectory | kFull);
  number_frames(machine);
  CHECK(machine.load(0xffff'f000) == (kTable | kFull | kA));
  for (u32 i = 0; i < 10; ++i) machine.entry32(kDirectory, 512 + i, 0);
  CHECK(machine.is_protected(kDirectory));
  machine.entry32(kDirectory, 0, 0);
  CHECK(machine.store(0x3000, 1) == AccessStatus::PageFault);
}

TEST_CASE("a store that lies at both ends of a released page is synchronised at both") {
  ShadowMachine machine(kLazy);
  number_frames(machine);
  for (const u32 page : {1u, 2u}) machine.entry32(kTable, page, kTable | kFull | kA | kD);
  machine.entry32(kTable, 0, 0x10'0000 | kFull | kA);
  CHECK(machine.load(0x0000) == 0);
  machine.shadow.set_controls(controls32(kDirectory));
  const u64 across = u64{0x10'5000 | kFull | kA} << 32;
  CHECK(machine.unit.write_value(GuestLinear(0x1ffc), kKernel, across) == AccessStatus::Done);
  CHECK(machine.entry32(kTable, 0) == (0x10'5000 | kFull | kA));
  CHECK(machine.load(0x0000) == 5);
}

TEST_CASE("automatically, a table is released once it is stored to often, and by habit at once") {
  ShadowMachine machine(kAuto);
  number_frames(machine);
  const auto stores_until_released = [&] {
    u32 stores = 0;
    for (; machine.is_protected(kTable); ++stores) machine.entry32(kTable, 100 + stores, stores << 12);
    return stores;
  };
  const auto synchronise = [&] {
    machine.shadow.set_controls(controls32(kDirectory));
    machine.load(0x3000);
    REQUIRE(machine.is_protected(kTable));
  };
  machine.entry32(kTable, 100, 0x1000);
  CHECK(machine.is_protected(kTable));
  for (u32 period = 0; period < 3; ++period) {
    synchronise();
    CHECK(stores_until_released() == (period < 2 ? 4 : 1));
    for (u32 i = 0; i < 20; ++i) machine.entry32(kTable, 200 + i, (period + 1) << 12 | i << 16);
  }
  synchronise();
  CHECK(stores_until_released() == 1);
  synchronise();  // this time it was not worth it
  CHECK(stores_until_released() == 4);
}

TEST_CASE("a released frame that has become something else loses its tables") {
  ShadowMachine machine(kLazy);
  number_frames(machine);
  machine.shadow.set_controls(controls32(kOtherDirectory));  // no translation is left in the TLB
  const u32 tables = machine.shadow.table_count();
  for (u32 i = 0; i < 200; ++i) machine.entry32(kTable, 800 + i, i << 12);
  machine.shadow.set_controls(controls32(kOtherDirectory));
  CHECK(machine.shadow.table_count() == tables - 1);
  CHECK_FALSE(machine.is_protected(kTable));
  CHECK(machine.load(0x3000) == 3);
}

TEST_CASE("a store to a kernel's table reaches the active one of many address spaces") {
  ShadowMachine machine;
  constexpr u32 kDirectories = 0x20'0000, kSpaces = 200;
  machine.entry32(kTable, 3, 0x10'3000 | kP | kRw);
  for (u32 i = 0; i < kSpaces; ++i) {
    machine.entry32(kDirectories + i * kPageSize, 0, kTable | kFull);
    machine.shadow.set_controls(controls32(kDirectories + i * kPageSize));
    machine.store(0x3000, i);
  }
  const u64 before = machine.unit.counters().page_invalidations;
  machine.entry32(kTable, 3, 0x10'4000 | kP | kRw | kA | kD);
  CHECK(machine.unit.counters().page_invalidations == before + 1);
  CHECK(machine.load(0x3000) == 0);
}

TEST_CASE("shadow tables take no more memory than they may") {
  ShadowMachine machine(PagingOptions{.sync = ShadowSync::Strict, .shadow_bytes = kMinimumShadowBytes});
  for (u32 i = 0; i < 200; ++i) {
    const u32 directory = 0x20'0000 + i * 0x1000;
    machine.entry32(directory, 0, kTable | kFull);
    machine.shadow.set_controls(controls32(directory));
    machine.load(0x3000);
  }
  CHECK(machine.shadow.counters().evictions > 100);
  CHECK(machine.shadow.memory_used() < kMinimumShadowBytes + MemoryMachine::kRamSize / 100);
}

TEST_CASE("the audit finds what was broken on purpose") {
  PagingOptions options{.sync = ShadowSync::Strict};
  SECTION("a store to an entry that was not synchronised") {
    options.break_shadow = {ShadowBreak::Kind::DropSync, 2};
    ShadowMachine machine(options);
    number_frames(machine);
    remap(machine, 3, 4);
    CHECK(machine.load(0x3000) == 4);
    CHECK(machine.shadow.audit().empty());
    remap(machine, 3, 5);
    CHECK(machine.load(0x3000) == 4);
    CHECK_FALSE(machine.shadow.audit().empty());
    machine.sound = false;
  }
  SECTION("a translation that the TLB kept") {
    options.break_shadow = {ShadowBreak::Kind::StaleTlb, 1};
    ShadowMachine machine(options);
    number_frames(machine);
    remap(machine, 7, 4);  // the TLB has no translation of it
    CHECK(machine.shadow.audit().empty());
    remap(machine, 3, 4);
    CHECK(machine.load(0x3000) == 3);
    REQUIRE_FALSE(machine.shadow.audit().empty());
    CHECK(machine.shadow.audit().front().find("TLB") == 0);
    machine.sound = false;
  }
  SECTION("a table that was not protected") {
    options.break_shadow = {ShadowBreak::Kind::LoseProtect, 2};
    ShadowMachine machine(options);
    number_frames(machine);
    CHECK_FALSE(machine.is_protected(kTable));
    CHECK_FALSE(machine.shadow.audit().empty());
    machine.sound = false;
  }
}
