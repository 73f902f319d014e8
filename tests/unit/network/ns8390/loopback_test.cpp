// The DP8390's loopback modes against the tables of its data sheet (chapter 12).
#include "devices/network/ethernet_crc.h"
#include "tests/unit/network/ns8390/ns8390_rig.h"

namespace ringdown::test {
namespace {

struct LoopbackRig : Ns8390Rig {
  /// Sends what is in the transmit page in `mode` (the TCR) with byte-wide DMA.
  void loop(u8 mode, u16 count) {
    set(kTransmitConfiguration, mode);
    set(kInterrupts, 0x7f);
    transmit(count);
    clock.advance(milliseconds(2));
  }
  void put(Frame frame, bool with_sequence) {
    if (with_sequence) {
      const auto sequence = check_sequence(frame);
      frame.insert(frame.end(), sequence.begin(), sequence.end());
    }
    write_memory(kTransmitPage * 256, frame);
    set(kDataConfiguration, 0x40);  // byte-wide, loopback select
  }
};

TEST_CASE_METHOD(LoopbackRig, "The three modes give the status that the data sheet says") {
  start(0x41, 0x00);
  put(frame_to(kStation, 60), false);
  loop(0x02, 60);
  REQUIRE(get(kTransmitStatus) == 0x53);
  REQUIRE(get(kReceiveStatus) == 0x02);
  REQUIRE(get(kInterrupts) == kTransmitted);
  REQUIRE(wire.frames.empty());
  loop(0x04, 60);
  REQUIRE(get(kTransmitStatus) == 0x43);
  REQUIRE(wire.frames.empty());
  loop(0x06, 60);
  REQUIRE(get(kTransmitStatus) == 0x03);
  REQUIRE(wire.frames.size() == 1);
  REQUIRE(current_page() == kRingStart + 1);  // nothing is stored
}

TEST_CASE_METHOD(LoopbackRig, "A packet's own check sequence is verified, its address recognized") {
  start(0x41, 0x08);
  put(frame_to(kStation, 60), true);
  loop(0x03, 64);
  REQUIRE(get(kReceiveStatus) == 0x01);
  Frame wrong = frame_to(kStation, 64);
  put(wrong, false);
  loop(0x03, 64);
  REQUIRE(get(kReceiveStatus) == 0x02);
  // Another station's packet leaves the status of the last one.
  start(0x41, 0x08);
  put(frame_to(kOtherStation, 60), true);
  loop(0x03, 64);
  REQUIRE(get(kReceiveStatus) == 0x02);
}

TEST_CASE_METHOD(LoopbackRig,
                 "The FIFO ends with check sequence and length where the data sheet shows them") {
  start(0x41, 0x00);
  const Frame frame = frame_to(kStation, 60);
  const auto sequence = check_sequence(frame);
  put(frame, false);
  loop(0x02, 60);
  const u8 expected[] = {64,
                         0,
                         0,
                         std::to_integer<u8>(frame[59]),
                         std::to_integer<u8>(sequence[0]),
                         std::to_integer<u8>(sequence[1]),
                         std::to_integer<u8>(sequence[2]),
                         std::to_integer<u8>(sequence[3])};
  for (const u8 byte : expected) REQUIRE(get(kFifo) == byte);

  // N x 8 + 5 bytes: the last five, then the length.
  put(frame_to(kStation, 69 - 4), false);
  loop(0x02, 65);
  for (unsigned i = 0; i < 5; ++i) get(kFifo);
  REQUIRE(get(kFifo) == 69);
  REQUIRE(get(kFifo) == 0);
  REQUIRE(get(kFifo) == 0);
}

TEST_CASE_METHOD(LoopbackRig, "In words, every second byte is sent") {
  start(0x41, 0x00);
  const Frame frame = frame_to(kStation, 60);
  Frame spread;
  for (const std::byte byte : frame) {
    spread.push_back(std::byte{0xee});
    spread.push_back(byte);
  }
  write_memory(kTransmitPage * 256, spread);
  loop(0x06, 120);
  REQUIRE(wire.frames == std::vector<Frame>{frame});
}

}  // namespace
}  // namespace ringdown::test
