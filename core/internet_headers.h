// The headers of Internet packets in an Ethernet frame: where their fields are, and where a packet has them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "core/types.h"

namespace ringdown {

enum class NetworkProtocol : u8 { Ipv4, Ipv6 };
enum class TransportProtocol : u8 { Tcp, Udp };

// In the following a `k...` without more is the offset of a field within its header, all of them in network
// order, and kShortest is the length of a header without options.

/// The type field of Ethernet and its values (IEEE 802.3, 3.2.6; IEEE 802.1Q, 9.6).
namespace ethernet_type {
inline constexpr std::size_t kField = 12;
inline constexpr std::size_t kTagLength = 4;  // the type of a VLAN and its tag; then the type of what follows
inline constexpr u16 kIpv4 = 0x0800;
inline constexpr u16 kArp = 0x0806;
inline constexpr u16 kVlan = 0x8100;
inline constexpr u16 kIpv6 = 0x86dd;
}  // namespace ethernet_type

/// RFC 791, 3.1.
namespace ipv4 {
inline constexpr std::size_t kTotalLength = 2;
inline constexpr std::size_t kIdentification = 4;
inline constexpr std::size_t kFragment = 6;
inline constexpr std::size_t kProtocol = 9;
inline constexpr std::size_t kChecksum = 10;
inline constexpr std::size_t kAddresses = 12;
inline constexpr std::size_t kShortest = 20;
inline constexpr u16 kIsFragment = 0x3fff;  // in the field: more fragments, or an offset
}  // namespace ipv4

/// RFC 8200, 3.
namespace ipv6 {
inline constexpr std::size_t kPayloadLength = 4;
inline constexpr std::size_t kNextHeader = 6;
inline constexpr std::size_t kAddresses = 8;
inline constexpr std::size_t kLength = 40;
}  // namespace ipv6

/// RFC 9293, 3.1.
namespace tcp {
inline constexpr u8 kProtocol = 6;
inline constexpr std::size_t kSequence = 4;
inline constexpr std::size_t kAcknowledgement = 8;
inline constexpr std::size_t kDataOffset = 12;
inline constexpr std::size_t kFlags = 13;
inline constexpr std::size_t kChecksum = 16;
inline constexpr std::size_t kShortest = 20;
// Flags.
inline constexpr std::byte kFin{0x01};
inline constexpr std::byte kPush{0x08};
inline constexpr std::byte kAcknowledges{0x10};
inline constexpr std::byte kWindowReduced{0x80};  // CWR (RFC 3168, 6.1.2)
}  // namespace tcp

/// RFC 768.
namespace udp {
inline constexpr u8 kProtocol = 17;
inline constexpr std::size_t kDatagramLength = 4;
inline constexpr std::size_t kChecksum = 6;
inline constexpr std::size_t kLength = 8;
}  // namespace udp

constexpr std::size_t shortest_header(NetworkProtocol protocol) {
  return protocol == NetworkProtocol::Ipv4 ? ipv4::kShortest : ipv6::kLength;
}
constexpr std::size_t shortest_header(TransportProtocol protocol) {
  return protocol == TransportProtocol::Tcp ? tcp::kShortest : udp::kLength;
}

/// A TCP packet or a UDP datagram within a frame: offsets from the frame's start.
struct TransportPacket {
  NetworkProtocol network = NetworkProtocol::Ipv4;
  TransportProtocol transport = TransportProtocol::Tcp;
  std::size_t network_start = 0;
  std::size_t transport_start = 0;
  std::size_t end = 0;  // behind its payload: what the frame has beyond is padding
};

/// The packet whose network header begins at `network_start`. Nothing where it is not there as a whole, is a
/// fragment, carries something else, or has extension headers of IPv6 between.
std::optional<TransportPacket> find_transport(std::span<const std::byte> frame, NetworkProtocol network,
                                              std::size_t network_start);

/// The length of the header of the IPv4 packet that `packet` begins with, options included; nothing if it is
/// not there as a whole, or is none.
std::optional<std::size_t> ipv4_header_length(std::span<const std::byte> packet);

/// The length of the TCP header that `segment` begins with, options included; nothing if it is not there as a
/// whole.
std::optional<std::size_t> tcp_header_length(std::span<const std::byte> segment);

/// The sum of the pseudo header, from which a packet's checksum begins (RFC 9293, 3.1; RFC 8200, 8.1).
u16 pseudo_header_sum(std::span<const std::byte> frame, const TransportPacket& packet);

/// A sender of UDP may leave the checksum out (RFC 768).
enum class TransportChecksum : u8 { Right, Wrong, None };
TransportChecksum verify_checksum(std::span<const std::byte> frame, const TransportPacket& packet);

}  // namespace ringdown
