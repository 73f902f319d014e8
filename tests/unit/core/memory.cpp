// Guest memory: the map with A20, PAM-style remapping and ROM, the write seam's observers, and RAM in state
// files.
#include "core/memory.h"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "core/bus_master_memory.h"
#include "tests/support/contract.h"

using namespace ringdown;

namespace {

constexpr u64 kRamSize = 4 << 20;
constexpr u64 kRomSize = 64 << 10;

struct Observer final : MemoryObserver {
  struct Write {
    u32 frame, offset, length;
    friend bool operator==(const Write&, const Write&) = default;
  };
  std::vector<Write> writes;
  std::vector<u32> added;
  unsigned map_changes = 0;
  void frame_written(HostFrame frame, u32 offset, u32 length) override {
    writes.push_back({frame.value, offset, length});
  }
  void tracking_added(HostFrame frame) override { added.push_back(frame.value); }
  void map_changed() override { ++map_changes; }
};

struct Echo final : BusRange {
  std::vector<std::pair<u32, u64>> writes;
  u64 read(u32 offset, Width) override { return offset & 0xff; }
  void write(u32 offset, Width, u64 value) override { writes.emplace_back(offset, value); }
};

MemoryStore make_store() {
  Result<MemoryStore> store = MemoryStore::create(kRamSize, kRomSize);
  REQUIRE(store);
  return std::move(*store);
}

struct Fixture {
  Log log;
  Bus bus{"memory", log};
  MemoryStore store = make_store();
  GuestMemory memory{store, bus};
  Observer observer;
  Fixture() {
    memory.map_ram(GuestPhysical(0), kRamSize, HostFrame(0));
    memory.map_rom(GuestPhysical(0xffff'0000), kRomSize, store.first_rom_frame());
    memory.add_observer(observer, {Tracking::Code, Tracking::PageTable});
  }
  ~Fixture() { memory.remove_observer(observer); }
};

}  // namespace

TEST_CASE("a store is refused where its size makes no sense") {
  CHECK_FALSE(MemoryStore::create(0, 0));
  CHECK_FALSE(MemoryStore::create(4097, 0));
  CHECK_FALSE(MemoryStore::create(4096, 1));
  CHECK_FALSE(MemoryStore::create(u64{1} << 45, 0));
  CHECK_FALSE(MemoryStore::create(4096, ~u64{0} << 12));
}

TEST_CASE("RAM keeps what is written, across pages, and ends at its end") {
  Fixture f;
  CHECK(f.memory.read_value<u32>(GuestPhysical(0x1000)) == 0);
  f.memory.write_value<u64>(GuestPhysical(0x1ffd), 0x8877665544332211);
  CHECK(f.memory.read_value<u64>(GuestPhysical(0x1ffd)) == 0x8877665544332211);
  CHECK(f.store.page(HostFrame(2))[0] == 0x44);
  CHECK(f.memory.read_value<u32>(GuestPhysical(kRamSize - 2)) == 0xffff'0000);
  CHECK(f.memory.read_value<u16>(GuestPhysical(0x1'0000'0000)) == 0xffff);
}

TEST_CASE("ROM reads its frames and drops writes") {
  Fixture f;
  f.store.page(f.store.first_rom_frame())[0x10] = 0xea;
  f.memory.write_value<u8>(GuestPhysical(0xffff'0010), 0x55);
  CHECK(f.memory.read_value<u8>(GuestPhysical(0xffff'0010)) == 0xea);
  CHECK(f.store.is_rom(f.store.first_rom_frame()));
  CHECK_FALSE(f.store.is_rom(HostFrame(f.store.first_rom_frame().value - 1)));
}

TEST_CASE("device pages go to the bus as aligned quadwords and as bytes") {
  Fixture f;
  Echo echo;
  REQUIRE(f.bus.attach(0xfec0'0000, 0x1000, echo, "ioapic"));
  CHECK(f.memory.read_value<u32>(GuestPhysical(0xfec0'0010)) == 0x13121110);
  f.memory.write_value<u16>(GuestPhysical(0xfec0'0020), 0xbbaa);
  CHECK(echo.writes == std::vector<std::pair<u32, u64>>{{0x20, 0xaa}, {0x21, 0xbb}});
  echo.writes.clear();
  const std::array<u8, 10> burst{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  f.memory.write(GuestPhysical(0xfec0'003f), std::as_bytes(std::span(burst)));
  CHECK(echo.writes ==
        std::vector<std::pair<u32, u64>>{{0x3f, 1}, {0x40, 0x05040302}, {0x44, 0x09080706}, {0x48, 10}});
}

TEST_CASE("PAM-style maps send reads and writes to different places") {
  Fixture f;
  const HostFrame rom = f.store.first_rom_frame();
  const GuestPhysical bios(0xf'0000);
  f.store.page(rom)[0] = 0x11;
  const u32 shadow = 0xf0;
  f.memory.map(bios, 0x1'0000, {rom.value, shadow});  // read ROM, write RAM
  CHECK(f.memory.read_value<u8>(bios) == 0x11);
  f.memory.write_value<u8>(bios, 0x22);
  CHECK(f.memory.read_value<u8>(bios) == 0x11);
  f.memory.map(bios, 0x1'0000, {shadow, GuestMemory::Page::kDiscard});  // read RAM, writes dropped
  CHECK(f.memory.read_value<u8>(bios) == 0x22);
  f.memory.write_value<u8>(bios, 0x33);
  CHECK(f.memory.read_value<u8>(bios) == 0x22);
  CHECK(f.memory.page(bios + 0x3000) == GuestMemory::Page{shadow + 3, GuestMemory::Page::kDiscard});
  CHECK(f.observer.map_changes == 2);
  f.memory.map(bios, 0x1'0000, {shadow, GuestMemory::Page::kDiscard});
  CHECK(f.observer.map_changes == 2);
  f.memory.map_device(GuestPhysical(0xffff'f000), u64{1} << 40);
  CHECK(f.observer.map_changes == 3);
}

TEST_CASE("Bus masters meet the device bus in the video window, whatever the processor sees there") {
  Fixture f;
  Echo echo;
  REQUIRE(f.bus.attach(kVideoWindow.value, kVideoWindowLength, echo, "vga"));
  BusMasterMemory master(f.memory);
  f.memory.write_value<u32>(GuestPhysical(0x9'fffe), 0x4433'2211);
  f.memory.write_value<u32>(GuestPhysical(0xb'fffe), 0x8877'6655);
  CHECK(master.read_value<u32>(GuestPhysical(0x9'fffe)) == 0x0100'2211);
  CHECK(master.read_value<u32>(GuestPhysical(0xb'fffe)) == 0x8877'fffe);
  master.write_value<u32>(GuestPhysical(0x9'fffe), 0xddcc'bbaa);
  CHECK(echo.writes == std::vector<std::pair<u32, u64>>{{0, 0xcc}, {1, 0xdd}});
  CHECK(f.memory.read_value<u32>(GuestPhysical(0x9'fffe)) == 0x4433'bbaa);
  master.write_value<u64>(GuestPhysical(0x10'0000), 0x1234);
  CHECK(f.memory.read_value<u64>(GuestPhysical(0x10'0000)) == 0x1234);
}

TEST_CASE("a closed A20 gate folds odd megabytes onto even ones") {
  Fixture f;
  f.memory.write_value<u8>(GuestPhysical(0x500), 0x77);
  f.memory.set_a20(false);
  CHECK_FALSE(f.memory.a20());
  CHECK(f.memory.read_value<u8>(GuestPhysical(0x10'0500)) == 0x77);
  CHECK(f.memory.apply_a20(GuestPhysical(0x30'0000)) == GuestPhysical(0x20'0000));
  f.memory.write_value<u8>(GuestPhysical(0x10'0501), 0x78);
  f.memory.set_a20(true);
  CHECK(f.memory.read_value<u8>(GuestPhysical(0x501)) == 0x78);
  CHECK(f.memory.read_value<u8>(GuestPhysical(0x10'0500)) == 0);
  CHECK(f.observer.map_changes == 2);
  f.memory.set_a20(true);
  CHECK(f.observer.map_changes == 2);
}

TEST_CASE("observers hear of each write to a tracked frame, piece by piece") {
  Fixture f;
  f.memory.write_value<u32>(GuestPhysical(0x3000), 1);
  CHECK(f.observer.writes.empty());
  f.memory.track(HostFrame(3), Tracking::PageTable);
  f.memory.track(HostFrame(3), Tracking::PageTable);
  f.memory.track(HostFrame(3), Tracking::Code);
  CHECK(f.observer.added == std::vector<u32>{3, 3});
  f.memory.write_value<u32>(GuestPhysical(0x2ffe), 1);
  CHECK(f.observer.writes == std::vector<Observer::Write>{{3, 0, 2}});
  f.memory.untrack(HostFrame(3), Tracking::PageTable);
  CHECK(f.memory.tracked(HostFrame(3), Tracking::Code));
  CHECK_FALSE(f.memory.tracked(HostFrame(3), Tracking::PageTable));
  f.memory.write_value<u8>(GuestPhysical(0x3fff), 1);
  CHECK(f.observer.writes.size() == 2);
  f.memory.untrack(HostFrame(3), Tracking::Code);
  f.memory.write_value<u8>(GuestPhysical(0x3fff), 1);
  CHECK(f.observer.writes.size() == 2);
}

TEST_CASE("restoring RAM goes through the seam, and only where something differs") {
  Fixture f;
  f.memory.write_value<u32>(GuestPhysical(0x5000), 0xdead'beef);
  const std::vector<std::byte> state = test::saved(f.memory);
  CHECK(state.size() < 4096);

  f.memory.write_value<u32>(GuestPhysical(0x5000), 0);
  f.memory.write_value<u32>(GuestPhysical(0x9000), 1);
  f.memory.track(HostFrame(5), Tracking::Code);
  f.memory.track(HostFrame(7), Tracking::Code);
  f.memory.track(HostFrame(9), Tracking::PageTable);
  f.memory.set_a20(false);
  REQUIRE(test::restore(f.memory, state));
  CHECK(f.memory.a20());
  CHECK(f.memory.read_value<u32>(GuestPhysical(0x5000)) == 0xdead'beef);
  CHECK(f.memory.read_value<u32>(GuestPhysical(0x9000)) == 0);
  CHECK(f.observer.writes == std::vector<Observer::Write>{{5, 0, kPageSize}, {9, 0, kPageSize}});
}

TEST_CASE("RAM of another size is refused with both sizes") {
  Fixture f;
  Result<MemoryStore> small = MemoryStore::create(2 << 20, 0);
  REQUIRE(small);
  GuestMemory other(*small, f.bus);
  auto reader = StateReader::open(test::saved(f.memory), "some.state");
  REQUIRE(reader);
  const Result<void> refused = reader->restore(other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("saved with 4 MiB of RAM and this machine has 2 MiB") !=
        std::string::npos);
}

namespace {

struct RamRig : Fixture {
  std::vector<Serializable*> parts() { return {&memory}; }
  void drive() {
    memory.set_a20(!memory.a20());
    for (u32 i = 0; i < 3000; ++i) {
      const GuestPhysical address((i * 2654435761u) % (kRamSize / 4) & ~u64{3});
      memory.write_value<u32>(address, memory.read_value<u32>(address) + i);
    }
  }
};

}  // namespace

RINGDOWN_SNAPSHOT_CONTRACT(RamRig)
