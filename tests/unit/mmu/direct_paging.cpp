// Direct paging: what may be registered and changed, and that no page is a table and writable.
#include "mmu/direct_paging.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "mmu/memory_unit.h"
#include "tests/unit/mmu/mmu_fixture.h"

using namespace ringdown;
using namespace ringdown::test;
using paravirtual::Answer;

namespace {

constexpr auto kKernel = Privilege::Supervisor;
constexpr u32 kDirectory = 0x1000;
constexpr u32 kTable = 0x2000;
constexpr u32 kOther = 0x3000;  // a page that may become a table
constexpr GuestPhysical kRoot{kDirectory};

/// The lowest 16 pages lead to themselves, the tables read-only; paging is off.
struct DirectMachine : MemoryMachine {
  DirectMachine() {
    for (u32 page = 0; page < 16; ++page) entry32(kTable, page, page << kPageShift | kP | kRw);
    entry32(kTable, 1, kDirectory | kP);
    entry32(kTable, 2, kTable | kP);
    entry32(kDirectory, 0, kTable | kP | kRw | kUs);
    unit.set_address_space(paging);
    paging.set_refusal_handler([this](const std::string& what) { refusals.push_back(what); });
  }
  void start() {
    REQUIRE(paging.pin(kRoot) == Answer::Done);
    paging.set_controls(controls32(kDirectory));
    REQUIRE(refusals.empty());
  }
  Answer update(u32 table, u32 slot, u64 value) {
    return paging.update({table + slot * 4, static_cast<u32>(value)});
  }
  AccessStatus write(u32 linear) { return unit.write_value(GuestLinear(linear), kKernel, u32{0}); }
  u64 validated() const { return paging.counters().entries_validated; }

  MemoryUnit unit{memory};
  DirectPaging paging{memory, unit};
  std::vector<std::string> refusals;
};

}  // namespace

TEST_CASE("registering a directory looks at all entries of it and of its tables") {
  DirectMachine machine;
  machine.start();
  CHECK(machine.validated() == 2048);
  CHECK(machine.paging.is_pinned(kRoot));
  CHECK_FALSE(machine.paging.is_pinned(GuestPhysical(kTable)));
  CHECK(machine.paging.pin(kRoot) == Answer::InUse);
  CHECK(machine.paging.audit().empty());
  u32 value = 0;
  REQUIRE(machine.unit.read_value(GuestLinear(0x5000), kKernel, value) == AccessStatus::Done);
  CHECK(machine.unit.counters().walk_references == 2);
}

TEST_CASE("what may not be a table is refused, and nothing is changed") {
  DirectMachine machine;
  Answer expected = Answer::Conflict;
  GuestPhysical root = kRoot;
  SECTION("its own page writable") { machine.entry32(kTable, 1, kDirectory | kP | kRw); }
  SECTION("its table's page writable") { machine.entry32(kTable, 2, kTable | kP | kRw); }
  SECTION("all bits set") {
    machine.entry32(kDirectory, 1023, 0xffff'ffff);
    expected = Answer::LargePage;
  }
  SECTION("a large page") {
    machine.entry32(kDirectory, 7, kP | kPs);
    expected = Answer::LargePage;
  }
  SECTION("a directory in itself") { machine.entry32(kDirectory, 5, kDirectory | kP); }
  SECTION("a table in device space") {
    machine.entry32(kDirectory, 5, MemoryMachine::kDevice | kP);
    expected = Answer::NoMemory;
  }
  SECTION("a table in ROM") {
    machine.entry32(kDirectory, 5, MemoryMachine::kRom | kP);
    expected = Answer::NoMemory;
  }
  SECTION("no page") {
    root = kRoot + 4;
    expected = Answer::NoMemory;
  }
  CHECK(machine.paging.pin(root) == expected);
  CHECK_FALSE(machine.paging.is_pinned(root));
  CHECK(machine.paging.audit().empty());
  CHECK_FALSE(machine.memory.tracked(HostFrame(1), Tracking::ShadowedTable));
  CHECK_FALSE(machine.memory.tracked(HostFrame(2), Tracking::ShadowedTable));
}

TEST_CASE("entries of page tables lead anywhere that the map has") {
  DirectMachine machine;
  machine.start();
  CHECK(machine.update(kTable, 8, MemoryMachine::kDevice | kP | kRw) == Answer::Done);
  CHECK(machine.update(kTable, 9, MemoryMachine::kRom | kP | kRw) == Answer::Done);
  CHECK(machine.update(kTable, 10, 0xffff'ffff) == Answer::Done);
  REQUIRE(machine.write(0x8000) == AccessStatus::Done);
  REQUIRE(machine.write(0x9000) == AccessStatus::Done);
  CHECK(machine.device.accesses.size() == 1);
  CHECK(machine.paging.counters().device_accesses == 2);
  CHECK(machine.paging.counters().entries_updated == 3);
  CHECK(machine.paging.audit().empty());
}

TEST_CASE("a page is a table or writable") {
  DirectMachine machine;
  machine.start();
  CHECK(machine.update(kDirectory, 1, kOther | kP) == Answer::Conflict);
  REQUIRE(machine.write(kOther) == AccessStatus::Done);
  CHECK(machine.update(kTable, 3, kOther | kP) == Answer::Done);
  // The TLB still lets it be written: nobody has invalidated it.
  CHECK(machine.unit.fast_write(kOther, 4, kKernel) != nullptr);
  CHECK(machine.update(kDirectory, 1, kOther | kP) == Answer::Done);
  CHECK(machine.unit.fast_write(kOther, 4, kKernel) == nullptr);
  CHECK(machine.write(kOther) == AccessStatus::PageFault);
  CHECK(machine.update(kTable, 3, kOther | kP | kRw) == Answer::Conflict);
  CHECK(machine.update(kOther, 0, kOther | kP | kRw) == Answer::Conflict);
  CHECK(machine.update(kDirectory, 1, 0) == Answer::Done);
  CHECK(machine.update(kTable, 3, kOther | kP | kRw) == Answer::Done);
  CHECK(machine.write(kOther) == AccessStatus::Done);
  CHECK(machine.paging.audit().empty());
}

TEST_CASE("entries are changed only where tables are") {
  DirectMachine machine;
  machine.start();
  CHECK(machine.update(kOther, 0, 0) == Answer::NotATable);
  CHECK(machine.paging.update({MemoryMachine::kDevice, 0}) == Answer::NotATable);
  CHECK(machine.paging.update({kTable + 2, 0}) == Answer::NoMemory);
  CHECK(machine.update(kDirectory, 1, kP | kPs) == Answer::LargePage);
  CHECK(machine.update(kDirectory, 1, kDirectory | kP) == Answer::Conflict);
  CHECK(machine.entry32(kDirectory, 1) == 0);
  CHECK(machine.paging.counters().entries_updated == 0);
}

TEST_CASE("a plain store to a table is a page fault, whatever CR0.WP says") {
  DirectMachine machine;
  machine.start();
  PagingControls controls = controls32(kDirectory);
  controls.write_protect = false;
  machine.paging.set_controls(controls);
  CHECK(machine.write(kTable + 12) == AccessStatus::PageFault);
  CHECK(machine.unit.fault_code == (page_fault::kPresent | page_fault::kWrite));
  CHECK(machine.entry32(kTable, 3) == (kOther | kP | kRw));
}

TEST_CASE("a directory is released when it is not loaded") {
  DirectMachine machine;
  machine.start();
  CHECK(machine.paging.unpin(kRoot) == Answer::InUse);
  CHECK(machine.paging.unpin(GuestPhysical(kOther)) == Answer::NotPinned);
  machine.paging.set_controls({});
  CHECK(machine.paging.unpin(kRoot) == Answer::Done);
  CHECK_FALSE(machine.memory.tracked(HostFrame(1), Tracking::ShadowedTable));
  CHECK(machine.update(kTable, 3, 0) == Answer::NotATable);
  CHECK(machine.write(kTable) == AccessStatus::Done);
}

TEST_CASE("walking what is not registered ends the run") {
  DirectMachine machine;
  SECTION("no tables at all") {
    machine.paging.set_controls(controls32(kDirectory));
    CHECK(machine.refusals ==
          std::vector<std::string>{"turned paging on without registering its page tables"});
  }
  SECTION("another CR3") {
    machine.start();
    machine.paging.set_controls(controls32(kOther));
    REQUIRE(machine.refusals.size() == 1);
    CHECK(machine.refusals[0].find("00003000") != std::string::npos);
  }
  SECTION("PAE") {
    machine.paging.set_controls(controls_pae(kDirectory));
    REQUIRE(machine.refusals.size() == 1);
    CHECK(machine.refusals[0].find("PAE") != std::string::npos);
  }
}

TEST_CASE("what a device stores to a table is validated before the next walk") {
  DirectMachine machine;
  machine.start();
  u32 value = 0;
  SECTION("valid") {
    machine.entry32(kTable, 4, 0x6000 | kP);
    REQUIRE(machine.unit.read_value(GuestLinear(0x5000), kKernel, value) == AccessStatus::Done);
    CHECK(machine.validated() == 2 * 2048);
    CHECK(machine.refusals.empty());
    CHECK(machine.paging.audit().empty());
  }
  SECTION("not valid") {
    machine.entry32(kTable, 4, kTable | kP | kRw);
    REQUIRE(machine.unit.read_value(GuestLinear(0x5000), kKernel, value) == AccessStatus::Done);
    CHECK(machine.refusals.size() == 1);
    CHECK(machine.paging.audit().empty());
  }
}

TEST_CASE("accessed and dirty bits are the processor's to set") {
  DirectMachine machine;
  machine.start();
  REQUIRE(machine.write(0x5000) == AccessStatus::Done);
  CHECK((machine.entry32(kTable, 5) & (kA | kD)) == (kA | kD));
  CHECK(machine.validated() == 2048);
}

TEST_CASE("another memory map has all tables validated anew") {
  DirectMachine machine;
  machine.start();
  machine.entry32(kOther, 0, 0);
  // Where line 20 is masked, this page is the directory.
  REQUIRE(machine.update(kTable, 4, 0x10'1000 | kP | kRw) == Answer::Done);
  machine.memory.set_a20(false);
  u32 value = 0;
  REQUIRE(machine.unit.read_value(GuestLinear(0x5000), kKernel, value) == AccessStatus::Done);
  CHECK(machine.refusals.size() == 1);
  CHECK_FALSE(machine.paging.is_pinned(kRoot));
  CHECK(machine.paging.audit().empty());
}

TEST_CASE("a reset forgets what was registered") {
  DirectMachine machine;
  machine.start();
  machine.paging.set_controls({});
  machine.paging.forget_guest();
  CHECK_FALSE(machine.paging.is_pinned(kRoot));
  CHECK_FALSE(machine.memory.tracked(HostFrame(1), Tracking::ShadowedTable));
}

TEST_CASE("whatever is asked, no page is ever a table and writable") {
  std::mt19937 random(12);
  DirectMachine machine;
  machine.start();
  const auto number = [&](u32 below) { return static_cast<u32>(random() % below); };
  for (int step = 0; step < 20'000; ++step) {
    // Few pages, so that they meet; now and then anything.
    const u32 page = number(16) << kPageShift;
    const u32 flags = number(4) | (number(50) == 0 ? static_cast<u32>(kPs) : 0);
    const u32 value = number(100) == 0 ? static_cast<u32>(random()) : (number(16) << kPageShift) | flags;
    switch (number(8)) {
      case 0:
        static_cast<void>(machine.paging.pin(GuestPhysical(page)));
        break;
      case 1:
        static_cast<void>(machine.paging.unpin(GuestPhysical(page)));
        break;
      case 2:
        static_cast<void>(machine.write(page + number(1024) * 4));
        break;
      default:
        static_cast<void>(machine.update(page, number(3) == 0 ? number(1024) : number(16), value));
        break;
    }
    REQUIRE(std::ranges::none_of(machine.paging.types().uses(), [](const FrameTypes::Use& use) {
      return use.tables != 0 && use.writable != 0;
    }));
    if (step % 500 == 0) REQUIRE(machine.paging.audit().empty());
  }
  CHECK(machine.paging.counters().entries_updated > 1000);
}
