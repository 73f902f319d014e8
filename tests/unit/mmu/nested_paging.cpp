// Nested paging: references of walks, violations, and how long translations live.
#include "mmu/nested_paging.h"

#include <catch2/catch.hpp>

#include "tests/unit/mmu/nested_machine.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

constexpr Privilege kKernel = Privilege::Supervisor;
constexpr Privilege kUser = Privilege::User;
constexpr u32 kPage = 0x3000;

}  // namespace

TEST_CASE("a walk of two dimensions reads as many entries as the manual's tables have") {
  NestedMachine machine;
  CHECK(machine.references(kPage) == 14);
  CHECK(machine.references(NestedMachine::kLargePage) == 9);
  CHECK(machine.references(0x00c0'0000) == 5);  // no directory entry: a fault behind one entry
  CHECK(machine.references(0x0003'0000) == 10);
  machine.paging.set_controls({});
  CHECK(machine.references(kPage) == 4);
  machine.entry_pae(0x5000, 0, 0x6000 | kP | kRw | kUs);
  machine.entry_pae(0x6000, 3, 0x10'3000 | kP | kRw | kUs);
  machine.paging.set_controls(controls_pae(0x5000));
  CHECK(machine.references(kPage) == 14);  // the pointers are in registers
}

TEST_CASE("the counters have the references of the walks that accesses needed") {
  NestedMachine machine;
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  CHECK(machine.unit.counters().misses == 1);
  CHECK(machine.unit.counters().walk_references == 14);
  // A device that may not be accessed yet is walked to again; that counts once.
  machine.unit.effects_allowed = false;
  REQUIRE(machine.read(NestedMachine::kDevicePage) == AccessStatus::Split);
  machine.unit.effects_allowed = true;
  REQUIRE(machine.read(NestedMachine::kDevicePage) == AccessStatus::Done);
  CHECK(machine.unit.counters().misses == 2);
  REQUIRE(machine.unit.fetch(GuestLinear(kPage), kKernel).kind == Resolution::Kind::Memory);
  CHECK(machine.unit.counters().fetch_walk_references == 14);
}

TEST_CASE("nested entries are made by violations, one for each page") {
  NestedMachine machine;
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  // Directory, table, page.
  CHECK(machine.paging.counters().fills == 3);
  CHECK(machine.paging.counters().hidden_faults == 3);
  REQUIRE(machine.write(0x5000) == AccessStatus::Done);
  CHECK(machine.paging.counters().hidden_faults == 4);
  REQUIRE(machine.write(kPage, kUser) == AccessStatus::Done);
  CHECK(machine.paging.counters().hidden_faults == 4);
  CHECK(machine.paging.audit().empty());
}

TEST_CASE("stores to the guest's tables cost nothing") {
  NestedMachine machine;
  machine.map(0xf000, NestedMachine::kTable >> kPageShift);  // its own table
  REQUIRE(machine.write(0xf000 + 4 * 15) == AccessStatus::Done);
  CHECK(machine.unit.fast_write(0xf000, 4, kKernel) != nullptr);
  CHECK(machine.paging.counters().write_protect_traps == 0);
}

TEST_CASE("a device has no nested entry, and ROM no write permission") {
  NestedMachine machine;
  for (int i = 0; i < 2; ++i) REQUIRE(machine.read(NestedMachine::kDevicePage) == AccessStatus::Done);
  CHECK(machine.device.accesses.size() == 2);
  CHECK(machine.paging.counters().device_accesses == 2);
  REQUIRE(machine.read(NestedMachine::kRomPage) == AccessStatus::Done);
  CHECK(machine.cached(NestedMachine::kRomPage) == machine.store.first_rom_frame().value);
  CHECK(machine.paging.counters().device_accesses == 2);
  REQUIRE(machine.write(NestedMachine::kRomPage) == AccessStatus::Done);
  CHECK(machine.paging.counters().device_accesses == 3);
  CHECK(machine.store.page(machine.store.first_rom_frame())[0] == 0);
  machine.paging.tables().for_each_leaf([](GuestPhysical page, u64 leaf) {
    CHECK(page.value != MemoryMachine::kDevice);
    CHECK(nested_entry::allows(leaf, AccessType::Write) == (page.value != MemoryMachine::kRom));
  });
}

TEST_CASE("an entry without its page is stale until INVLPG, a load of CR3, or a change of controls") {
  NestedMachine machine;
  const auto change = [&] {
    machine.map(kPage, 0x103);
    for (const Privilege privilege : {kKernel, kUser})
      REQUIRE(machine.read(kPage, privilege) == AccessStatus::Done);
    machine.map(kPage, 0x200);
    CHECK(machine.cached(kPage) == 0x103);
    CHECK(machine.cached(kPage, kUser) == 0x103);
  };
  PagingControls controls = controls32(NestedMachine::kDirectory);
  change();
  SECTION("INVLPG") { machine.paging.invalidate_guest_page(GuestLinear(kPage + 5)); }
  SECTION("CR3, the same") { machine.paging.set_controls(controls); }
  SECTION("CR0.WP") {
    controls.write_protect = false;
    machine.paging.set_controls(controls);
  }
  SECTION("CR4.PGE") { machine.paging.set_global_pages(true); }
  SECTION("the map") { machine.memory.set_a20(false); }
  CHECK(machine.cached(kPage) == NestedMachine::kNone);
  CHECK(machine.cached(kPage, kUser) == NestedMachine::kNone);
  machine.memory.set_a20(true);
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  CHECK(machine.cached(kPage) == 0x200);
}

TEST_CASE("fetches are stale as long as data is, and code found under them as well") {
  NestedMachine machine;
  const auto frame = [&] { return machine.unit.fetch(GuestLinear(kPage), kKernel).page.read_frame; };
  CHECK(frame() == 0x103);
  const u64 generation = machine.unit.fetch_generation(kKernel);
  machine.map(kPage, 0x200);
  CHECK(frame() == 0x103);
  CHECK(machine.unit.fetch_generation(kKernel) == generation);
  machine.paging.invalidate_guest_page(GuestLinear(kPage));
  CHECK(machine.unit.fetch_generation(kKernel) != generation);
  CHECK(frame() == 0x200);
}

TEST_CASE("a page fault ends the page's translation") {
  NestedMachine machine;
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  machine.entry32(NestedMachine::kTable, kPage >> kPageShift, 0x103'000 | kP);  // read-only, supervisor
  CHECK(machine.read(kPage) == AccessStatus::Done);
  CHECK(machine.write(kPage) == AccessStatus::PageFault);
  CHECK(machine.cached(kPage) == NestedMachine::kNone);
  CHECK(machine.paging.counters().true_faults == 1);
}

TEST_CASE("what the tables grant since is granted without INVLPG") {
  NestedMachine machine;
  machine.entry32(NestedMachine::kTable, kPage >> kPageShift, 0x103'000 | kP);
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  machine.map(kPage, 0x103);
  CHECK(machine.write(kPage) == AccessStatus::Done);
}

TEST_CASE("a load of CR3 spares global pages if CR4.PGE is set") {
  NestedMachine machine;
  const bool enabled = GENERATE(false, true);
  machine.paging.set_global_pages(enabled);
  // In a span of their own, that of slot 2.
  const u32 global = 0x80'0000 + NestedMachine::kGlobalPage;
  REQUIRE(machine.read(global) == AccessStatus::Done);
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  machine.paging.set_controls(controls32(NestedMachine::kDirectory));
  CHECK(machine.cached(global) == (enabled ? 0x104 : NestedMachine::kNone));
  CHECK(machine.cached(kPage) == NestedMachine::kNone);
  // INVLPG ends them.
  REQUIRE(machine.read(global) == AccessStatus::Done);
  machine.paging.invalidate_guest_page(GuestLinear(global));
  CHECK(machine.cached(global) == NestedMachine::kNone);
}

TEST_CASE("INVLPG of a large page ends all its pieces") {
  NestedMachine machine;
  for (const u32 piece : {0u, 0x5000u, 0x3f'f000u})
    REQUIRE(machine.read(NestedMachine::kLargePage + piece) == AccessStatus::Done);
  machine.entry32(NestedMachine::kDirectory, 1, 0);
  machine.paging.invalidate_guest_page(GuestLinear(NestedMachine::kLargePage + 0x9000));
  for (const u32 piece : {0u, 0x5000u, 0x3f'f000u})
    CHECK(machine.cached(NestedMachine::kLargePage + piece) == NestedMachine::kNone);
}

TEST_CASE("accessed and dirty bits are set by walks, and only by walks") {
  NestedMachine machine;
  const u32 slot = kPage >> kPageShift;
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  CHECK((machine.entry32(NestedMachine::kTable, slot) & (kA | kD)) == kA);
  CHECK((machine.entry32(NestedMachine::kDirectory, 0) & kA) != 0);
  REQUIRE(machine.write(kPage) == AccessStatus::Done);
  CHECK((machine.entry32(NestedMachine::kTable, slot) & (kA | kD)) == (kA | kD));
  machine.map(kPage, 0x103);
  REQUIRE(machine.write(kPage) == AccessStatus::Done);
  CHECK((machine.entry32(NestedMachine::kTable, slot) & (kA | kD)) == 0);
  machine.paging.invalidate_guest_page(GuestLinear(kPage));
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  CHECK(machine.unit.fast_write(kPage, 1, kKernel) == nullptr);  // not dirty yet
}

TEST_CASE("a change of the memory map ends all nested entries") {
  NestedMachine machine;
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  machine.memory.map_ram(GuestPhysical(0x103'000), kPageSize, HostFrame(0x300));
  CHECK(machine.cached(kPage) == NestedMachine::kNone);
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  CHECK(machine.cached(kPage) == 0x300);
  CHECK(machine.paging.audit().empty());
}

TEST_CASE("while line 20 is masked two pages lead to one frame") {
  NestedMachine machine;
  machine.memory.set_a20(false);
  machine.map(0x5000, 0x003);  // with bit 20 it is where page 3 leads
  REQUIRE(machine.write(kPage) == AccessStatus::Done);
  REQUIRE(machine.write(0x5000) == AccessStatus::Done);
  CHECK(machine.cached(kPage) == machine.cached(0x5000));
  machine.memory.track(HostFrame(3), Tracking::DescriptorTable);
  CHECK(machine.unit.fast_write(kPage, 1, kKernel) == nullptr);
  CHECK(machine.unit.fast_write(0x5000, 1, kKernel) == nullptr);
  CHECK(machine.paging.audit().empty());
}

TEST_CASE("a store to a watched descriptor table is a violation each time") {
  NestedMachine machine;
  REQUIRE(machine.write(kPage) == AccessStatus::Done);
  machine.memory.track(HostFrame(0x103), Tracking::DescriptorTable);
  for (u64 store = 1; store <= 2; ++store) {
    REQUIRE(machine.unit.prepare_write(GuestLinear(kPage), kKernel, 4) == AccessStatus::Done);
    REQUIRE(machine.write(kPage) == AccessStatus::Done);
    CHECK(machine.paging.counters().write_protect_traps == store);
  }
  machine.memory.untrack(HostFrame(0x103), Tracking::DescriptorTable);
  REQUIRE(machine.write(kPage) == AccessStatus::Done);
  CHECK(machine.unit.fast_write(kPage, 1, kKernel) != nullptr);
  CHECK(machine.paging.counters().write_protect_traps == 2);
}

TEST_CASE("from outside it can be seen where a page leads and that all entries are right") {
  NestedMachine machine;
  REQUIRE(machine.read(kPage) == AccessStatus::Done);
  CHECK(machine.paging.audit().empty());
  CHECK(machine.paging.describe(GuestLinear(kPage)).find("frame 103") != std::string::npos);
  CHECK(machine.paging.describe(GuestLinear(0x5000)).find("no entry") != std::string::npos);
  CHECK(machine.paging.counters().audits == 1);
}
