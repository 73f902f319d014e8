// Parses IPv4, IPv6, TCP and UDP as far as adapters and the ends of their cables look into packets.
#include "core/internet_headers.h"

#include "core/internet_checksum.h"

namespace ringdown {

namespace {

std::optional<TransportProtocol> transport_of(u8 protocol) {
  if (protocol == tcp::kProtocol) return TransportProtocol::Tcp;
  if (protocol == udp::kProtocol) return TransportProtocol::Udp;
  return std::nullopt;
}

u8 number_of(TransportProtocol protocol) {
  return protocol == TransportProtocol::Tcp ? tcp::kProtocol : udp::kProtocol;
}

}  // namespace

std::optional<std::size_t> ipv4_header_length(std::span<const std::byte> packet) {
  if (packet.size() < ipv4::kShortest) return std::nullopt;
  const u8 first = std::to_integer<u8>(packet[0]);
  const std::size_t length = (first & 0x0fu) * 4;
  const std::size_t total = load_network16(packet, ipv4::kTotalLength);
  if (first >> 4 != 4 || length < ipv4::kShortest || length > total || total > packet.size())
    return std::nullopt;
  return length;
}

std::optional<std::size_t> tcp_header_length(std::span<const std::byte> segment) {
  if (segment.size() < tcp::kShortest) return std::nullopt;
  const std::size_t length = std::to_integer<std::size_t>(segment[tcp::kDataOffset]) / 16 * 4;
  if (length < tcp::kShortest || length > segment.size()) return std::nullopt;
  return length;
}

std::optional<TransportPacket> find_transport(std::span<const std::byte> frame, NetworkProtocol network,
                                              std::size_t network_start) {
  if (frame.size() < network_start) return std::nullopt;
  const std::span<const std::byte> packet = frame.subspan(network_start);
  std::size_t header = ipv6::kLength;
  std::size_t length = 0;
  u8 protocol = 0;
  if (network == NetworkProtocol::Ipv4) {
    const auto own = ipv4_header_length(packet);
    if (!own || (load_network16(packet, ipv4::kFragment) & ipv4::kIsFragment) != 0) return std::nullopt;
    header = *own;
    length = load_network16(packet, ipv4::kTotalLength);
    protocol = std::to_integer<u8>(packet[ipv4::kProtocol]);
  } else {
    if (packet.size() < header) return std::nullopt;
    length = header + load_network16(packet, ipv6::kPayloadLength);
    protocol = std::to_integer<u8>(packet[ipv6::kNextHeader]);
  }
  const auto transport = transport_of(protocol);
  if (!transport || length > packet.size() || length < header + shortest_header(*transport))
    return std::nullopt;
  return TransportPacket{network, *transport, network_start, network_start + header, network_start + length};
}

u16 pseudo_header_sum(std::span<const std::byte> frame, const TransportPacket& packet) {
  const bool four = packet.network == NetworkProtocol::Ipv4;
  const std::size_t addresses = four ? ipv4::kAddresses : ipv6::kAddresses;
  const std::size_t end = four ? ipv4::kShortest : ipv6::kLength;
  InternetChecksum sum(number_of(packet.transport));
  sum.add(frame.subspan(packet.network_start + addresses, end - addresses));
  sum.add(static_cast<u16>(packet.end - packet.transport_start));
  return sum.sum();
}

TransportChecksum verify_checksum(std::span<const std::byte> frame, const TransportPacket& packet) {
  if (packet.transport == TransportProtocol::Udp &&
      load_network16(frame, packet.transport_start + udp::kChecksum) == 0) {
    return TransportChecksum::None;
  }
  InternetChecksum sum(pseudo_header_sum(frame, packet));
  sum.add(frame.subspan(packet.transport_start, packet.end - packet.transport_start));
  return sum.checksum() == 0 ? TransportChecksum::Right : TransportChecksum::Wrong;
}

}  // namespace ringdown
