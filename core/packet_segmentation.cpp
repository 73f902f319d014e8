// Writes the fields of headers that segments differ in.
#include "core/packet_segmentation.h"

#include "core/internet_checksum.h"

namespace ringdown {

namespace {

constexpr std::byte kFinAndPush = tcp::kFin | tcp::kPush;

}  // namespace

bool fits(const SegmentHeaders& headers) {
  return headers.network_start + shortest_header(headers.network) <= headers.length &&
         headers.transport_start + shortest_header(headers.transport) <= headers.length;
}

void write_segment_headers(std::span<std::byte> frame, const SegmentHeaders& headers,
                           const SegmentPlace& place) {
  const std::span<std::byte> network = frame.subspan(headers.network_start);
  if (headers.network == NetworkProtocol::Ipv4) {
    store_network16(network, ipv4::kTotalLength, static_cast<u16>(network.size()));
    const u16 first = load_network16(network, ipv4::kIdentification);
    store_network16(network, ipv4::kIdentification, static_cast<u16>(first + place.number));
  } else {
    // Extension headers count as payload.
    store_network16(network, ipv6::kPayloadLength, static_cast<u16>(network.size() - ipv6::kLength));
  }

  const std::span<std::byte> transport = frame.subspan(headers.transport_start);
  if (headers.transport == TransportProtocol::Tcp) {
    store_network32(transport, tcp::kSequence, load_network32(transport, tcp::kSequence) + place.offset);
    if (!place.last) transport[tcp::kFlags] &= ~kFinAndPush;
  } else {
    store_network16(transport, udp::kDatagramLength, static_cast<u16>(transport.size()));
  }
}

}  // namespace ringdown
