// What the RTL8029AS adds to the NE2000: PCI, identification, page 3, EEPROM and expansion ROM.
#include "devices/network/ns8390/rtl8029.h"

#include <catch2/catch.hpp>
#include <random>

#include "devices/network/ethernet_timing.h"
#include "tests/support/interrupt_probe.h"
#include "tests/support/recorded_wire.h"
#include "tests/support/test_clock.h"

namespace ringdown::test {
namespace {

struct Rig {
  static constexpr u8 kRingStart = 0x46;
  static constexpr u8 kRingStop = 0x60;

  TestClock clock;
  InterruptProbe irq;
  RecordedWire wire;
  Rtl8029 nic{0, clock.scheduler(), kStation, wire, irq.line(), {0x55, 0xaa, 0x01}};
  BusRange& ports = *nic.windows()[0].range;

  u8 get(u32 offset) { return read_byte(ports, offset); }
  void set(u32 offset, unsigned value) { write_byte(ports, offset, value); }

  void eeprom_bit(bool bit) {
    const unsigned pins = 0x88 | (bit ? 2 : 0);  // programming, selected
    set(1, pins);
    set(1, pins | 4);
  }
  void eeprom_command(unsigned command) {
    set(1, 0x80);
    eeprom_bit(true);
    for (unsigned i = 8; i > 0; --i) eeprom_bit((command >> (i - 1) & 1) != 0);
  }
  unsigned eeprom_word(unsigned address) {
    eeprom_command(0x80 | address);
    unsigned value = 0;
    for (unsigned i = 0; i < 16; ++i) {
      eeprom_bit(false);
      value = value << 1 | (get(1) & 1);
    }
    return value;
  }
  void write_eeprom(unsigned address, unsigned value) {
    eeprom_command(0x30);
    eeprom_command(0x40 | address);
    for (unsigned i = 16; i > 0; --i) eeprom_bit((value >> (i - 1) & 1) != 0);
    set(1, 0x80);
  }
  u8 prom_byte(unsigned index) {
    set(0, 0x21);
    set(14, 0x49);
    set(10, 2);
    set(11, 0);
    set(8, 2 * index);
    set(9, 0);
    set(0, 0x0a);
    const u8 value = get(0x10);
    set(0, 0xe1);
    return value;
  }
  void start_receiver() {
    nic.set_link(true);
    set(0, 0x21);
    set(1, kRingStart);
    set(2, kRingStop);
    set(3, kRingStart);
    set(12, 0x04);
    set(0, 0x61);
    set(7, kRingStart + 1);
    set(0, 0x22);
  }
  u8 current_page() {
    set(0, 0x62);
    const u8 page = get(7);
    set(0, 0x22);
    return page;
  }
  u8 next_packet(u8 page) {
    set(14, 0x48);
    set(10, 2);
    set(11, 0);
    set(8, 0);
    set(9, page);
    set(0, 0x0a);
    get(0x10);
    const u8 next = get(0x10);
    set(0, 0x22);
    return next;
  }
};

TEST_CASE_METHOD(Rig, "Configuration space says what it is and places ports and ROM") {
  REQUIRE(nic.read_config(0, Width::Dword) == 0x802910ec);
  REQUIRE(nic.read_config(8, Width::Dword) == 0x02000000);
  REQUIRE(nic.read_config(0x3d, Width::Byte) == 1);
  nic.write_config(0x10, Width::Dword, 0xffffffff);
  REQUIRE(nic.read_config(0x10, Width::Dword) == 0xffffffe1);
  nic.write_config(0x10, Width::Dword, 0xc000);
  nic.write_config(0x30, Width::Dword, 0xfeb00001);
  nic.write_config(4, Width::Word, 0xffff);
  REQUIRE(nic.read_config(4, Width::Word) == 3);
  REQUIRE(nic.window_base(0) == 0xc000);
  REQUIRE(nic.window_base(1) == 0xfeb00000);
  REQUIRE(nic.windows()[1].range->read(0, Width::Word) == 0xaa55);
}

TEST_CASE_METHOD(Rig, "Identification stands on pages 0 and 3") {
  REQUIRE(get(0xa) == 'P');
  REQUIRE(get(0xb) == 'C');
  set(0, 0xe1);
  REQUIRE(get(0xe) == 0x29);
  REQUIRE(get(0xf) == 0x80);
}

TEST_CASE_METHOD(Rig, "Configuration registers are writable in their mode, in their writable bits") {
  set(0, 0xe1);
  const u8 config2 = get(5);
  const u8 config3 = get(6);
  set(5, 0xff);
  set(6, 0xff);
  REQUIRE(get(5) == config2);
  REQUIRE(get(6) == config3);
  set(1, 0xc0);
  set(5, 0xff);
  set(6, 0xff);
  REQUIRE(get(5) == (config2 | 0xe0));
  REQUIRE(get(6) == (config3 | 0x46));
  set(1, 0x40);  // load them anew
  REQUIRE((get(1) & 0xc0) == 0);
  REQUIRE(get(5) == config2);
  REQUIRE(get(6) == config3);
}

TEST_CASE_METHOD(Rig, "The EEPROM holds the address, which a changed one brings into the PROM") {
  set(0, 0xe1);
  for (unsigned i = 0; i < 3; ++i) {
    REQUIRE(eeprom_word(1 + i) == (kStation[2 * i] | unsigned{kStation[2 * i + 1]} << 8));
  }
  write_eeprom(3, 0xbbaa);
  REQUIRE(eeprom_word(3) == 0xbbaa);
  REQUIRE(prom_byte(4) == kStation[4]);
  set(1, 0x40);
  REQUIRE(prom_byte(4) == 0xaa);
  REQUIRE(prom_byte(5) == 0xbb);
}

TEST_CASE_METHOD(Rig, "Flow control holds frames back while the ring is nearly full") {
  start_receiver();
  unsigned taken = 0;
  while (nic.accepts_frame()) {
    nic.receive(frame_to(kBroadcast, 1514));
    clock.advance(milliseconds(2));
    REQUIRE(++taken < 10);
  }
  REQUIRE(taken == 4);  // of 26 pages, six each
  REQUIRE((get(7) & 0x10) == 0);
  set(3, 0x4c);  // the first one is taken out
  REQUIRE(nic.accepts_frame());
  set(3, 0x46);
  set(0, 0xe2);
  set(1, 0xc0);
  set(5, get(5) & ~0x20);
  REQUIRE(nic.accepts_frame());
}

// iPXE's driver does not come back from an overflow: it takes packets out only while the receive status tells
// of a good one, and an overflow's tells of a missed one.
TEST_CASE_METHOD(Rig, "With flow control no ring overflows, whatever the pace of those who read it") {
  start_receiver();
  std::mt19937 random(1);
  u8 page = kRingStart + 1;
  unsigned sent = 0;
  unsigned taken = 0;
  while (sent < 2000) {
    while (nic.accepts_frame() && random() % 8 != 0) {
      nic.receive(frame_to(kBroadcast, 60 + random() % 1455));
      ++sent;
    }
    clock.advance(frame_time(random() % 3000, kTenMegabit));
    for (unsigned most = random() % 4; most > 0 && page != current_page(); --most) {
      page = next_packet(page);
      set(3, page == kRingStart ? kRingStop - 1 : page - 1);
      ++taken;
    }
    REQUIRE((get(7) & 0x10) == 0);
  }
  clock.advance(milliseconds(4));
  for (; page != current_page(); ++taken) page = next_packet(page);
  REQUIRE(taken == sent);
  REQUIRE(get(15) == 0);  // CNTR2: missed
}

TEST_CASE_METHOD(Rig, "RST# resets the controller and drives INTA# low") {
  set(0, 0x22);
  set(15, 0x40);
  set(10, 0);
  set(0, 0x0a);  // a transfer of no bytes is complete
  REQUIRE(irq.high());
  nic.reset();
  REQUIRE_FALSE(irq.high());
  REQUIRE(get(0) == 0x21);
}

}  // namespace
}  // namespace ringdown::test
