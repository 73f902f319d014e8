// The PHY: by MDIC, by pins, its link and its loopback.
#include "tests/unit/network/e1000/e1000_rig.h"

namespace ringdown {
namespace {

using namespace test;

constexpr u32 kReady = 1u << 28;
constexpr u32 kError = 1u << 30;
constexpr u32 kLinkUp = 2;

u16 read_phy(E1000Rig& rig, u32 number) {
  rig.set(Offset::Mdic, 2u << 26 | 1u << 21 | number << 16);
  const u32 value = rig.get(Offset::Mdic);
  REQUIRE((value & (kReady | kError)) == kReady);
  return static_cast<u16>(value);
}

void write_phy(E1000Rig& rig, u32 number, u16 value) {
  rig.set(Offset::Mdic, 1u << 26 | 1u << 21 | number << 16 | value);
}

/// The station's side of a management frame over SWDPIN2 and 3.
class Station {
 public:
  explicit Station(E1000Rig& rig) : rig_(rig), other_(rig.get(Offset::Ctrl) & ~kPins) {}

  u16 read(u32 number) {
    send(0xffff'ffff, 32);
    send(0b0110u << 10 | 1u << 5 | number, 14);
    clock(false, false);
    u16 value = 0;
    for (int i = 0; i < 16; ++i) value = static_cast<u16>(value << 1 | (clock(false, false) ? 1 : 0));
    clock(false, false);
    return value;
  }
  void write(u32 number, u16 value) {
    send(0xffff'ffff, 32);
    send((0b0101u << 10 | 1u << 5 | number) << 18 | 2u << 16 | value, 32);
  }

 private:
  static constexpr u32 kData = 1u << 20, kClock = 1u << 21, kDrivesData = 1u << 24, kDrivesClock = 1u << 25;
  static constexpr u32 kPins = kData | kClock | kDrivesData | kDrivesClock;

  void send(u32 bits, int count) {
    for (int i = count - 1; i >= 0; --i) clock(true, (bits >> i & 1) != 0);
  }
  bool clock(bool drives, bool bit) {
    const u32 pins = other_ | kDrivesClock | (drives ? kDrivesData : 0) | (bit ? kData : 0);
    rig_.set(Offset::Ctrl, pins);
    rig_.set(Offset::Ctrl, pins | kClock);
    const bool data = (rig_.get(Offset::Ctrl) & kData) != 0;
    rig_.set(Offset::Ctrl, pins);
    return data;
  }

  E1000Rig& rig_;
  u32 other_;
};

TEST_CASE("MDIC reaches a Marvell 88E1011", "[e1000]") {
  E1000Rig rig;
  CHECK(read_phy(rig, 2) == 0x0141);
  CHECK((read_phy(rig, 3) & 0xfff0) == 0x0c20);
  write_phy(rig, 4, 0x0141);
  CHECK(read_phy(rig, 4) == 0x0141);
  write_phy(rig, 2, 0xffff);
  CHECK(read_phy(rig, 2) == 0x0141);
}

TEST_CASE("Nobody answers at another PHY's address", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Mdic, 2u << 26 | 2u << 21 | 2u << 16);
  CHECK((rig.get(Offset::Mdic) & (kReady | kError)) == (kReady | kError));
}

TEST_CASE("MDIC interrupts if asked to", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Mdic, 2u << 26 | 1u << 21 | 1u << 29);
  CHECK(rig.get(Offset::Icr) == e1000::cause::kMdac);
}

TEST_CASE("The 82543GC's PHY is reached by its pins", "[e1000]") {
  E1000Rig rig(Chip::I82543Gc);
  Station station(rig);
  CHECK(station.read(2) == 0x0141);
  CHECK(station.read(3) == 0x0c50);
  station.write(4, 0x0123);
  CHECK(station.read(4) == 0x0123);
  CHECK(rig.get(Offset::Mdic) == 0);
}

TEST_CASE("Negotiation takes a while, and its end interrupts", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Ims, e1000::cause::kLsc);
  CHECK(rig.get(Offset::Status) == 0x283);  // full duplex, link, gigabit
  write_phy(rig, 0, 0x1340);
  CHECK((rig.get(Offset::Status) & kLinkUp) == 0);
  CHECK(rig.get(Offset::Icr) == e1000::cause::kLsc);
  CHECK((read_phy(rig, 1) & 0x24) == 0);
  rig.clock.advance(milliseconds(101));
  CHECK(rig.interrupt.high());
  CHECK(rig.get(Offset::Icr) == e1000::cause::kLsc);
  CHECK((read_phy(rig, 1) & 4) == 0);  // it was down since the last time
  CHECK((read_phy(rig, 1) & 0x24) == 0x24);
  CHECK((read_phy(rig, 17) & 0xec00) == 0xac00);
}

TEST_CASE("The best mode that is offered is chosen", "[e1000]") {
  E1000Rig rig;
  write_phy(rig, 9, 0);
  write_phy(rig, 4, 0x0061 | 0x0080);
  write_phy(rig, 0, 0x1200);
  rig.clock.advance(milliseconds(101));
  CHECK((rig.get(Offset::Status) & 0xc3) == 0x42);  // 100 Mbit/s, half duplex
  write_phy(rig, 4, 0x0001);
  write_phy(rig, 0, 0x1200);
  rig.clock.advance(milliseconds(500));
  CHECK((rig.get(Offset::Status) & kLinkUp) == 0);
}

TEST_CASE("A mode can be forced", "[e1000]") {
  E1000Rig rig;
  write_phy(rig, 0, 0x0100);
  CHECK((rig.get(Offset::Status) & 0xc3) == 0x03);  // 10 Mbit/s, full duplex, at once
  write_phy(rig, 0, 0x0800);
  CHECK((rig.get(Offset::Status) & kLinkUp) == 0);  // powered down
}

TEST_CASE("A cable that is pulled takes the link away", "[e1000]") {
  E1000Rig rig;
  rig.card.set_link(false);
  CHECK((rig.get(Offset::Status) & kLinkUp) == 0);
  CHECK(rig.get(Offset::Icr) == e1000::cause::kLsc);
  rig.clock.advance(milliseconds(500));
  CHECK((rig.get(Offset::Status) & kLinkUp) == 0);
  rig.card.set_link(true);
  rig.clock.advance(milliseconds(101));
  CHECK((rig.get(Offset::Status) & kLinkUp) != 0);
}

TEST_CASE("CTRL decides what the MAC makes of the link", "[e1000]") {
  E1000Rig rig;
  const u32 control = rig.get(Offset::Ctrl);
  rig.set(Offset::Ctrl, control & ~0x40u);
  CHECK((rig.get(Offset::Status) & kLinkUp) == 0);
  CHECK(rig.get(Offset::Icr) == e1000::cause::kLsc);
  rig.set(Offset::Ctrl, 0x40 | 1u << 11 | 1u << 8 | 1u << 12);
  CHECK((rig.get(Offset::Status) & 0xc3) == 0x42);
}

TEST_CASE("The PHY's interrupt is a cause", "[e1000]") {
  E1000Rig rig;
  write_phy(rig, 18, 0x0400);
  rig.card.set_link(false);
  CHECK((rig.get(Offset::Icr) & e1000::cause::kPhyInt) != 0);
  CHECK(read_phy(rig, 19) == 0x0400);
  CHECK(read_phy(rig, 19) == 0);
}

TEST_CASE("CTRL.PHY_RST resets the PHY", "[e1000]") {
  E1000Rig rig;
  write_phy(rig, 4, 0);
  const u32 control = rig.get(Offset::Ctrl);
  rig.set(Offset::Ctrl, control | 1u << 31);
  rig.set(Offset::Ctrl, control);
  CHECK(read_phy(rig, 4) == 0x0de1);
  CHECK((rig.get(Offset::Status) & kLinkUp) == 0);
}

TEST_CASE("In loopback frames come back and the wire is quiet", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver();
  rig.start_transmitter();
  const bool in_phy = GENERATE(true, false);
  if (in_phy) {
    write_phy(rig, 0, 0x4140);
  } else {
    rig.set(Offset::Rctl, E1000Rig::kReceiveControl | 1u << 6);
  }
  const Frame frame = frame_to(kBroadcast, 500);
  rig.queue_frame(frame);
  rig.kick();
  CHECK(rig.wire.frames.empty());
  CHECK(rig.receive_buffer(0) == frame);
  rig.card.receive(frame);
  CHECK(rig.receive_status(1) == 0);
}

}  // namespace
}  // namespace ringdown
