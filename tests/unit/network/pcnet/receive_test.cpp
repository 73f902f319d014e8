// The PCnet's receiver: address match, chained buffers, missed frames, stripping, look-ahead, Magic Packet.
#include "devices/network/ethernet_crc.h"
#include "tests/unit/network/pcnet/pcnet_rig.h"

namespace ringdown::test {
namespace {

constexpr MacAddress kAllSystems{0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
constexpr unsigned kPhysicalMatch = 0x40, kFilterMatch = 0x20, kBroadcastMatch = 0x10;

TEST_CASE_METHOD(PcnetRig, "A frame is stored with its check sequence in each style, at its time") {
  for (unsigned each = 0; each < 4; ++each) {
    CAPTURE(each);
    start(each);
    give_receive(0, 1544);
    const Frame frame = frame_to(kStation, 300, each);
    nic.receive(frame);
    clock.advance(frame_time(300, kTenMegabit) - nanoseconds(1));
    REQUIRE_FALSE(irq.high());
    clock.advance(nanoseconds(1));
    REQUIRE(irq.high());
    REQUIRE((csr(0) & kReceived) != 0);
    REQUIRE(receive_view(0).status == (kWhole | (each == 0 ? 0 : kPhysicalMatch)));
    REQUIRE(receive_view(0).result == 304);
    REQUIRE(peek_bytes(kReceiveBuffers, 300) == frame);
    const auto sequence = check_sequence(frame);
    REQUIRE(peek_bytes(kReceiveBuffers + 300, 4) == Frame(sequence.begin(), sequence.end()));
  }
}

TEST_CASE_METHOD(PcnetRig, "The address match follows the mode") {
  struct Case {
    u16 mode;
    MacAddress destination;
    bool filter;
    unsigned status;
  };
  const Case cases[] = {
      {0, kStation, false, kPhysicalMatch},
      {0, kOtherStation, true, 0},
      {kNoPhysical, kStation, false, 0},
      {kPromiscuous, kOtherStation, false, 0x8000},
      {kPromiscuous, kStation, false, kPhysicalMatch},
      {0, kBroadcast, false, kBroadcastMatch},
      {kNoBroadcast, kBroadcast, false, 0},
      {kNoBroadcast, kBroadcast, true, kFilterMatch},
      {0, kAllSystems, false, 0},
      {0, kAllSystems, true, kFilterMatch},
  };
  for (const Case& each : cases) {
    CAPTURE(each.mode, each.filter, each.status);
    start(2, each.mode, 2, each.filter ? ~u64{0} : 0);
    give_receive(0, 1544);
    arrive(frame_to(each.destination, 60));
    const unsigned expected = each.status == 0 ? kOwn : kWhole | (each.status & 0xff);
    REQUIRE(receive_view(0).status == expected);
    REQUIRE((csr(0) & kReceived) == (each.status != 0 ? kReceived : 0));
    REQUIRE((csr(0) & kMissed) == 0);
  }
}

// The filter's bit as Linux's pcnet32 computes it: the upper six bits of the little-endian CRC.
TEST_CASE_METHOD(PcnetRig, "Groups hash to the bits that drivers set for them") {
  const auto hash = [](MacAddress address) {
    u32 crc = 0xffffffff;
    for (const u8 byte : address) {
      crc ^= byte;
      for (unsigned bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
    return crc >> 26;
  };
  for (u8 last = 0; last < 64; ++last) {
    MacAddress group = kAllSystems;
    group[5] = last;
    start(2, 0, 2, u64{1} << hash(group));
    give_receive(0, 1544);
    arrive(frame_to(group, 60));
    REQUIRE((receive_view(0).status & kOwn) == 0);
  }
}

TEST_CASE_METHOD(PcnetRig, "A long frame fills buffer after buffer") {
  for (const unsigned each : {0u, 3u}) {
    start(each);
    for (unsigned i = 0; i < 4; ++i) give_receive(i, 128);
    const Frame frame = frame_to(kStation, 300);
    arrive(frame);
    REQUIRE((receive_view(0).status & 0xff00) == kStartOfPacket);
    REQUIRE((receive_view(1).status & 0xff00) == 0);
    REQUIRE((receive_view(2).status & 0xff00) == kEndOfPacket);
    REQUIRE(receive_view(2).result == 304);
    REQUIRE(receive_view(3).status == kOwn);
    REQUIRE(peek_bytes(kReceiveBuffers, 128) == Frame(frame.begin(), frame.begin() + 128));
    REQUIRE(peek_bytes(kReceiveBuffers + 2 * kBufferStride, 44) == Frame(frame.begin() + 256, frame.end()));
  }
}

TEST_CASE_METHOD(PcnetRig, "A frame for which the buffers end is marked, and the next one begins anew") {
  start(2);
  give_receive(0, 128);
  arrive(frame_to(kStation, 300));
  REQUIRE(receive_view(0).status == (kFailed | 0x0400 | kStartOfPacket));
  REQUIRE((csr(0) & kReceived) != 0);
  give_receive(1, 1544);
  arrive(frame_to(kStation, 60));
  REQUIRE((receive_view(1).status & 0xff00) == kWhole);
}

TEST_CASE_METHOD(PcnetRig, "Frames without a buffer are counted as missed") {
  start(2);
  set_csr(4, 0x0015);  // MFCO is not masked
  set_csr(3, 0x1000);
  for (unsigned i = 0; i < 3; ++i) arrive(frame_to(kStation, 60));
  REQUIRE((csr(0) & (kMissed | kError)) == (kMissed | kError));
  REQUIRE(csr(112) == 3);
  REQUIRE_FALSE(irq.high());
  for (unsigned i = 3; i < 0x10000; ++i) arrive(frame_to(kStation, 60));
  REQUIRE(csr(112) == 0);
  REQUIRE((csr(4) & 0x0200) != 0);
  REQUIRE(irq.high());
}

TEST_CASE_METHOD(PcnetRig, "Padding is stripped where the length field tells of it") {
  start(2);
  set_csr(4, 0x0515);  // ASTRP_RCV
  Frame frame = frame_to(kStation, 60);
  frame[12] = std::byte{0};
  frame[13] = std::byte{20};
  give_receive(0, 1544);
  arrive(frame);
  REQUIRE(receive_view(0).result == 34);
  frame[12] = std::byte{8};
  give_receive(1, 1544);
  arrive(frame);
  REQUIRE(receive_view(1).result == 64);
}

TEST_CASE_METHOD(PcnetRig, "Runts pass only where the test register lets them") {
  start(2);
  give_receive(0, 1544);
  arrive(frame_to(kStation, 20));
  REQUIRE(receive_view(0).status == kOwn);
  set_csr(0, kStop);
  set_csr(4, 0x8115);
  set_csr(124, 8);
  set_csr(0, kStart);
  arrive(frame_to(kStation, 20));
  REQUIRE(receive_view(0).result == 24);
  nic.receive({});
  nic.receive(Frame(3));
  clock.advance(milliseconds(1));
  nic.receive(Frame(kLongestFrame + 1));
  REQUIRE(nic.accepts_frame());
}

TEST_CASE_METHOD(PcnetRig, "With look-ahead frames begin only where the host allows it") {
  start(2);
  set_csr(3, 0x0020);  // LAPPEN
  give_receive(0, 1544);
  give_receive(1, 64, kOwn | kStartOfPacket);
  give_receive(2, 1544);
  give_receive(3, 64, kOwn | kStartOfPacket);
  arrive(frame_to(kStation, 200));
  REQUIRE(receive_view(0).status == 0);
  REQUIRE((receive_view(1).status & 0xff00) == kStartOfPacket);
  REQUIRE((receive_view(2).status & 0xff00) == kEndOfPacket);
  REQUIRE(receive_view(3).status == (kOwn | kStartOfPacket));
  // A ring without any: the search has an end.
  for (unsigned i = 0; i < 4; ++i) give_receive(i, 1544);
  arrive(frame_to(kStation, 60));
  REQUIRE((csr(0) & kMissed) != 0);
}

TEST_CASE_METHOD(PcnetRig, "In Magic Packet mode the one frame is recognized and none received") {
  start(2);
  give_receive(0, 1544);
  set_csr(5, 0x000e);  // MPINTE, MPEN, MPMODE
  arrive(frame_to(kStation, 200));
  REQUIRE((csr(5) & 0x10) == 0);
  Frame magic = frame_to(kBroadcast, 14);
  magic.insert(magic.end(), 6, std::byte{0xff});
  for (unsigned i = 0; i < 96; ++i) magic.push_back(std::byte{kStation[i % 6]});
  arrive(magic);
  REQUIRE((csr(5) & 0x10) != 0);
  REQUIRE(irq.high());
  REQUIRE(receive_view(0).status == kOwn);
  set_csr(5, 0x0010);
  REQUIRE_FALSE(irq.high());
  arrive(frame_to(kStation, 200));
  REQUIRE((receive_view(0).status & kOwn) == 0);
}

TEST_CASE_METHOD(PcnetRig, "Who is off takes frames and drops them") {
  nic.receive(frame_to(kStation, 60));
  REQUIRE(nic.accepts_frame());
  start(2);
  nic.set_link(false);
  clock.advance(milliseconds(1));
  nic.receive(frame_to(kStation, 60));
  REQUIRE(nic.accepts_frame());
  clock.advance(milliseconds(1));
  REQUIRE((csr(0) & (kMissed | kReceived)) == 0);
}

}  // namespace
}  // namespace ringdown::test
