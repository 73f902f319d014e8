// The fields of IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293) and UDP (RFC 768) that segments differ in.
#include "core/packet_segmentation.h"

#include "core/internet_checksum.h"

namespace ringdown {

namespace {

// Offsets within the headers, and their shortest lengths.
constexpr std::size_t kIpv4TotalLength = 2;
constexpr std::size_t kIpv4Identification = 4;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6PayloadLength = 4;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kTcpSequence = 4;
constexpr std::size_t kTcpFlags = 13;
constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpLength = 4;
constexpr std::size_t kUdpHeader = 8;

constexpr std::byte kFinAndPsh{0x09};

std::size_t shortest(NetworkProtocol protocol) {
  return protocol == NetworkProtocol::Ipv4 ? kIpv4Header : kIpv6Header;
}
std::size_t shortest(TransportProtocol protocol) {
  return protocol == TransportProtocol::Tcp ? kTcpHeader : kUdpHeader;
}

}  // namespace

bool fits(const SegmentHeaders& headers) {
  return headers.network_start + shortest(headers.network) <= headers.length &&
         headers.transport_start + shortest(headers.transport) <= headers.length;
}

void write_segment_headers(std::span<std::byte> frame, const SegmentHeaders& headers,
                           const SegmentPlace& place) {
  const std::span<std::byte> network = frame.subspan(headers.network_start);
  if (headers.network == NetworkProtocol::Ipv4) {
    store_network16(network, kIpv4TotalLength, static_cast<u16>(network.size()));
    const u16 first = load_network16(network, kIpv4Identification);
    store_network16(network, kIpv4Identification, static_cast<u16>(first + place.number));
  } else {
    // Extension headers count as payload.
    store_network16(network, kIpv6PayloadLength, static_cast<u16>(network.size() - kIpv6Header));
  }

  const std::span<std::byte> transport = frame.subspan(headers.transport_start);
  if (headers.transport == TransportProtocol::Tcp) {
    store_network32(transport, kTcpSequence, load_network32(transport, kTcpSequence) + place.offset);
    if (!place.last) transport[kTcpFlags] &= ~kFinAndPsh;
  } else {
    store_network16(transport, kUdpLength, static_cast<u16>(transport.size()));
  }
}

}  // namespace ringdown
