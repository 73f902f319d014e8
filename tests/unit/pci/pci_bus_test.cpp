// Configuration mechanism #1, base address registers and the placing of windows.
#include "devices/pci/pci_bus.h"

#include <tuple>

#include "tests/support/snapshot_contract.h"

namespace ringdown {
namespace {

constexpr u64 kAddressPort = 0xcf8;
constexpr u64 kDataPort = 0xcfc;

/// Answers its own offset plus a constant, and remembers the last write.
class Echo final : public BusRange {
 public:
  explicit Echo(u8 base) : base_(base) {}
  u64 read(u32 offset, Width) override { return base_ + offset; }
  void write(u32, Width, u64 value) override { written = value; }
  u64 written = 0;

 private:
  u8 base_;
};

constexpr PciRegister kRegisters[] = {
    {pci_offset::kVendorId, Width::Word, 0x1af4},          {pci_offset::kCommand, Width::Word, 0, 0x0007},
    {pci_offset::kStatus, Width::Word, 0x0280, 0, 0x7900}, {pci_offset::kInterruptLine, Width::Byte, 0, 0xff},
    {0x40, Width::Dword, 0x12345678, 0x0000ff00},
};

class Card final : public PciFunction {
 public:
  Card(std::string name, u8 answer) : PciFunction(std::move(name), kRegisters), registers_(answer) {
    add_bar(0, PciSpace::Io, 0x20, &registers_);
    add_bar(1, PciSpace::Memory, 0x1000, &registers_);
    add_bar(2, PciSpace::PrefetchableMemory, 0x10'0000, nullptr);
  }
  ChunkTag chunk_tag() const override { return ChunkTag("CARD"); }
  void window_attached(std::size_t index, u32 base) override { moves.push_back({index, '+', base}); }
  void window_detached(std::size_t index, u32 base) override { moves.push_back({index, '-', base}); }
  std::vector<std::tuple<std::size_t, char, u32>> moves;

 private:
  Echo registers_;
};

struct Fixture {
  Log log;
  Bus ports{"port", log};
  Bus memory{"memory", log};
  PciBus bus{ports, memory, log};
  Card card{"card", 0x40};

  Fixture() {
    REQUIRE(ports.attach(kAddressPort, PciBus::kConfigurationPortsLength, bus.configuration_ports(), "pci"));
    REQUIRE(bus.add(card, {3, 0}));
  }
  void select(u8 device, u8 reg) {
    ports.write(kAddressPort, Width::Dword, 0x8000'0000u | static_cast<u32>(device) << 11 | (reg & 0xfcu));
  }
  u32 get(u8 device, u8 reg, Width width) {
    select(device, reg);
    return static_cast<u32>(ports.read(kDataPort + (reg & 3), width));
  }
  void set(u8 device, u8 reg, Width width, u32 value) {
    select(device, reg);
    ports.write(kDataPort + (reg & 3), width, value);
  }
};

}  // namespace

TEST_CASE("configuration registers obey their masks at every width") {
  Fixture f;
  CHECK(f.get(3, 0x00, Width::Word) == 0x1af4);
  f.set(3, 0x00, Width::Word, 0);
  CHECK(f.get(3, 0x00, Width::Word) == 0x1af4);

  f.set(3, 0x40, Width::Dword, 0xffffffff);
  CHECK(f.get(3, 0x40, Width::Dword) == 0x1234ff78);
  f.set(3, 0x41, Width::Byte, 0x5a);
  CHECK(f.get(3, 0x40, Width::Dword) == 0x12345a78);
  CHECK(f.get(3, 0x42, Width::Word) == 0x1234);
  CHECK(f.get(3, 0x43, Width::Byte) == 0x12);

  f.bus.reset();
  CHECK(f.get(3, 0x40, Width::Dword) == 0x12345678);
}

TEST_CASE("absent functions, other buses and a disabled address read all ones") {
  Fixture f;
  CHECK(f.get(4, 0x00, Width::Dword) == 0xffffffff);
  f.ports.write(kAddressPort, Width::Dword, 0x8001'1800);
  CHECK(f.ports.read(kDataPort, Width::Dword) == 0xffffffff);
  f.ports.write(kAddressPort, Width::Dword, 0x0000'1800);
  CHECK(f.ports.read(kDataPort, Width::Dword) == 0xffffffff);
}

TEST_CASE("CONFIG_ADDRESS takes double words only, and CF9h is the reset control") {
  Fixture f;
  Echo reset_control(0x11);
  f.bus.connect_reset_control(reset_control);
  f.ports.write(kAddressPort, Width::Dword, 0x8000'1803);
  CHECK(f.ports.read(kAddressPort, Width::Dword) == 0x8000'1800);
  f.ports.write(kAddressPort, Width::Byte, 0x44);
  f.ports.write(kAddressPort, Width::Word, 0x4444);
  CHECK(f.ports.read(kAddressPort, Width::Dword) == 0x8000'1800);
  f.ports.write(kAddressPort + 1, Width::Byte, 6);
  CHECK(reset_control.written == 6);
  CHECK(f.ports.read(kAddressPort + 1, Width::Byte) == 0x11);
  CHECK(f.ports.read(kAddressPort, Width::Dword) == 0x8000'1800);
}

TEST_CASE("base address registers report their size") {
  Fixture f;
  for (u8 reg = 0x10; reg <= 0x1c; reg = static_cast<u8>(reg + 4)) f.set(3, reg, Width::Dword, 0xffffffff);
  CHECK(f.get(3, 0x10, Width::Dword) == 0xffffffe1);
  CHECK(f.get(3, 0x14, Width::Dword) == 0xfffff000);
  CHECK(f.get(3, 0x18, Width::Dword) == 0xfff00008);
  CHECK(f.get(3, 0x1c, Width::Dword) == 0);
}

TEST_CASE("windows follow base address and command registers") {
  Fixture f;
  f.set(3, 0x10, Width::Dword, 0xc000);
  f.set(3, 0x14, Width::Dword, 0xfeb0'0000);
  CHECK_FALSE(f.ports.covers(0xc000));
  f.set(3, 0x04, Width::Word, 3);
  CHECK(f.ports.read(0xc004, Width::Byte) == 0x44);
  CHECK(f.memory.read(0xfeb0'0008, Width::Byte) == 0x48);

  f.set(3, 0x10, Width::Dword, 0xd000);
  CHECK_FALSE(f.ports.covers(0xc000));
  CHECK(f.ports.covers(0xd01f));
  f.set(3, 0x04, Width::Word, 2);
  CHECK_FALSE(f.ports.covers(0xd000));
  CHECK(f.memory.covers(0xfeb0'0000));
  f.bus.reset();
  CHECK_FALSE(f.memory.covers(0xfeb0'0000));
}

TEST_CASE("a window without a range tells its function where it is") {
  Fixture f;
  f.set(3, 0x18, Width::Dword, 0xfd00'0000);
  f.set(3, 0x04, Width::Word, 2);
  f.set(3, 0x18, Width::Dword, 0xfc00'0000);
  f.set(3, 0x04, Width::Word, 0);
  using Move = std::tuple<std::size_t, char, u32>;
  CHECK(f.card.moves ==
        std::vector<Move>{
            {2, '+', 0xfd00'0000}, {2, '-', 0xfd00'0000}, {2, '+', 0xfc00'0000}, {2, '-', 0xfc00'0000}});
}

TEST_CASE("of two overlapping windows the earlier function's is decoded, and the other returns later") {
  Fixture f;
  Card other("other", 0x80);
  REQUIRE(f.bus.add(other, {4, 0}));
  CHECK_FALSE(f.bus.add(other, {4, 0}));
  f.set(4, 0x10, Width::Dword, 0xc000);
  f.set(4, 0x04, Width::Word, 1);
  CHECK(f.ports.read(0xc000, Width::Byte) == 0x80);
  f.set(3, 0x10, Width::Dword, 0xc000);
  f.set(3, 0x04, Width::Word, 1);
  CHECK(f.ports.read(0xc000, Width::Byte) == 0x40);
  f.set(3, 0x10, Width::Dword, 0xd000);
  CHECK(f.ports.read(0xc000, Width::Byte) == 0x80);
}

TEST_CASE("a restored configuration decodes again") {
  Fixture used;
  used.set(3, 0x10, Width::Dword, 0xc000);
  used.set(3, 0x04, Width::Word, 1);
  Fixture fresh;
  test::check_snapshot_contract(used.card, fresh.card);
  test::check_snapshot_contract(used.bus, fresh.bus);
  CHECK(fresh.ports.read(0xc001, Width::Byte) == 0x41);
  CHECK(fresh.ports.read(kAddressPort, Width::Dword) == used.ports.read(kAddressPort, Width::Dword));
}

}  // namespace ringdown
