// What the network device does in its driver's place: checksums and segments.
#include "core/internet_checksum.h"
#include "tests/unit/virtio/net_rig.h"
#include "tests/unit/virtio/tcp_packet.h"

namespace ringdown {

using namespace test;
using namespace virtio_net_feature;

namespace {

void put16(Frame& frame, std::size_t at, u16 value) { store_network16(frame, at, value); }

}  // namespace

TEST_CASE("A checksum is finished from where the driver began it") {
  RunningNet r(kChecksum);
  TcpPacket packet(true, 101);
  put16(packet.frame, packet.tcp + 16, TcpPacket::pseudo(packet.frame, packet.ip(), packet.tcp, true));
  const VirtioNetHeader header{
      .flags = 1, .checksum_start = static_cast<u16>(packet.tcp), .checksum_offset = 16};
  r.queue_packet(header, packet.frame);
  r.driver.kick(VirtioNet::kTransmit);
  REQUIRE(r.wire.frames.size() == 1);
  CHECK(packet.right(r.wire.frames[0]));
  // Places beyond the packet are left alone.
  for (const auto& [start, offset] : {std::pair{0xffff, 0}, {54, 0xffff}, {54, 120}}) {
    r.queue_packet(
        {.flags = 1, .checksum_start = static_cast<u16>(start), .checksum_offset = static_cast<u16>(offset)},
        packet.frame);
    r.driver.kick(VirtioNet::kTransmit);
    CHECK(r.wire.frames.back() == packet.frame);
  }
}

TEST_CASE("TCP packets are segmented, each segment whole by itself") {
  for (const bool six : {false, true}) {
    for (const bool vlan : {false, true}) {
      CAPTURE(six, vlan);
      RunningNet r(kChecksum | kHostTso4 | kHostTso6 | kHostEcn);
      const std::size_t payload = 10'000;
      TcpPacket packet(six, payload, vlan);
      const std::size_t front = packet.tcp + 20;
      r.queue_packet({.flags = 1,
                      .segmentation = static_cast<u8>((six ? 4 : 1) | 0x80),
                      .header_length = 3,
                      .segment_size = 1448,
                      .checksum_start = static_cast<u16>(packet.tcp),
                      .checksum_offset = 16},
                     packet.frame);
      r.driver.kick(VirtioNet::kTransmit);
      REQUIRE(r.wire.frames.size() == 7);
      Frame joined;
      for (std::size_t i = 0; i < r.wire.frames.size(); ++i) {
        const Frame& segment = r.wire.frames[i];
        CAPTURE(i);
        const bool last = i == 6;
        REQUIRE(segment.size() == front + (last ? payload - 6 * 1448 : 1448));
        CHECK(packet.right(segment));
        CHECK(load_network32(segment, packet.tcp + 4) == 1000 + 1448 * i);
        CHECK((segment[packet.tcp + 13] & std::byte{0x80}) == (i == 0 ? std::byte{0x80} : std::byte{0}));
        CHECK((segment[packet.tcp + 13] & std::byte{0x19}) == (last ? std::byte{0x19} : std::byte{0x10}));
        joined.insert(joined.end(), segment.begin() + static_cast<std::ptrdiff_t>(front), segment.end());
      }
      CHECK(std::equal(joined.begin(), joined.end(),
                       packet.frame.begin() + static_cast<std::ptrdiff_t>(front), packet.frame.end()));
    }
  }
}

TEST_CASE("Absurd segmentation is dropped") {
  RunningNet r(kChecksum | kHostTso4 | kHostTso6);
  const TcpPacket packet(false, 5000);
  VirtioNetHeader header{.flags = 1,
                         .segmentation = 1,
                         .segment_size = 1448,
                         .checksum_start = static_cast<u16>(packet.tcp),
                         .checksum_offset = 16};
  const auto sent = [&r](const VirtioNetHeader& changed, const Frame& frame) {
    r.queue_packet(changed, frame);
    r.driver.kick(VirtioNet::kTransmit);
    return std::exchange(r.wire.frames, {}).size();
  };
  CHECK(sent(header, packet.frame) == 4);
  VirtioNetHeader changed = header;
  changed.segment_size = 0;
  CHECK(sent(changed, packet.frame) == 0);
  changed.segment_size = 1;  // 5000 frames
  CHECK(sent(changed, packet.frame) == 0);
  changed.segment_size = 65535;
  CHECK(sent(changed, packet.frame) == 0);
  changed = header;
  changed.segmentation = 4;  // it is no IPv6
  CHECK(sent(changed, packet.frame) == 0);
  for (const u16 start : {0, 14, 33, 5060, 65535}) {
    changed = header;
    changed.checksum_start = start;
    CHECK(sent(changed, packet.frame) == 0);
  }
  Frame longer = packet.frame;  // a TCP header longer than the packet, or shorter than one can be
  longer.resize(packet.tcp + 30);
  longer[packet.tcp + 12] = std::byte{0xf0};
  CHECK(sent(header, longer) == 0);
  longer[packet.tcp + 12] = std::byte{0x40};
  CHECK(sent(header, longer) == 0);
  CHECK(r.driver.status() == 0xf);
}

TEST_CASE("Received packets are marked whose checksum is right") {
  RunningNet r(kGuestChecksum | kMergeableBuffers);
  const auto flags = [&r](const Frame& frame) {
    r.offer_buffer(0);
    r.net.receive(frame);
    return r.memory.read_value<u8>(GuestPhysical(kBuffers));
  };
  for (const bool six : {false, true}) {
    TcpPacket packet(six, 100);
    packet.finish();
    CHECK(flags(packet.frame) == 2);
    Frame padded = packet.frame;
    padded.resize(padded.size() + 10);
    CHECK(flags(padded) == 2);
    Frame wrong = packet.frame;
    wrong.back() ^= std::byte{1};
    CHECK(flags(wrong) == 0);
    Frame cut = packet.frame;
    cut.resize(cut.size() - 1);
    CHECK(flags(cut) == 0);
    if (six) continue;
    Frame fragment = packet.frame;
    put16(fragment, packet.ip() + 6, 0x2000);
    CHECK(flags(fragment) == 0);
  }
  CHECK(flags(frame_to(kOwnMac, 60)) == 0);
}

}  // namespace ringdown
