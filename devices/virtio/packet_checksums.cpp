// Looks into frames of Ethernet II with at most one VLAN tag.
#include "devices/virtio/packet_checksums.h"

#include "core/ethernet.h"
#include "core/internet_checksum.h"

namespace ringdown {

namespace {

struct NetworkHeader {
  NetworkProtocol protocol;
  std::size_t start;
};

/// Nothing where the frame carries no Internet packet.
std::optional<NetworkHeader> network_header(std::span<const std::byte> frame) {
  using namespace ethernet_type;
  std::size_t type_at = kField;
  if (frame.size() < kEthernetHeaderLength + kTagLength) return std::nullopt;
  if (load_network16(frame, type_at) == kVlan) type_at += kTagLength;
  const u16 type = load_network16(frame, type_at);
  if (type != kIpv4 && type != kIpv6) return std::nullopt;
  return NetworkHeader{type == kIpv4 ? NetworkProtocol::Ipv4 : NetworkProtocol::Ipv6, type_at + sizeof type};
}

std::optional<TransportPacket> find_packet(std::span<const std::byte> frame) {
  const auto network = network_header(frame);
  return network ? find_transport(frame, network->protocol, network->start) : std::nullopt;
}

}  // namespace

std::optional<SegmentHeaders> tcp_headers(std::span<const std::byte> frame, NetworkProtocol protocol,
                                          std::size_t transport_start) {
  const auto network = network_header(frame);
  if (!network || network->protocol != protocol || frame.size() < transport_start ||
      transport_start < network->start + shortest_header(protocol)) {
    return std::nullopt;
  }
  const auto tcp_length = tcp_header_length(frame.subspan(transport_start));
  if (!tcp_length) return std::nullopt;
  return SegmentHeaders{protocol, TransportProtocol::Tcp, network->start, transport_start,
                        transport_start + *tcp_length};
}

void insert_partial_checksums(std::span<std::byte> frame, const SegmentHeaders& headers) {
  if (headers.network == NetworkProtocol::Ipv4) {
    const std::size_t field = headers.network_start + ipv4::kChecksum;
    store_network16(frame, field, 0);
    insert_checksum(frame, {headers.network_start, headers.transport_start, field, ZeroChecksum::Keep});
  }
  const TransportPacket packet{headers.network, headers.transport, headers.network_start,
                               headers.transport_start, frame.size()};
  store_network16(frame, headers.transport_start + tcp::kChecksum, pseudo_header_sum(frame, packet));
}

void insert_packet_checksums(std::span<std::byte> frame, const SegmentHeaders& headers) {
  insert_partial_checksums(frame, headers);
  const std::size_t field = headers.transport_start + tcp::kChecksum;
  insert_checksum(frame, {headers.transport_start, frame.size(), field, ZeroChecksum::Keep});
}

bool transport_checksum_right(std::span<const std::byte> frame) {
  const auto packet = find_packet(frame);
  return packet && verify_checksum(frame, *packet) == TransportChecksum::Right;
}

std::optional<TcpSegment> whole_tcp_segment(std::span<const std::byte> frame) {
  const auto packet = find_packet(frame);
  if (!packet || packet->transport != TransportProtocol::Tcp ||
      verify_checksum(frame, *packet) != TransportChecksum::Right) {
    return std::nullopt;
  }
  const auto network = frame.first(packet->transport_start).subspan(packet->network_start);
  if (packet->network == NetworkProtocol::Ipv4 && InternetChecksum(internet_sum(network)).checksum() != 0)
    return std::nullopt;
  const auto headers = tcp_headers(frame.first(packet->end), packet->network, packet->transport_start);
  if (!headers) return std::nullopt;
  return TcpSegment{*headers, packet->end};
}

}  // namespace ringdown
