// What stays translated over a change of the paging root, and what does not.
#include <catch2/catch.hpp>

#include "mmu/memory_unit.h"
#include "mmu/shadow_paging.h"
#include "tests/unit/mmu/mmu_fixture.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

constexpr Privilege kKernel = Privilege::Supervisor;
constexpr Privilege kUser = Privilege::User;

// Two roots, as of two processes: each has a table of its own for the first 4 MiB, both have one for the
// last.
constexpr u32 kRoots[] = {0x10000, 0x11000};
constexpr u32 kOwnTables[] = {0x12000, 0x13000};
constexpr u32 kSharedTable = 0x14000;
constexpr u32 kOwnPage = 0x3000;
constexpr u32 kSharedPage = 0xffc0'3000;
constexpr u32 kLastSlot = 1023;
constexpr u64 kAll = kP | kRw | kUs | kA;

ShadowPaging make_paging(GuestMemory& memory, MemoryUnit& unit, ShadowPaging*) {
  return {memory, unit, Deprivilege::Ring1};
}
GuestPaging make_paging(GuestMemory& memory, MemoryUnit& unit, GuestPaging*) { return {memory, unit}; }

template <class Paging>
struct TwoRoots : MemoryMachine {
  TwoRoots() {
    for (u32 i = 0; i < 2; ++i) {
      entry32(kRoots[i], 0, kOwnTables[i] | kAll);
      entry32(kRoots[i], kLastSlot, kSharedTable | kP | kRw | kA);
      entry32(kOwnTables[i], 3, frame_of_own(i) << kPageShift | kAll | kD);
    }
    entry32(kSharedTable, 3, 0x130'000 | kP | kRw | kA | kD);
    unit.set_address_space(paging);
    activate(0);
  }
  static u32 frame_of_own(u32 root) { return 0x120 + root; }
  void activate(u32 root) { paging.set_controls(controls32(kRoots[root])); }
  AccessStatus touch(u32 linear, Privilege privilege) {
    u32 value = 0;
    return unit.read_value(GuestLinear(linear), privilege, value);
  }
  bool hits(u32 linear, Privilege privilege) const { return unit.fast_read(linear, 4, privilege) != nullptr; }
  bool hits_write(u32 linear, Privilege privilege) const {
    return unit.fast_write(linear, 4, privilege) != nullptr;
  }
  u32 frame_at(u32 linear, Privilege privilege) {
    return static_cast<u32>((unit.fast_read(linear, 4, privilege) - store.page(HostFrame(0))) >> kPageShift);
  }
  /// Uses all pages with all rights under both roots; the first is active then.
  void warm_up() {
    for (const u32 root : {1u, 0u}) {
      activate(root);
      for (const Privilege privilege : {kKernel, kUser}) {
        REQUIRE(unit.write_value(GuestLinear(kOwnPage), privilege, u32{0}) == AccessStatus::Done);
        REQUIRE(unit.fetch(GuestLinear(kOwnPage), privilege).kind == Resolution::Kind::Memory);
      }
      REQUIRE(unit.write_value(GuestLinear(kSharedPage), kKernel, u32{0}) == AccessStatus::Done);
      REQUIRE(unit.fetch(GuestLinear(kSharedPage), kKernel).kind == Resolution::Kind::Memory);
    }
  }

  MemoryUnit unit{memory};
  Paging paging = make_paging(memory, unit, static_cast<Paging*>(nullptr));
};

}  // namespace

TEMPLATE_TEST_CASE("users find their translations again when their root is active again", "", ShadowPaging,
                   GuestPaging) {
  TwoRoots<TestType> machine;
  machine.warm_up();
  const u64 generation = machine.unit.fetch_generation(kUser);
  machine.activate(1);
  CHECK(machine.unit.fetch_generation(kUser) != generation);
  REQUIRE(machine.hits(kOwnPage, kUser));
  CHECK(machine.frame_at(kOwnPage, kUser) == machine.frame_of_own(1));
  machine.activate(0);
  CHECK(machine.unit.fetch_generation(kUser) == generation);
  REQUIRE(machine.hits_write(kOwnPage, kUser));
  CHECK(machine.frame_at(kOwnPage, kUser) == machine.frame_of_own(0));
}

TEMPLATE_TEST_CASE("supervisors keep what both roots translate alike, and nothing else", "", ShadowPaging,
                   GuestPaging) {
  TwoRoots<TestType> machine;
  machine.warm_up();
  machine.activate(1);
  CHECK(machine.hits_write(kSharedPage, kKernel));
  CHECK_FALSE(machine.hits(kOwnPage, kKernel));
  // Instructions were fetched from a page that is another one now.
  const u64 generation = machine.unit.fetch_generation(kKernel);
  REQUIRE(machine.unit.fetch(GuestLinear(kSharedPage), kKernel).kind == Resolution::Kind::Memory);
  CHECK(machine.unit.fetch(GuestLinear(kOwnPage), kKernel).page.read_frame == machine.frame_of_own(1));
  machine.activate(0);
  CHECK(machine.unit.fetch_generation(kKernel) != generation);
}

TEMPLATE_TEST_CASE("a supervisor that fetches only what roots share keeps its generation", "", ShadowPaging,
                   GuestPaging) {
  TwoRoots<TestType> machine;
  for (const u32 root : {0u, 1u}) {
    machine.activate(root);
    REQUIRE(machine.unit.fetch(GuestLinear(kSharedPage), kKernel).kind == Resolution::Kind::Memory);
  }
  const u64 generation = machine.unit.fetch_generation(kKernel);
  const u32 changes = machine.unit.fetch_changes();
  machine.activate(0);
  CHECK(machine.unit.fetch_generation(kKernel) == generation);
  CHECK(machine.unit.fetch_changes() != changes);
  machine.entry32(kSharedTable, 3, 0x131'000 | kP | kRw | kA);
  CHECK(machine.unit.fetch_generation(kKernel) != generation);
}

TEMPLATE_TEST_CASE("a store to a table reaches the translations of a root that is not active", "",
                   ShadowPaging, GuestPaging) {
  TwoRoots<TestType> machine;
  machine.warm_up();
  const u64 generation = machine.unit.fetch_generation(kUser);
  machine.activate(1);
  SECTION("an entry of its page table") { machine.entry32(kOwnTables[0], 3, 0x140'000 | kAll); }
  SECTION("an entry of its directory") { machine.entry32(kRoots[0], 0, kOwnTables[1] | kAll); }
  SECTION("an accessed bit") { machine.entry32(kOwnTables[0], 3, 0x120'000 | (kAll & ~kA) | kD); }
  CHECK(machine.hits(kOwnPage, kUser));
  machine.activate(0);
  CHECK_FALSE(machine.hits(kOwnPage, kUser));
  CHECK(machine.unit.fetch_generation(kUser) != generation);
}

TEMPLATE_TEST_CASE("a frame that becomes code is written the slow way in every context", "", ShadowPaging,
                   GuestPaging) {
  TwoRoots<TestType> machine;
  // One frame, written through four translations: more than are remembered apart.
  machine.entry32(kOwnTables[1], 3, 0x120'000 | kAll | kD);
  machine.warm_up();
  for (const u32 root : {0u, 1u, 0u}) {
    machine.activate(root);
    REQUIRE(machine.unit.write_value(GuestLinear(kOwnPage), kKernel, u32{0}) == AccessStatus::Done);
  }
  machine.memory.track(HostFrame(0x120), Tracking::Code);
  for (const u32 root : {0u, 1u}) {
    machine.activate(root);
    CHECK_FALSE(machine.hits_write(kOwnPage, kUser));
    CHECK_FALSE(machine.hits_write(kOwnPage, kKernel));
    CHECK(machine.hits(kOwnPage, kUser));
  }
  machine.memory.untrack(HostFrame(0x120), Tracking::Code);
  REQUIRE(machine.unit.write_value(GuestLinear(kOwnPage), kUser, u32{0}) == AccessStatus::Done);
  CHECK(machine.hits_write(kOwnPage, kUser));
  machine.memory.track(HostFrame(0x120), Tracking::Code);
  CHECK_FALSE(machine.hits_write(kOwnPage, kUser));
}

TEMPLATE_TEST_CASE("a frame that becomes a table is written the slow way in every context", "", ShadowPaging,
                   GuestPaging) {
  TwoRoots<TestType> machine;
  machine.warm_up();
  machine.activate(1);
  // The page of the other root's users becomes a directory.
  machine.paging.set_controls(controls32(0x120'000));
  CHECK(machine.touch(kOwnPage, kUser) == AccessStatus::PageFault);
  machine.entry32(0x120'000, 0, kOwnTables[1] | kAll);
  REQUIRE(machine.touch(kOwnPage, kUser) == AccessStatus::Done);
  machine.activate(0);
  REQUIRE(machine.hits(kOwnPage, kUser));
  CHECK_FALSE(machine.hits_write(kOwnPage, kUser));
  REQUIRE(machine.unit.write_value(GuestLinear(kOwnPage), kUser, u32{0}) == AccessStatus::Done);
  machine.paging.set_controls(controls32(0x120'000));
  CHECK(machine.touch(kOwnPage, kUser) == AccessStatus::PageFault);
}

TEMPLATE_TEST_CASE("a root that was given up begins without translations", "", ShadowPaging, GuestPaging) {
  TwoRoots<TestType> machine;
  machine.warm_up();
  // The low bits of CR3 say nothing about where the tables are, but tell roots apart.
  constexpr u32 kFlagBits[] = {0x000, 0x008, 0x010, 0x018};
  for (u32 i = 0; i < kContexts; ++i) {
    const u32 frame = 0x200 + i / 4;
    machine.paging.set_controls(controls32(frame << kPageShift | kFlagBits[i % 4]));
    CHECK_FALSE(machine.hits(kOwnPage, kUser));
  }
  machine.activate(0);
  CHECK_FALSE(machine.hits(kOwnPage, kUser));
  REQUIRE(machine.touch(kOwnPage, kUser) == AccessStatus::Done);
  CHECK(machine.frame_at(kOwnPage, kUser) == machine.frame_of_own(0));
}

TEMPLATE_TEST_CASE("a change of more than the root drops everything", "", ShadowPaging, GuestPaging) {
  TwoRoots<TestType> machine;
  machine.warm_up();
  PagingControls controls = controls32(kRoots[0]);
  controls.write_protect = false;
  machine.paging.set_controls(controls);
  CHECK_FALSE(machine.hits(kOwnPage, kUser));
  CHECK_FALSE(machine.hits(kSharedPage, kKernel));
  machine.activate(0);
  CHECK_FALSE(machine.hits(kOwnPage, kUser));
}
