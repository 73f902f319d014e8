// The DP8390's transmitter: time on the cable, status, and what ends a transmission.
#include "devices/network/ethernet_crc.h"
#include "tests/unit/network/ns8390/ns8390_rig.h"

namespace ringdown::test {
namespace {

TEST_CASE("A frame's time on the cable counts preamble, padding, check sequence and gap") {
  REQUIRE(frame_time(60, kTenMegabit) == nanoseconds(67'200));
  REQUIRE(frame_time(10, kTenMegabit) == nanoseconds(67'200));
  REQUIRE(frame_time(1514, kTenMegabit) == nanoseconds(1'230'400));
}

TEST_CASE_METHOD(Ns8390Rig, "A packet reaches the cable after its time there, with an interrupt") {
  start();
  set(kInterruptMask, kTransmitted);
  const Frame frame = frame_to(kBroadcast, 1514);
  write_memory(kTransmitPage * 256, frame);
  transmit(1514);
  REQUIRE(get(0) == kTransmit);
  clock.advance(frame_time(1514, kTenMegabit) - nanoseconds(1));
  REQUIRE(wire.frames.empty());
  REQUIRE_FALSE(irq.high());
  clock.advance(nanoseconds(1));
  REQUIRE(wire.frames == std::vector<Frame>{frame});
  REQUIRE(irq.high());
  REQUIRE(get(0) == kStart);
  REQUIRE(get(kTransmitStatus) == 0x03);
  REQUIRE(get(5) == 0);  // collisions
}

TEST_CASE_METHOD(Ns8390Rig,
                 "A second command while one is at work is ignored, a stopped chip sends nothing") {
  start();
  transmit(60);
  transmit(60);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.size() == 1);
  set(0, kStop);
  set(0, kStop | 4);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.size() == 1);
  REQUIRE(get(0) == kStop);
}

TEST_CASE_METHOD(Ns8390Rig, "A stop lets the transmission end, then shows the reset state") {
  start();
  transmit(100);
  set(0, kStop);
  REQUIRE((get(kInterrupts) & kResetState) == 0);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.size() == 1);
  REQUIRE(get(kInterrupts) == (kResetState | kTransmitted));
}

TEST_CASE_METHOD(Ns8390Rig, "A reset in the middle of a packet leaves nothing of it") {
  start();
  transmit(100);
  get(0x1f);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.empty());
  REQUIRE((get(kInterrupts) & kTransmitted) == 0);
}

TEST_CASE_METHOD(Ns8390Rig, "With its own check sequence a packet passes only if that is right") {
  start();
  set(kTransmitConfiguration, 0x01);
  Frame frame = frame_to(kBroadcast, 80);
  const Frame bare = frame;
  const auto sequence = check_sequence(frame);
  frame.insert(frame.end(), sequence.begin(), sequence.end());
  write_memory(kTransmitPage * 256, frame);
  transmit(84);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames == std::vector<Frame>{bare});
  frame.back() ^= std::byte{1};
  write_memory(kTransmitPage * 256, frame);
  transmit(84);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.size() == 1);
  REQUIRE(get(kTransmitStatus) == 0x03);
}

TEST_CASE_METHOD(Ns8390Rig, "A pulled cable loses the carrier but ends the transmission") {
  start();
  nic.set_link(false);
  transmit(60);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.empty());
  REQUIRE(get(kTransmitStatus) == 0x13);
  REQUIRE((get(kInterrupts) & kTransmitted) != 0);
}

TEST_CASE_METHOD(Ns8390Rig, "Counts that no frame has take their time and reach nobody") {
  start();
  for (const u16 count : {u16{0}, u16{13}, u16{0xffff}}) {
    transmit(count);
    clock.advance(milliseconds(60));
    REQUIRE(wire.frames.empty());
    REQUIRE(get(kInterrupts) == kTransmitted);
    set(kInterrupts, kTransmitted);
  }
}

}  // namespace
}  // namespace ringdown::test
