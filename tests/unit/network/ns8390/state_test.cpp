// NE2000 and RTL8029 through saved states, and through junk.
#include <random>

#include "devices/network/ns8390/rtl8029.h"
#include "tests/support/snapshot_contract.h"
#include "tests/unit/network/ns8390/ns8390_rig.h"

namespace ringdown::test {
namespace {

TEST_CASE_METHOD(Ns8390Rig, "An NE2000 with packets in flight both ways keeps the snapshot contract") {
  start();
  write_memory(kTransmitPage * 256, frame_to(kBroadcast, 200));
  arrive(frame_to(kStation, 60));
  transmit(200);
  nic.receive(frame_to(kStation, 500, 3));
  remote(kRemoteRead, (kRingStart + 1) * 256, 20);
  ports.read(0x10, Width::Word);
  Ns8390Rig fresh;
  check_snapshot_contract(nic, fresh.nic);
}

TEST_CASE("A restored NE2000 goes on in the middle of its packets") {
  Ns8390Rig used;
  used.start();
  const Frame sent = frame_to(kBroadcast, 200);
  const Frame received = frame_to(kStation, 500, 3);
  used.write_memory(Ns8390Rig::kTransmitPage * 256, sent);
  used.transmit(200);
  used.nic.receive(received);
  used.clock.advance(microseconds(100));

  Ns8390Rig restored;
  REQUIRE(restore(restored.clock, saved(used.clock)));
  REQUIRE(restore(restored.clock.scheduler(), saved(used.clock.scheduler())));
  REQUIRE(restore(restored.nic, saved(used.nic)));
  for (Ns8390Rig* rig : {&used, &restored}) {
    rig->clock.advance(frame_time(500, kTenMegabit) - microseconds(100));
    REQUIRE(rig->wire.frames == std::vector<Frame>{sent});
    REQUIRE(rig->get(Ns8390Rig::kInterrupts) == (Ns8390Rig::kReceived | Ns8390Rig::kTransmitted));
    REQUIRE(rig->read_memory((Ns8390Rig::kRingStart + 1) * 256 + 4, 500) == received);
  }
  REQUIRE(saved(used.nic) == saved(restored.nic));
}

struct PciRig {
  TestClock clock;
  InterruptProbe irq;
  RecordedWire wire;
  Rtl8029 nic{0, clock.scheduler(), kStation, wire, irq.line(), {}};
};

TEST_CASE("An RTL8029 keeps the snapshot contract with packets in flight and an EEPROM half read") {
  PciRig used;
  PciRig fresh;
  BusRange& ports = *used.nic.windows()[0].range;
  used.nic.set_link(true);
  constexpr u8 kStartTransmitter[][2] = {{0x00, 0x22}, {0x04, 0x40}, {0x05, 60}, {0x06, 0}, {0x00, 0x26}};
  for (const auto& [port, value] : kStartTransmitter) write_byte(ports, port, value);
  used.nic.receive(frame_to(kBroadcast, 700, 1));
  used.clock.advance(microseconds(20));
  REQUIRE((read_byte(ports, 0) & 0x04) != 0);  // it is still sending
  write_byte(ports, 0, 0xe2);
  write_byte(ports, 1, 0x88);
  write_byte(ports, 1, 0x8e);
  check_snapshot_contract(used.nic, fresh.nic);
}

/// Junk in every port and from the cable, with resets and time in between.
void make_trouble(unsigned seed, BusRange& ports, EthernetPort& nic, TestClock& clock) {
  std::minstd_rand random(seed);
  constexpr Width kWidths[] = {Width::Byte, Width::Word, Width::Dword};
  for (unsigned i = 0; i < 20'000; ++i) {
    const u32 offset = random() % 32;
    const Width width = kWidths[random() % 3];
    switch (random() % 8) {
      case 0:
        if (nic.accepts_frame()) nic.receive(frame_to(kBroadcast, 14 + random() % 3000, i));
        break;
      case 1:
        clock.advance(random() % microseconds(300));
        break;
      case 2:
        if (offset < 0x18 || random() % 64 == 0) ports.read(offset, width);
        break;
      case 3:
        nic.set_link(random() % 8 != 0);
        break;
      default:
        ports.write(offset, width, random() & open_bus(width));
        break;
    }
  }
}

TEST_CASE("Junk does no harm, and the card works after a reset") {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Ns8390Rig rig;
    make_trouble(seed, rig.ports, rig.nic, rig.clock);
    rig.get(0x1f);
    rig.clock.advance(milliseconds(10));  // what was on the cable has passed
    rig.nic.set_link(true);
    rig.start();
    rig.arrive(frame_to(kStation, 60));
    REQUIRE(rig.get(Ns8390Rig::kInterrupts) == Ns8390Rig::kReceived);

    PciRig pci;
    make_trouble(seed, *pci.nic.windows()[0].range, pci.nic, pci.clock);
  }
}

}  // namespace
}  // namespace ringdown::test
