// The PCnet's loopback, as drivers test themselves with it.
#include "devices/network/ethernet_crc.h"
#include "tests/unit/network/pcnet/pcnet_rig.h"

namespace ringdown::test {
namespace {

struct LoopRig : PcnetRig {
  void loop(u16 mode, const Frame& frame, unsigned bits = 0) {
    wire.frames.clear();
    start(2, kLoop | mode);
    give_receive(0, 1544);
    give_transmit(0, frame, kOwn | kWhole | bits);
    set_csr(0, kEnable | kDemand);
    clock.advance(milliseconds(2));
  }
};

TEST_CASE_METHOD(LoopRig, "Internal loopback brings a frame back and keeps it off the cable") {
  const Frame frame = frame_to(kStation, 200);
  loop(kInternal, frame);
  REQUIRE(wire.frames.empty());
  REQUIRE((receive_view(0).status & 0xff00) == kWhole);
  REQUIRE(receive_view(0).result == 204);
  REQUIRE(peek_bytes(kReceiveBuffers, 200) == frame);
  REQUIRE((csr(0) & (kReceived | kTransmitted)) == (kReceived | kTransmitted));
  nic.receive(frame);  // the cable is not heard
  REQUIRE(nic.accepts_frame());
}

TEST_CASE_METHOD(LoopRig, "External loopback is seen on the cable too") {
  loop(0, frame_to(kStation, 200));
  REQUIRE(wire.frames.size() == 1);
  REQUIRE((receive_view(0).status & 0xff00) == kWhole);
}

TEST_CASE_METHOD(LoopRig, "Loopback takes runts, and verifies a check sequence of the host's") {
  loop(kInternal, frame_to(kStation, 20));
  REQUIRE(receive_view(0).result == 24);
  Frame frame = frame_to(kStation, 60);
  for (const std::byte byte : check_sequence(frame)) frame.push_back(byte);
  loop(kInternal | kNoSequence, frame);
  REQUIRE((receive_view(0).status & 0xff00) == kWhole);
  frame.back() ^= std::byte{1};
  loop(kInternal | kNoSequence, frame);
  REQUIRE((receive_view(0).status & 0xff00) == (kFailed | 0x0800 | kWhole));
}

TEST_CASE_METHOD(LoopRig, "Frames for others do not come back; a forced collision spends the retries") {
  loop(kInternal, frame_to(kOtherStation, 60));
  REQUIRE(receive_view(0).status == kOwn);
  loop(kInternal | kForceCollision, frame_to(kStation, 60));
  REQUIRE(receive_view(0).status == kOwn);
  REQUIRE(transmit_view(0).status == (kFailed | kWhole));
  REQUIRE(transmit_view(0).result == 0x0400);
}

}  // namespace
}  // namespace ringdown::test
