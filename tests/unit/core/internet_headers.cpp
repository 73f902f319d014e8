// Where packets are found in frames, and their checksums.
#include "core/internet_headers.h"

#include <catch2/catch.hpp>

#include "core/internet_checksum.h"
#include "tests/unit/core/packets.h"

namespace ringdown {
namespace {

using test::packet;
using Frame = std::vector<std::byte>;

// Two bytes before the network header show that offsets count from the frame's start; two behind are padding.
constexpr std::size_t kStart = 2;
// A query of the domain name system without its content, with the checksum that tcpdump finds right.
const Frame kIpv4Udp =
    packet("eeee 4500 0020 0001 4000 4011 0000 0a00020f 0a000203 c001 0035 000c 0000 abcd1234 ffff");
const Frame kIpv4Tcp = packet(
    "eeee 4600 0030 fffe 4000 4006 0000 0a000001 0a000002 01010100 "
    "1234 0050 fffffff0 00000000 5018 7210 0000 0000 0a0b0c0d ffff");
const Frame kIpv6Tcp = packet(
    "eeee 60000000 0018 06 40 00000000000000000000000000000001 00000000000000000000000000000002 "
    "1234 0050 fffffff0 00000000 5018 7210 0000 0000 0a0b0c0d ffff");

Frame changed(Frame frame, std::size_t at, u16 value) {
  store_network16(frame, at, value);
  return frame;
}

Frame with_checksum(Frame frame, const TransportPacket& found, std::size_t field) {
  const std::size_t at = found.transport_start + field;
  InternetChecksum sum(pseudo_header_sum(frame, found));
  sum.add(
      std::span<const std::byte>(frame).subspan(found.transport_start, found.end - found.transport_start));
  store_network16(frame, at, sum.checksum());
  return frame;
}

TEST_CASE("A packet is found behind options, and ends before the padding", "[headers]") {
  const auto four = find_transport(kIpv4Tcp, NetworkProtocol::Ipv4, kStart);
  REQUIRE(four);
  CHECK(four->transport == TransportProtocol::Tcp);
  CHECK(four->transport_start == kStart + 24);
  CHECK(four->end == kIpv4Tcp.size() - 2);
  const auto six = find_transport(kIpv6Tcp, NetworkProtocol::Ipv6, kStart);
  REQUIRE(six);
  CHECK(six->transport_start == kStart + 40);
  CHECK(six->end == kIpv6Tcp.size() - 2);
  const auto datagram = find_transport(kIpv4Udp, NetworkProtocol::Ipv4, kStart);
  REQUIRE(datagram);
  CHECK(datagram->transport == TransportProtocol::Udp);
}

TEST_CASE("What is cut short, a fragment or another protocol is no packet", "[headers]") {
  const auto four = [](const Frame& frame) { return find_transport(frame, NetworkProtocol::Ipv4, kStart); };
  CHECK_FALSE(four(changed(kIpv4Udp, kStart, 0x4400)));                    // header too short
  CHECK_FALSE(four(changed(kIpv4Udp, kStart, 0x6500)));                    // version 6
  CHECK_FALSE(four(changed(kIpv4Udp, kStart + ipv4::kTotalLength, 27)));   // no room for UDP
  CHECK_FALSE(four(changed(kIpv4Udp, kStart + ipv4::kTotalLength, 35)));   // longer than the frame
  CHECK_FALSE(four(changed(kIpv4Udp, kStart + ipv4::kFragment, 0x2000)));  // more fragments
  CHECK_FALSE(four(changed(kIpv4Udp, kStart + ipv4::kFragment, 0x0001)));  // a later one
  CHECK_FALSE(four(changed(kIpv4Udp, kStart + 8, 0x4001)));                // ICMP
  CHECK_FALSE(find_transport(kIpv4Udp, NetworkProtocol::Ipv4, kIpv4Udp.size() + 1));
  CHECK_FALSE(
      find_transport(changed(kIpv6Tcp, kStart + ipv6::kPayloadLength, 19), NetworkProtocol::Ipv6, kStart));
  CHECK_FALSE(find_transport(changed(kIpv6Tcp, kStart + 6, 0x0040), NetworkProtocol::Ipv6, kStart));
  for (std::size_t length = 0; length < kIpv4Udp.size() - 2; ++length) {
    CAPTURE(length);
    CHECK_FALSE(four(Frame(kIpv4Udp.begin(), kIpv4Udp.begin() + static_cast<std::ptrdiff_t>(length))));
  }
}

TEST_CASE("Checksums cover the pseudo header and end with the packet", "[headers]") {
  const auto four = find_transport(kIpv4Udp, NetworkProtocol::Ipv4, kStart);
  const auto six = find_transport(kIpv6Tcp, NetworkProtocol::Ipv6, kStart);
  REQUIRE((four && six));
  // 0a00 + 020f + 0a00 + 0203 + 0011 + 000c
  CHECK(pseudo_header_sum(kIpv4Udp, *four) == 0x182f);
  CHECK(pseudo_header_sum(kIpv6Tcp, *six) == 0x0021);
  CHECK(verify_checksum(kIpv4Udp, *four) == TransportChecksum::None);
  // 182f + c001 + 0035 + 000c + abcd + 1234 = 1_9672, with the carry 9673
  CHECK(verify_checksum(changed(kIpv4Udp, four->transport_start + udp::kChecksum, 0x698c), *four) ==
        TransportChecksum::Right);
  CHECK(verify_checksum(changed(kIpv4Udp, four->transport_start + udp::kChecksum, 0x698d), *four) ==
        TransportChecksum::Wrong);
  CHECK(verify_checksum(kIpv6Tcp, *six) == TransportChecksum::Wrong);
  CHECK(verify_checksum(with_checksum(kIpv6Tcp, *six, tcp::kChecksum), *six) == TransportChecksum::Right);
}

TEST_CASE("Lengths of headers are those that they say, if they are there as a whole", "[headers]") {
  const std::span<const std::byte> packet = std::span<const std::byte>(kIpv4Tcp).subspan(kStart);
  CHECK(ipv4_header_length(packet) == 24u);
  CHECK_FALSE(ipv4_header_length(packet.first(23)));
  const std::span<const std::byte> segment = packet.subspan(24);
  CHECK(tcp_header_length(segment) == 20u);
  CHECK_FALSE(tcp_header_length(segment.first(19)));
  CHECK_FALSE(tcp_header_length(
      std::span<const std::byte>(changed(kIpv4Tcp, kStart + 24 + 12, 0x4018)).subspan(kStart + 24)));
  CHECK_FALSE(tcp_header_length(
      std::span<const std::byte>(changed(kIpv4Tcp, kStart + 24 + 12, 0xf018)).subspan(kStart + 24)));
}

}  // namespace
}  // namespace ringdown
