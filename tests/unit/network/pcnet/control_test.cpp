// Initialization, start, stop, suspension and the interrupt of the PCnet.
#include "tests/unit/network/pcnet/pcnet_rig.h"

namespace ringdown::test {
namespace {

TEST_CASE_METHOD(PcnetRig, "An initialization block fills the registers in each style") {
  for (unsigned each = 0; each < 4; ++each) {
    CAPTURE(each);
    initialize(each, 0x8000, 3, 0x8877665544332211);
    REQUIRE(csr(0) == (kInit | kInitDone | kFlag));
    REQUIRE(csr(15) == 0x8000);
    for (unsigned i = 0; i < 4; ++i) REQUIRE(csr(8 + i) == 0x2211 + 0x2222 * i);
    REQUIRE(csr(12) == 0x5452);
    REQUIRE(csr(13) == 0x1200);
    REQUIRE(csr(14) == 0x5634);
    REQUIRE(csr(24) == kReceiveRing);
    REQUIRE(csr(30) == kTransmitRing);
    REQUIRE(csr(76) == static_cast<u16>(-8));
    REQUIRE(csr(78) == static_cast<u16>(-8));
    REQUIRE((csr(6) & 0xff00) == 0x3300);
  }
}

TEST_CASE_METHOD(PcnetRig, "The upper byte of 24-bit addresses comes from CSR2") {
  style = 0;
  set_csr(1, 0x1000);
  set_csr(2, 0x1200);  // the block would be at 12001000h, where nothing is
  set_csr(0, kInit);
  REQUIRE((csr(0) & kInitDone) != 0);
  REQUIRE(csr(25) == 0x12ff);
  REQUIRE(csr(76) == static_cast<u16>(-128));
}

TEST_CASE_METHOD(PcnetRig, "Start switches on what the mode does not forbid") {
  start(2);
  REQUIRE(csr(0) == (kInit | kStart | kOn | kEnable));
  start(2, kNoReceiver);
  REQUIRE((csr(0) & kOn) == 0x10);
  start(2, kNoTransmitter);
  REQUIRE((csr(0) & kOn) == 0x20);
  set_csr(0, kStop);
  REQUIRE(csr(0) == kStop);
  set_csr(0, kStop | kInit | kStart);
  REQUIRE(csr(0) == kStop);
}

TEST_CASE_METHOD(PcnetRig, "Without bus mastering nothing is read, and a memory error tells") {
  nic.write_config(0x04, Width::Word, 3);
  initialize(2);
  REQUIRE((csr(0) & (kMemoryError | kError)) == (kMemoryError | kError));
  REQUIRE((csr(0) & kInitDone) == 0);
  nic.write_config(0x04, Width::Word, 7);
  start(2);
  give_receive(0, 2048);
  nic.write_config(0x04, Width::Word, 3);
  arrive(frame_to(kStation, 60));
  REQUIRE(receive_view(0).status == kOwn);
  REQUIRE((csr(0) & (kMemoryError | kMissed | kReceived)) == (kMemoryError | kMissed));
}

TEST_CASE_METHOD(PcnetRig, "Interrupts go through their masks, the enable bit and are cleared by ones") {
  initialize(2);
  REQUIRE((csr(0) & kFlag) != 0);
  REQUIRE_FALSE(irq.high());
  set_csr(0, kEnable);
  REQUIRE(irq.high());
  set_csr(3, kInitDone);
  REQUIRE_FALSE(irq.high());
  REQUIRE((csr(0) & kFlag) == 0);
  set_csr(3, 0);
  REQUIRE(irq.high());
  set_csr(0, kEnable | kInitDone);
  REQUIRE_FALSE(irq.high());
}

TEST_CASE_METHOD(PcnetRig, "The host's own interrupt has no mask") {
  start(2);
  set_csr(4, 0x0115 | 0x0080);
  REQUIRE(irq.high());
  REQUIRE((csr(4) & 0x00c0) == 0x0040);
  set_csr(4, 0x0115 | 0x0040);
  REQUIRE_FALSE(irq.high());
}

TEST_CASE_METHOD(PcnetRig, "A suspension waits for what is under way, and ends where it began") {
  start(2);
  give_transmit(0, frame_to(kBroadcast, 60));
  set_csr(0, kEnable | kDemand);
  give_transmit(1, frame_to(kBroadcast, 61));
  set_csr(5, 1);
  REQUIRE((csr(5) & 1) == 0);
  clock.advance(milliseconds(5));
  REQUIRE((csr(5) & 1) == 1);
  REQUIRE(wire.frames.size() == 1);
  nic.receive(frame_to(kStation, 60));  // lost
  REQUIRE(nic.accepts_frame());
  set_csr(5, 0);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.size() == 2);
}

TEST_CASE_METHOD(PcnetRig, "A restart without initialization begins the rings anew") {
  start(2);
  give_receive(0, 1544);
  give_transmit(0, frame_to(kBroadcast, 60));
  set_csr(0, kDemand);
  arrive(frame_to(kStation, 60));
  clock.advance(milliseconds(1));
  set_csr(0, kStop);
  give_receive(0, 1544);
  give_transmit(0, frame_to(kBroadcast, 61));
  set_csr(0, kStart);
  arrive(frame_to(kStation, 60));
  clock.advance(milliseconds(1));
  REQUIRE((receive_view(0).status & kOwn) == 0);
  REQUIRE(wire.frames.size() == 2);
}

TEST_CASE_METHOD(PcnetRig, "A stop in the middle of a frame leaves nothing of it") {
  start(2);
  give_transmit(0, frame_to(kBroadcast, 1000));
  set_csr(0, kDemand);
  nic.receive(frame_to(kStation, 1000));
  clock.advance(microseconds(100));
  set_csr(0, kStop);
  REQUIRE(nic.accepts_frame());
  clock.advance(milliseconds(5));
  REQUIRE(wire.frames.empty());
  REQUIRE(transmit_view(0).status == (kOwn | kWhole));
  REQUIRE(csr(0) == kStop);
}

}  // namespace
}  // namespace ringdown::test
