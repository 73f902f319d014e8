// The memory unit: page crossings, devices, tracked frames, PAM, splits, watches and the fetch generation.
#include "mmu/memory_unit.h"

#include <catch2/catch.hpp>

#include "tests/unit/mmu/mmu_fixture.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

constexpr u32 kDirectory = 0x1000;
constexpr u32 kTable = 0x2000;
constexpr auto kKernel = Privilege::Supervisor;

/// Linear pages 10h.. lead to RAM 10'0000h.. through one page table; 20h is not present, 30h is a device, 31h
/// ROM.
struct PagedMachine : MemoryMachine {
  PagedMachine() {
    entry32(kDirectory, 0, kTable | kP | kRw | kUs);
    for (u32 page = 0x10; page < 0x20; ++page) entry32(kTable, page, 0x10'0000 | page << 12 | kP | kRw | kUs);
    entry32(kTable, 0x30, kDevice | kP | kRw | kUs);
    entry32(kTable, 0x31, kRom | kP | kRw | kUs);
    paging.set_controls(controls32(kDirectory));
    unit.set_address_space(paging);
  }
  MemoryUnit unit{memory};
  GuestPaging paging{memory, unit};
};

struct StoreObserver final : MemoryObserver {
  explicit StoreObserver(GuestMemory& m) : memory(m) { memory.add_observer(*this, {Tracking::Code}); }
  ~StoreObserver() override { memory.remove_observer(*this); }
  void frame_written(HostFrame frame, u32 offset, u32 length) override {
    stores.push_back({frame.value, offset, length});
  }
  void tracking_added(HostFrame) override {}
  void map_changed() override {}
  GuestMemory& memory;
  std::vector<std::array<u32, 3>> stores;
};

}  // namespace

TEST_CASE("values go to the right bytes, fast and slow, also across pages") {
  PagedMachine machine;
  MemoryUnit& unit = machine.unit;
  REQUIRE(unit.write_value(GuestLinear(0x10ffe), kKernel, u32{0x4433'2211}) == AccessStatus::Done);
  CHECK(machine.memory.read_value<u32>(GuestPhysical(0x11'0ffe)) == 0x4433'2211);
  // The same linear bytes lie in two frames, which happen to be adjacent; make them apart.
  machine.entry32(kTable, 0x11, 0x20'0000 | kP | kRw | kUs);
  REQUIRE(unit.write_value(GuestLinear(0x10ffe), kKernel, u32{0x8877'6655}) == AccessStatus::Done);
  CHECK(machine.memory.read_value<u16>(GuestPhysical(0x11'0ffe)) == 0x6655);
  CHECK(machine.memory.read_value<u16>(GuestPhysical(0x20'0000)) == 0x8877);
  u32 value = 0;
  REQUIRE(unit.read_value(GuestLinear(0x10ffe), kKernel, value) == AccessStatus::Done);
  CHECK(value == 0x8877'6655);
  CHECK(unit.fast_read(0x10ffe, 2, kKernel) != nullptr);
  CHECK(unit.fast_read(0x10ffe, 4, kKernel) == nullptr);
  CHECK(unit.fast_write(0x10100, 8, kKernel) != nullptr);
  CHECK(unit.fast_write(0x10100, 8, Privilege::User) == nullptr);
}

TEST_CASE("a faulting access writes nothing and names the first byte in the faulting page") {
  PagedMachine machine;
  MemoryUnit& unit = machine.unit;
  CHECK(unit.write_value(GuestLinear(0x1fffe), kKernel, u32{0x1234'5678}) == AccessStatus::PageFault);
  CHECK(unit.fault_address == GuestLinear(0x20000));
  CHECK(unit.fault_code == page_fault::kWrite);
  CHECK(machine.memory.read_value<u16>(GuestPhysical(0x11'fffe)) == 0);
  u16 value = 0;
  CHECK(unit.read_value(GuestLinear(0x20123), Privilege::User, value) == AccessStatus::PageFault);
  CHECK(unit.fault_address == GuestLinear(0x20123));
  CHECK(unit.fault_code == page_fault::kUser);
  CHECK(unit.prepare_write(GuestLinear(0x1ffff), kKernel, 2) == AccessStatus::PageFault);
  CHECK(unit.prepare_write(GuestLinear(0x1fff0), kKernel, 16) == AccessStatus::Done);
  CHECK((machine.entry32(kTable, 0x1f) & kD) != 0);
}

TEST_CASE("aligned device accesses arrive whole, others as bytes") {
  PagedMachine machine;
  MemoryUnit& unit = machine.unit;
  auto& accesses = machine.device.accesses;
  u32 value = 0;
  REQUIRE(unit.read_value(GuestLinear(0x30010), kKernel, value) == AccessStatus::Done);
  CHECK(value == 0x5566'7788);
  REQUIRE(unit.write_value(GuestLinear(0x30020), kKernel, u64{7}) == AccessStatus::Done);
  CHECK(accesses ==
        std::vector<RecordingDevice::Access>{{0x10, Width::Dword, 0, false}, {0x20, Width::Qword, 7, true}});
  accesses.clear();
  REQUIRE(unit.write_value(GuestLinear(0x30011), kKernel, u16{0x0201}) == AccessStatus::Done);
  CHECK(accesses ==
        std::vector<RecordingDevice::Access>{{0x11, Width::Byte, 1, true}, {0x12, Width::Byte, 2, true}});
  accesses.clear();
  const std::array<std::byte, 3> three{};
  REQUIRE(unit.write(GuestLinear(0x30ffd), kKernel, three) == AccessStatus::Done);
  CHECK(accesses.size() == 3);
  CHECK(unit.fast_read(0x30010, 4, kKernel) == nullptr);
}

TEST_CASE("an access with effects is split off before anything happens") {
  PagedMachine machine;
  MemoryUnit& unit = machine.unit;
  const StoreObserver observer(machine.memory);
  machine.memory.track(HostFrame(0x110), Tracking::Code);
  unit.effects_allowed = false;
  u32 value = 0;
  CHECK(unit.read_value(GuestLinear(0x30010), kKernel, value) == AccessStatus::Split);
  CHECK(unit.write_value(GuestLinear(0x30010), kKernel, value) == AccessStatus::Split);
  CHECK(unit.write_value(GuestLinear(0x10010), kKernel, u32{5}) == AccessStatus::Split);
  CHECK(unit.write_value(GuestLinear(0x10ffe), kKernel, u32{5}) == AccessStatus::Split);
  CHECK(unit.prepare_write(GuestLinear(0x10010), kKernel, 4) == AccessStatus::Split);
  CHECK(machine.device.accesses.empty());
  CHECK(machine.memory.read_value<u32>(GuestPhysical(0x11'0010)) == 0);
  CHECK(unit.read_value(GuestLinear(0x10010), kKernel, value) == AccessStatus::Done);
  CHECK(unit.write_value(GuestLinear(0x31010), kKernel, value) == AccessStatus::Done);  // dropped by ROM
  CHECK(unit.write_value(GuestLinear(0x11010), kKernel, value) == AccessStatus::Done);
}

TEST_CASE("stores to tracked frames are performed, reported and never kept") {
  PagedMachine machine;
  MemoryUnit& unit = machine.unit;
  REQUIRE(unit.write_value(GuestLinear(0x10010), kKernel, u8{1}) == AccessStatus::Done);
  REQUIRE(unit.write_value(GuestLinear(0x11000), kKernel, u8{0}) == AccessStatus::Done);
  REQUIRE(unit.fast_write(0x10010, 1, kKernel) != nullptr);
  machine.memory.track(HostFrame(0x110), Tracking::Code);
  CHECK(unit.fast_write(0x10010, 1, kKernel) == nullptr);
  CHECK(unit.fast_read(0x10010, 1, kKernel) != nullptr);
  const StoreObserver observer(machine.memory);
  REQUIRE(unit.write_value(GuestLinear(0x10ffe), kKernel, u32{0x4433'2211}) == AccessStatus::Done);
  REQUIRE(unit.write_value(GuestLinear(0x10020), kKernel, u16{7}) == AccessStatus::Done);
  CHECK(observer.stores == std::vector<std::array<u32, 3>>{{0x110, 0xffe, 2}, {0x110, 0x20, 2}});
  CHECK(machine.memory.read_value<u32>(GuestPhysical(0x11'0ffe)) == 0x4433'2211);
  CHECK(unit.fast_write(0x10010, 1, kKernel) == nullptr);
  machine.memory.untrack(HostFrame(0x110), Tracking::Code);
  REQUIRE(unit.write_value(GuestLinear(0x10020), kKernel, u16{8}) == AccessStatus::Done);
  CHECK(unit.fast_write(0x10010, 1, kKernel) != nullptr);
}

TEST_CASE("pages whose reads and writes go to different memory (PAM)") {
  PagedMachine machine;
  MemoryUnit& unit = machine.unit;
  machine.memory.map(GuestPhysical(0x11'0000), kPageSize, {machine.store.first_rom_frame().value, 0x300});
  u32 value = 1;
  REQUIRE(unit.read_value(GuestLinear(0x10010), kKernel, value) == AccessStatus::Done);
  CHECK(value == 0);
  REQUIRE(unit.write_value(GuestLinear(0x10010), kKernel, u32{0x77}) == AccessStatus::Done);
  CHECK(machine.memory.read_value<u32>(GuestPhysical(0x30'0010)) == 0x77);
  REQUIRE(unit.read_value(GuestLinear(0x10010), kKernel, value) == AccessStatus::Done);
  CHECK(value == 0);
}

TEST_CASE("the fetch generation moves when a fetched page may have changed") {
  PagedMachine machine;
  MemoryUnit& unit = machine.unit;
  const Resolution page = unit.fetch(GuestLinear(0x10123), kKernel);
  REQUIRE(page.kind == Resolution::Kind::Memory);
  CHECK(page.page.read_frame == 0x110);
  const u64 generation = unit.fetch_generation(kKernel);
  machine.entry32(kTable, 0x11, 0x30'0000 | kP);  // a page nobody executes
  unit.invalidate_page(GuestLinear(0x11000));
  CHECK(unit.fetch_generation(kKernel) == generation);
  machine.entry32(kTable, 0x10, 0x30'0000 | kP);
  CHECK(unit.fetch_generation(kKernel) != generation);
  CHECK(unit.fetch(GuestLinear(0x10123), kKernel).page.read_frame == 0x300);
  // The generation has moved since this page was looked up; it must still be dropped.
  machine.entry32(kTable, 0x12, 0x11'2000 | kP);
  CHECK(unit.fetch(GuestLinear(0x12000), kKernel).page.read_frame == 0x112);
  machine.entry32(kTable, 0x10, 0x31'0000 | kP);
  machine.entry32(kTable, 0x12, 0x32'0000 | kP);
  CHECK(unit.fetch(GuestLinear(0x12000), kKernel).page.read_frame == 0x320);
  const u64 before_flush = unit.fetch_generation(kKernel);
  unit.invalidate_all();
  CHECK(unit.fetch_generation(kKernel) != before_flush);
  CHECK(unit.fetch(GuestLinear(0x20000), Privilege::User).kind == Resolution::Kind::Fault);
  CHECK(unit.fault_address == GuestLinear(0x20000));
}

TEST_CASE("watched pages report every access, with its size") {
  struct Watcher final : WatchObserver {
    void watched_access(GuestLinear linear, u32 size, AccessType type) override {
      seen.push_back({linear.value, size, static_cast<u32>(type)});
    }
    std::vector<std::array<u32, 3>> seen;
  } watcher;
  PagedMachine machine;
  MemoryUnit& unit = machine.unit;
  u32 value = 0;
  REQUIRE(unit.write_value(GuestLinear(0x11000), kKernel, value) == AccessStatus::Done);
  const GuestLinear pages[] = {GuestLinear(0x11234)};
  unit.watch(&watcher, pages);
  REQUIRE(unit.read_value(GuestLinear(0x11010), kKernel, value) == AccessStatus::Done);
  REQUIRE(unit.write_value(GuestLinear(0x10ffe), kKernel, value) == AccessStatus::Done);
  REQUIRE(unit.read_value(GuestLinear(0x12000), kKernel, value) == AccessStatus::Done);
  CHECK(unit.fast_read(0x11010, 4, kKernel) == nullptr);
  CHECK(watcher.seen == std::vector<std::array<u32, 3>>{{0x11010, 4, 0}, {0x10ffe, 4, 1}});
  unit.watch(nullptr, {});
  REQUIRE(unit.read_value(GuestLinear(0x11010), kKernel, value) == AccessStatus::Done);
  CHECK(unit.fast_read(0x11010, 4, kKernel) != nullptr);
  CHECK(watcher.seen.size() == 2);
}

TEST_CASE("peek and poke have no side effects") {
  PagedMachine machine;
  std::array<std::byte, 4> data{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  CHECK(machine.unit.poke(GuestLinear(0x10ffe), data));
  data = {};
  CHECK(machine.unit.peek(GuestLinear(0x10ffe), data));
  CHECK(data[3] == std::byte{4});
  CHECK((machine.entry32(kTable, 0x10) & (kA | kD)) == 0);
  CHECK_FALSE(machine.unit.peek(GuestLinear(0x1fffe), data));
  CHECK_FALSE(machine.unit.peek(GuestLinear(0x30000), data));
  CHECK_FALSE(machine.unit.poke(GuestLinear(0x31000), data));
  CHECK(machine.device.accesses.empty());
}
