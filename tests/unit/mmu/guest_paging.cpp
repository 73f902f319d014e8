// The bare machine's paging unit stays true to the tables: stores, switches, map changes, limits.
#include <catch2/catch.hpp>

#include "mmu/memory_unit.h"
#include "tests/unit/mmu/mmu_fixture.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

constexpr u32 kDirectory = 0x1000;
constexpr u32 kTable = 0x2000;
constexpr auto kKernel = Privilege::Supervisor;

struct PagingMachine : MemoryMachine {
  PagingMachine() {
    entry32(kDirectory, 0, kTable | kP | kRw | kUs);
    entry32(kDirectory, 2, kTable | kP | kRw | kUs);  // the same table again
    entry32(kDirectory, 4, 0x0040'0000 | kP | kRw | kPs);
    for (u32 page = 0; page < 16; ++page) entry32(kTable, page, 0x10'0000 | page << 12 | kP | kRw | kUs);
    paging.set_controls(controls32(kDirectory));
  }
  u32 frame_at(u32 linear, AccessType type = AccessType::Read) {
    return paging.resolve(GuestLinear(linear), type, kKernel).page.read_frame;
  }
  RecordingCache cache;
  GuestPaging paging{memory, cache};
};

}  // namespace

TEST_CASE("a store to a used entry invalidates exactly the pages it translated") {
  PagingMachine machine;
  CHECK(machine.frame_at(0x3000) == 0x103);
  CHECK(machine.frame_at(0x0080'3000) == 0x103);
  CHECK(machine.frame_at(0x5000) == 0x105);
  CHECK(machine.cache.pages.empty());
  CHECK(machine.memory.tracked(HostFrame(1), Tracking::PageTable));
  CHECK(machine.memory.tracked(HostFrame(2), Tracking::PageTable));
  machine.entry32(kTable, 4, 0);  // never used
  CHECK(machine.cache.pages.empty());
  machine.entry32(kTable, 3, 0x20'0000 | kP);
  std::ranges::sort(machine.cache.pages);
  CHECK(machine.cache.pages == std::vector{GuestLinear(0x3000), GuestLinear(0x0080'3000)});
  CHECK(machine.frame_at(0x3000) == 0x200);
}

TEST_CASE("a store to a directory entry invalidates all it translated") {
  PagingMachine machine;
  machine.frame_at(0x0080'3000);
  machine.frame_at(0x0100'0000);
  machine.entry32(kDirectory, 4, 0x0040'0000 | kP | kPs);
  CHECK(machine.cache.pages.size() == 1024);
  CHECK(machine.cache.pages.front() == GuestLinear(0x0100'0000));
  machine.cache.pages.clear();
  machine.entry32(kDirectory, 2, 0);
  CHECK(machine.cache.pages.size() == 1024);
  CHECK(machine.paging.resolve(GuestLinear(0x0080'3000), AccessType::Read, kKernel).kind ==
        Resolution::Kind::Fault);
}

TEST_CASE("write permission is kept only once the page is dirty") {
  PagingMachine machine;
  CHECK_FALSE(machine.paging.resolve(GuestLinear(0x3000), AccessType::Read, kKernel).keep_write);
  CHECK(machine.paging.resolve(GuestLinear(0x3000), AccessType::Write, kKernel).keep_write);
  CHECK(machine.paging.resolve(GuestLinear(0x3000), AccessType::Read, kKernel).keep_write);
  CHECK(machine.cache.pages.empty());
  machine.memory.write_value(GuestPhysical(kTable + 3 * 4), u8{kP | kRw | kUs | kA});  // D cleared
  CHECK(machine.cache.pages == std::vector{GuestLinear(0x3000)});
  CHECK_FALSE(machine.paging.resolve(GuestLinear(0x3000), AccessType::Read, kKernel).keep_write);
}

TEST_CASE("a frame that is no longer a table loses its tracking") {
  PagingMachine machine;
  machine.frame_at(0x3000);
  machine.entry32(kDirectory, 0, 0);
  CHECK_FALSE(machine.memory.tracked(HostFrame(1), Tracking::PageTable));
  machine.entry32(kTable, 3, 0);
  CHECK_FALSE(machine.memory.tracked(HostFrame(2), Tracking::PageTable));
}

TEST_CASE("after a switch of CR3 the old tables are watched until what was used of them is stored to") {
  PagingMachine machine;
  machine.frame_at(0x3000);
  const u32 flushes = machine.cache.flushes;
  PagingControls other = controls32(0x3000);
  machine.paging.set_controls(other);
  machine.paging.set_controls(other);
  CHECK(machine.cache.flushes == flushes);
  CHECK(machine.memory.tracked(HostFrame(2), Tracking::PageTable));
  machine.entry32(kTable, 3, 0);
  CHECK_FALSE(machine.memory.tracked(HostFrame(2), Tracking::PageTable));
  CHECK(machine.cache.pages == std::vector{GuestLinear(0x3000)});
  other.write_protect = false;
  machine.paging.set_controls(other);
  CHECK(machine.cache.flushes == flushes + 1);
}

TEST_CASE("a frame used in too many ways costs a flush, not a stale translation") {
  PagingMachine machine;
  for (u32 slot = 0; slot < 16; ++slot) machine.entry32(kDirectory, slot, kTable | kP | kRw | kUs);
  const u32 before = machine.cache.flushes;
  for (u32 slot = 0; slot < 16; ++slot) CHECK(machine.frame_at(slot << 22 | 0x3000) == 0x103);
  CHECK(machine.cache.flushes > before);
  machine.cache.pages.clear();
  machine.entry32(kTable, 3, 0);
  // What has not been flushed since must be invalidated: at least the last one.
  CHECK(std::ranges::count(machine.cache.pages, GuestLinear(15u << 22 | 0x3000)) == 1);
}

TEST_CASE("translations through tables outside RAM are not kept") {
  PagingMachine machine;
  const u32 entry = kTable | kP | kRw | kUs;
  std::memcpy(machine.store.page(machine.store.first_rom_frame()), &entry, sizeof(entry));
  machine.paging.set_controls(controls32(MemoryMachine::kRom));
  const Resolution resolution = machine.paging.resolve(GuestLinear(0x3000), AccessType::Write, kKernel);
  CHECK(resolution.kind == Resolution::Kind::Memory);
  CHECK(resolution.page.write_frame == 0x103);
  CHECK_FALSE(resolution.keep_read);
  CHECK_FALSE(resolution.keep_write);
}
