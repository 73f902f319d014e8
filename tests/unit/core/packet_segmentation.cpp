// Headers of segments, field by field.
#include "core/packet_segmentation.h"

#include <catch2/catch.hpp>

#include "tests/unit/core/packets.h"

namespace ringdown {
namespace {

using test::packet;

// Two bytes before the network header show that offsets count from the frame's start.
const std::vector<std::byte> kIpv4Tcp = packet(
    "eeee 4500 0000 fffe 4000 4006 0000 0a000001 0a000002 1234 0050 fffffff0 00000000 5019 7210 0000 0000");
const std::vector<std::byte> kIpv6Udp = packet(
    "60000000 0000 11 40 00000000000000000000000000000001 00000000000000000000000000000002 "
    "1234 0050 0000 0000");

constexpr SegmentHeaders kTcpHeaders{NetworkProtocol::Ipv4, TransportProtocol::Tcp, 2, 22, 42};
constexpr SegmentHeaders kUdpHeaders{NetworkProtocol::Ipv6, TransportProtocol::Udp, 0, 40, 48};

std::vector<std::byte> segment(const std::vector<std::byte>& prototype, const SegmentHeaders& headers,
                               std::size_t payload, const SegmentPlace& place) {
  std::vector<std::byte> frame = prototype;
  frame.resize(prototype.size() + payload, std::byte{0xaa});
  write_segment_headers(frame, headers, place);
  frame.resize(prototype.size());
  return frame;
}

TEST_CASE("The first of several TCP segments has neither FIN nor PSH", "[offload]") {
  CHECK(segment(kIpv4Tcp, kTcpHeaders, 100, {0, 0, false}) ==
        packet("eeee 4500 008c fffe 4000 4006 0000 0a000001 0a000002 "
               "1234 0050 fffffff0 00000000 5010 7210 0000 0000"));
}

TEST_CASE("Later segments count identification and sequence number on, round their ends", "[offload]") {
  CHECK(segment(kIpv4Tcp, kTcpHeaders, 7, {3, 300, true}) ==
        packet("eeee 4500 002f 0001 4000 4006 0000 0a000001 0a000002 "
               "1234 0050 0000011c 00000000 5019 7210 0000 0000"));
}

TEST_CASE("IPv6 and UDP have their own lengths", "[offload]") {
  CHECK(segment(kIpv6Udp, kUdpHeaders, 12, {1, 12, false}) ==
        packet("60000000 0014 11 40 00000000000000000000000000000001 00000000000000000000000000000002 "
               "1234 0050 0014 0000"));
}

TEST_CASE("Headers that are cut off do not fit", "[offload]") {
  CHECK(fits(kTcpHeaders));
  CHECK(fits(kUdpHeaders));
  SegmentHeaders headers = kTcpHeaders;
  headers.length = 41;
  CHECK_FALSE(fits(headers));
  headers = kUdpHeaders;
  headers.network_start = 9;
  CHECK_FALSE(fits(headers));
  headers = kUdpHeaders;
  headers.transport_start = 41;
  CHECK_FALSE(fits(headers));
}

}  // namespace
}  // namespace ringdown
