// PAUSE frames, both ways.
#include "core/internet_checksum.h"
#include "tests/unit/network/e1000/e1000_rig.h"

namespace ringdown {
namespace {

using namespace test;

constexpr MacAddress kPauseAddress{0x01, 0x80, 0xc2, 0x00, 0x00, 0x01};
constexpr u32 kReceive = 1u << 27;
constexpr u32 kTransmit = 1u << 28;

Frame pause_frame(u16 quanta, const MacAddress& to = kPauseAddress) {
  Frame frame = typed_frame(to, 60, 0x8808);
  store_network16(frame, 14, 1);
  store_network16(frame, 16, quanta);
  return frame;
}

void set_addresses(E1000Rig& rig) {
  rig.set(Offset::Fcal, 0x00c2'8001);
  rig.set(Offset::Fcah, 0x0100);
  rig.set(Offset::Fct, 0x8808);
}

TEST_CASE("A PAUSE frame stops the transmitter for its time", "[e1000]") {
  E1000Rig rig;
  set_addresses(rig);
  rig.start_receiver();
  rig.start_transmitter();
  rig.set(Offset::Ctrl, rig.get(Offset::Ctrl) | kReceive);
  rig.card.receive(pause_frame(100));  // of 512 ns
  CHECK((rig.get(Offset::Status) & 0x10) != 0);
  rig.queue_frame(frame_to(kOtherStation, 100));
  rig.kick(microseconds(51));
  CHECK(rig.wire.frames.empty());
  rig.clock.advance(nanoseconds(200));
  CHECK(rig.wire.frames.size() == 1);
  CHECK((rig.get(Offset::Status) & 0x10) == 0);

  rig.card.receive(pause_frame(0xffff, kStation));
  rig.queue_frame(frame_to(kOtherStation, 100));
  rig.kick();
  CHECK(rig.wire.frames.size() == 1);
  rig.card.receive(pause_frame(0));
  rig.clock.advance(0);
  CHECK(rig.wire.frames.size() == 2);
  CHECK(rig.get(Offset::Xoffrxc) == 2);
  CHECK(rig.get(Offset::Xonrxc) == 1);
}

TEST_CASE("Without CTRL.RFCE it is only counted", "[e1000]") {
  E1000Rig rig;
  set_addresses(rig);
  rig.start_receiver();
  rig.card.receive(pause_frame(100));
  CHECK(rig.get(Offset::Xoffrxc) == 1);
  CHECK(rig.get(Offset::Tpr) == 1);
  CHECK(rig.get(Offset::Gprc) == 0);
  CHECK((rig.get(Offset::Status) & 0x10) == 0);
  Frame unknown = pause_frame(1);
  store_network16(unknown, 14, 2);
  rig.card.receive(unknown);
  CHECK(rig.get(Offset::Fcruc) == 1);
  rig.card.receive(pause_frame(100, kOtherStation));
  CHECK(rig.get(Offset::Xoffrxc) == 0);
}

TEST_CASE("A full packet buffer stops the partner, and an empty one lets it go on", "[e1000]") {
  E1000Rig rig;
  set_addresses(rig);
  rig.set(Offset::Fcttv, 0x1234);
  rig.set(Offset::Fcrth, 0x2000);
  rig.set(Offset::Fcrtl, 0x8000'1000);
  rig.set(Offset::Ctrl, rig.get(Offset::Ctrl) | kTransmit);
  rig.start_receiver();
  rig.set(Offset::Rdt, 0);  // no descriptors
  for (int i = 0; i < 8; ++i) rig.card.receive(frame_to(kStation, 1000));
  CHECK(rig.wire.frames.empty());
  for (int i = 0; i < 3; ++i) rig.card.receive(frame_to(kStation, 1000));
  REQUIRE(rig.wire.frames.size() == 1);
  Frame expected(60);
  std::copy_n(pause_frame(0x1234).begin(), 18, expected.begin());
  for (std::size_t i = 0; i < 6; ++i) expected[6 + i] = static_cast<std::byte>(kStation[i]);
  CHECK(rig.wire.frames[0] == expected);

  rig.set(Offset::Rdt, 15);
  rig.clock.advance(microseconds(1));
  REQUIRE(rig.wire.frames.size() == 2);
  store_network16(expected, 16, 0);
  CHECK(rig.wire.frames[1] == expected);
  CHECK(rig.get(Offset::Xofftxc) == 1);
  CHECK(rig.get(Offset::Xontxc) == 1);
  CHECK(rig.get(Offset::Tpt) == 2);
  CHECK(rig.get(Offset::Gptc) == 0);
}

TEST_CASE("TCTL.SWXOFF sends one", "[e1000]") {
  E1000Rig rig;
  set_addresses(rig);
  rig.set(Offset::Tctl, 0x0040'0002);
  CHECK(rig.wire.frames.size() == 1);
  CHECK(rig.get(Offset::Tctl) == 2);
}

}  // namespace
}  // namespace ringdown
