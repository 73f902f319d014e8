// The host bridge's memory map and the ISA bridge's interrupt routing.
#include <array>

#include "devices/pci/i440fx.h"
#include "devices/pci/piix3.h"
#include "tests/support/snapshot_contract.h"

namespace ringdown {
namespace {

constexpr u64 kMegabyte = 0x10'0000;

class Control final : public MachineControl {
 public:
  void request_reset() override { ++resets; }
  void request_processor_reset() override { ++processor_resets; }
  void request_power_off() override {}
  void request_exit(u8) override {}
  int resets = 0;
  int processor_resets = 0;
};

struct Bridge {
  Log log;
  Bus devices{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(16 * kMegabyte, 0x2'0000));
  GuestMemory memory{store, devices};
  Control control;
  std::array<I440fx::LegacyRom, 1> roms{{{GuestPhysical(0xe'0000), 0x2'0000, store.first_rom_frame()}}};
  I440fx bridge{memory, control, log, roms};

  Bridge() {
    store.page(store.first_rom_frame())[0] = 0x55;         // E0000h
    store.page(store.first_rom_frame() + 0x10)[0] = 0xaa;  // F0000h
  }
  u8 peek(u64 address) const { return memory.read_value<u8>(GuestPhysical(address)); }
  void poke(u64 address, u8 value) { memory.write_value(GuestPhysical(address), value); }
  u32 reads_from(u64 address) const { return memory.page(GuestPhysical(address)).read_frame; }
};

class Irqs final : public InterruptSink {
 public:
  void set_input(unsigned pin, Level level) override {
    REQUIRE(pin < 16);
    high[pin] = level == Level::High;
    ++changes;
  }
  std::array<bool, 16> high{};
  int changes = 0;
};

}  // namespace

TEST_CASE("PAM sends reads and writes to RAM or ROM independently") {
  Bridge b;
  CHECK(b.peek(0xf'0000) == 0xaa);
  b.poke(0xf'0000, 1);
  CHECK(b.peek(0xf'0000) == 0xaa);

  b.bridge.write_config(0x59, Width::Byte, 0x20);  // write only: copies ROM to RAM below it
  CHECK(b.peek(0xf'0000) == 0xaa);
  b.poke(0xf'0000, 0x12);
  CHECK(b.peek(0xf'0000) == 0xaa);
  b.bridge.write_config(0x59, Width::Byte, 0x10);  // read only: shadow RAM
  CHECK(b.peek(0xf'0000) == 0x12);
  b.poke(0xf'0000, 0x34);
  CHECK(b.peek(0xf'0000) == 0x12);
  b.bridge.write_config(0x59, Width::Byte, 0x30);
  b.poke(0xf'0000, 0x56);
  CHECK(b.peek(0xf'0000) == 0x56);
  CHECK(b.peek(0xe'0000) == 0x55);
  b.bridge.reset();
  CHECK(b.peek(0xf'0000) == 0xaa);
}

TEST_CASE("each PAM nibble covers its own 16 KiB") {
  Bridge b;
  for (u32 area = 0; area < 12; ++area) {
    const u8 offset = static_cast<u8>(0x5a + area / 2);
    const u64 start = 0xc'0000 + area * 0x4000;
    b.bridge.write_config(offset, Width::Byte, area % 2 == 0 ? 0x03 : 0x30);
    b.poke(start, static_cast<u8>(area + 1));
    b.poke(start + 0x3fff, static_cast<u8>(area + 1));
    CHECK(b.peek(start) == area + 1);
    CHECK(b.peek(start + 0x3fff) == area + 1);
    CHECK(b.memory.page(GuestPhysical(start + 0x4000)).write_frame >= GuestMemory::Page::kDiscard);
    b.bridge.write_config(offset, Width::Byte, 0);
  }
}

TEST_CASE("SMRAM opens the video window to RAM until it is locked") {
  Bridge b;
  CHECK(b.reads_from(0xa'0000) == GuestMemory::Page::kDevice);
  b.bridge.write_config(0x72, Width::Byte, 0x4a);
  b.poke(0xb'ffff, 0x77);
  CHECK(b.peek(0xb'ffff) == 0x77);
  b.bridge.write_config(0x72, Width::Byte, 0x5a);  // D_LCK clears D_OPEN
  CHECK(b.bridge.read_config(0x72, Width::Byte) == 0x1a);
  CHECK(b.reads_from(0xa'0000) == GuestMemory::Page::kDevice);
  b.bridge.write_config(0x72, Width::Byte, 0x4a);
  CHECK(b.bridge.read_config(0x72, Width::Byte) == 0x1a);
  b.bridge.reset();
  b.bridge.write_config(0x72, Width::Byte, 0x4a);
  CHECK(b.bridge.read_config(0x72, Width::Byte) == 0x4a);
}

TEST_CASE("System management mode sees SMRAM where it is enabled and not closed") {
  constexpr u32 kRam = 0xa0;
  Bridge b;
  b.bridge.set_smi_active(true);
  CHECK(b.reads_from(0xa'0000) == GuestMemory::Page::kDevice);  // G_SMRAME is clear
  b.bridge.write_config(0x72, Width::Byte, 0x0a);
  CHECK(b.reads_from(0xa'0000) == kRam);
  b.bridge.set_smi_active(false);
  CHECK(b.reads_from(0xa'0000) == GuestMemory::Page::kDevice);
  b.bridge.write_config(0x72, Width::Byte, 0x1a);  // locked
  b.bridge.set_smi_active(true);
  CHECK(b.reads_from(0xb'f000) == 0xbf);
  b.bridge.write_config(0x72, Width::Byte, 0x2a);  // D_CLS
  CHECK(b.reads_from(0xa'0000) == GuestMemory::Page::kDevice);
  b.bridge.write_config(0x72, Width::Byte, 0x0a);
  CHECK(b.reads_from(0xa'0000) == kRam);
  b.bridge.reset();
  CHECK(b.reads_from(0xa'0000) == GuestMemory::Page::kDevice);
}

TEST_CASE("the host bridge reports DRAM sizes and resets by TRC") {
  Bridge b;
  CHECK(b.bridge.read_config(0x60, Width::Byte) == 2);
  CHECK(b.bridge.read_config(0x67, Width::Byte) == 2);
  b.bridge.write_config(0x93, Width::Byte, 0x02);
  CHECK(b.control.resets == 0);
  b.bridge.write_config(0x93, Width::Byte, 0x06);
  b.bridge.write_config(0x93, Width::Byte, 0x06);
  CHECK(b.control.resets == 1);
  b.bridge.write_config(0x93, Width::Byte, 0x00);
  b.bridge.write_config(0x93, Width::Byte, 0x04);  // soft: INIT#
  CHECK(b.control.resets == 1);
  CHECK(b.control.processor_resets == 1);
}

TEST_CASE("a restored host bridge maps memory again") {
  Bridge used;
  used.bridge.write_config(0x59, Width::Byte, 0x30);
  used.bridge.write_config(0x72, Width::Byte, 0x4a);
  Bridge fresh;
  test::check_snapshot_contract(used.bridge, fresh.bridge);
  fresh.poke(0xf'0000, 0x21);
  CHECK(fresh.peek(0xf'0000) == 0x21);
  CHECK(fresh.reads_from(0xa'0000) == 0xa0);
}

TEST_CASE("PCI interrupts are swizzled, routed and shared") {
  Irqs irqs;
  Control control;
  Log log;
  Piix3 bridge(irqs, control, log);
  const unsigned slot1_d = pci_router_input({1, 2}, PciPin::D);  // (1 - 1 + 3) & 3: PIRQD
  const unsigned slot3_a = pci_router_input({3, 0}, PciPin::A);  // (3 - 1 + 0) & 3: PIRQC
  const unsigned slot7_a = pci_router_input({7, 0}, PciPin::A);  // PIRQC too

  bridge.set_input(slot3_a, Level::High);
  CHECK(irqs.changes == 0);  // routing is disabled at reset
  bridge.write_config(0x62, Width::Byte, 11);
  CHECK(irqs.high[11]);
  bridge.set_input(slot7_a, Level::High);
  bridge.set_input(slot3_a, Level::Low);
  CHECK(irqs.high[11]);
  bridge.write_config(0x63, Width::Byte, 10);
  bridge.set_input(slot1_d, Level::High);
  CHECK(irqs.high[10]);
  bridge.write_config(0x62, Width::Byte, 10);  // both on IRQ 10 now
  CHECK_FALSE(irqs.high[11]);
  bridge.set_input(slot1_d, Level::Low);
  CHECK(irqs.high[10]);
  bridge.set_input(slot7_a, Level::Low);
  CHECK_FALSE(irqs.high[10]);

  bridge.write_config(0x62, Width::Byte, 2);  // a reserved target is never driven
  bridge.set_input(slot3_a, Level::High);
  CHECK_FALSE(irqs.high[2]);
  bridge.set_input(Piix3::kSciInput, Level::High);
  CHECK(irqs.high[9]);
}

TEST_CASE("RCR resets on the rising edge of RCPU") {
  Irqs irqs;
  Control control;
  Log log;
  Piix3 bridge(irqs, control, log);
  bridge.reset_control().write(0, Width::Byte, 0x02);
  CHECK(control.resets == 0);
  bridge.reset_control().write(0, Width::Byte, 0x06);
  CHECK(control.resets == 1);
  CHECK(bridge.reset_control().read(0, Width::Byte) == 0x06);
  bridge.reset_control().write(0, Width::Byte, 0x00);
  bridge.reset_control().write(0, Width::Byte, 0x04);  // soft: INIT#
  CHECK(control.resets == 1);
  CHECK(control.processor_resets == 1);

  bridge.write_config(0x60, Width::Dword, 0x0b0b0a0a);
  Piix3 fresh(irqs, control, log);
  test::check_snapshot_contract(bridge, fresh);
  fresh.set_input(pci_router_input({1, 0}, PciPin::A), Level::High);
  CHECK(irqs.high[10]);
}

}  // namespace ringdown
