// Parses Ethernet, IPv4 (RFC 791) and IPv6 (RFC 8200) as far as checksums need it.
#include "devices/virtio/packet_checksums.h"

#include "core/ethernet.h"
#include "core/internet_checksum.h"

namespace ringdown {

namespace {

constexpr std::size_t kTypeAt = 12;
constexpr std::size_t kTagLength = 4;
constexpr u16 kVlan = 0x8100;
constexpr u16 kIpv4 = 0x0800;
constexpr u16 kIpv6 = 0x86dd;

constexpr std::size_t kIpv4Length = 20;
constexpr std::size_t kIpv4TotalLength = 2;
constexpr std::size_t kIpv4Fragment = 6;
constexpr u16 kIsFragment = 0x3fff;  // more fragments, or an offset
constexpr std::size_t kIpv4Protocol = 9;
constexpr std::size_t kIpv4Checksum = 10;
constexpr std::size_t kIpv4Addresses = 12;

constexpr std::size_t kIpv6Length = 40;
constexpr std::size_t kIpv6PayloadLength = 4;
constexpr std::size_t kIpv6NextHeader = 6;
constexpr std::size_t kIpv6Addresses = 8;

constexpr u8 kTcp = 6;
constexpr std::size_t kTcpLength = 20;
constexpr std::size_t kTcpDataOffset = 12;
constexpr std::size_t kTcpChecksum = 16;
constexpr u8 kUdp = 17;
constexpr std::size_t kUdpLength = 8;
constexpr std::size_t kUdpChecksum = 6;

/// Where a packet's parts are in a frame.
struct Packet {
  NetworkProtocol network;
  std::size_t network_start;
  std::size_t transport_start;
  std::size_t end;
  u8 transport;  // its protocol number
};

u8 byte_at(std::span<const std::byte> frame, std::size_t at) { return std::to_integer<u8>(frame[at]); }

/// The network header: its protocol, and where it begins.
std::optional<std::pair<NetworkProtocol, std::size_t>> network_header(std::span<const std::byte> frame) {
  std::size_t type_at = kTypeAt;
  if (frame.size() < kEthernetHeaderLength + kTagLength) return std::nullopt;
  if (load_network16(frame, type_at) == kVlan) type_at += kTagLength;
  const u16 type = load_network16(frame, type_at);
  if (type != kIpv4 && type != kIpv6) return std::nullopt;
  const bool four = type == kIpv4;
  const std::size_t start = type_at + sizeof(u16);
  if (frame.size() < start + (four ? kIpv4Length : kIpv6Length)) return std::nullopt;
  return std::pair{four ? NetworkProtocol::Ipv4 : NetworkProtocol::Ipv6, start};
}

std::optional<Packet> find_packet(std::span<const std::byte> frame) {
  const auto network = network_header(frame);
  if (!network) return std::nullopt;
  const auto [protocol, start] = *network;
  Packet packet{protocol, start, 0, 0, 0};
  const std::span<const std::byte> header = frame.subspan(start);
  if (protocol == NetworkProtocol::Ipv4) {
    const std::size_t length = (byte_at(header, 0) & 0xfu) * 4;
    if (length < kIpv4Length || (load_network16(header, kIpv4Fragment) & kIsFragment) != 0)
      return std::nullopt;
    packet.transport = byte_at(header, kIpv4Protocol);
    packet.transport_start = start + length;
    packet.end = start + load_network16(header, kIpv4TotalLength);
  } else {
    packet.transport = byte_at(header, kIpv6NextHeader);
    packet.transport_start = start + kIpv6Length;
    packet.end = packet.transport_start + load_network16(header, kIpv6PayloadLength);
  }
  if (packet.transport != kTcp && packet.transport != kUdp) return std::nullopt;
  const std::size_t shortest = packet.transport == kTcp ? kTcpLength : kUdpLength;
  if (packet.end > frame.size() || packet.end < packet.transport_start + shortest) return std::nullopt;
  return packet;
}

/// The sum of the pseudo header of TCP and UDP (RFC 9293, 3.1; RFC 8200, 8.1).
u16 pseudo_header_sum(std::span<const std::byte> frame, const Packet& packet) {
  InternetChecksum sum;
  const bool four = packet.network == NetworkProtocol::Ipv4;
  const std::size_t addresses = four ? kIpv4Addresses : kIpv6Addresses;
  const std::size_t length = four ? kIpv4Length - kIpv4Addresses : kIpv6Length - kIpv6Addresses;
  sum.add(frame.subspan(packet.network_start + addresses, length));
  sum.add(u16{packet.transport});
  sum.add(static_cast<u16>(packet.end - packet.transport_start));
  return sum.sum();
}

bool checksum_right(std::span<const std::byte> frame, const Packet& packet) {
  InternetChecksum sum(pseudo_header_sum(frame, packet));
  sum.add(frame.subspan(packet.transport_start, packet.end - packet.transport_start));
  return sum.checksum() == 0;
}

}  // namespace

std::optional<SegmentHeaders> tcp_headers(std::span<const std::byte> frame, NetworkProtocol protocol,
                                          std::size_t transport_start) {
  const auto network = network_header(frame);
  if (!network || network->first != protocol || frame.size() < transport_start + kTcpLength)
    return std::nullopt;
  const std::size_t tcp_length = std::size_t{byte_at(frame, transport_start + kTcpDataOffset)} / 16 * 4;
  const SegmentHeaders headers{protocol, TransportProtocol::Tcp, network->second, transport_start,
                               transport_start + tcp_length};
  const std::size_t network_length = protocol == NetworkProtocol::Ipv4 ? kIpv4Length : kIpv6Length;
  const bool whole = transport_start >= headers.network_start + network_length && tcp_length >= kTcpLength &&
                     headers.length <= frame.size();
  if (!whole) return std::nullopt;
  return headers;
}

void insert_partial_checksums(std::span<std::byte> frame, const SegmentHeaders& headers) {
  if (headers.network == NetworkProtocol::Ipv4) {
    const std::size_t field = headers.network_start + kIpv4Checksum;
    store_network16(frame, field, 0);
    insert_checksum(frame, {headers.network_start, headers.transport_start, field, ZeroChecksum::Keep});
  }
  const Packet packet{headers.network, headers.network_start, headers.transport_start, frame.size(), kTcp};
  store_network16(frame, headers.transport_start + kTcpChecksum, pseudo_header_sum(frame, packet));
}

void insert_packet_checksums(std::span<std::byte> frame, const SegmentHeaders& headers) {
  insert_partial_checksums(frame, headers);
  const std::size_t field = headers.transport_start + kTcpChecksum;
  insert_checksum(frame, {headers.transport_start, frame.size(), field, ZeroChecksum::Keep});
}

bool transport_checksum_right(std::span<const std::byte> frame) {
  const auto packet = find_packet(frame);
  if (!packet) return false;
  // UDP without a checksum has none that could be right (RFC 768).
  if (packet->transport == kUdp && load_network16(frame, packet->transport_start + kUdpChecksum) == 0)
    return false;
  return checksum_right(frame, *packet);
}

std::optional<TcpSegment> whole_tcp_segment(std::span<const std::byte> frame) {
  const auto packet = find_packet(frame);
  if (!packet || packet->transport != kTcp || !checksum_right(frame, *packet)) return std::nullopt;
  const std::size_t network_length = packet->transport_start - packet->network_start;
  if (packet->network == NetworkProtocol::Ipv4 &&
      static_cast<u16>(~internet_sum(frame.subspan(packet->network_start, network_length))) != 0) {
    return std::nullopt;
  }
  const auto headers = tcp_headers(frame.first(packet->end), packet->network, packet->transport_start);
  if (!headers) return std::nullopt;
  return TcpSegment{*headers, packet->end};
}

}  // namespace ringdown
