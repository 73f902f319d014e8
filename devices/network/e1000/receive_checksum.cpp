// Finds what a frame carries, and judges its checksums.
#include "devices/network/e1000/receive_checksum.h"

#include <optional>

#include "core/internet_checksum.h"
#include "core/internet_headers.h"
#include "devices/network/e1000/descriptors.h"
#include "devices/network/e1000/receive_filter.h"

namespace ringdown::e1000 {

namespace {

constexpr u16 kLongestLength = 1500;  // above that the field is a type
constexpr u32 kSnapPrefix = 0xaaaa'0300;
constexpr std::size_t kSnapType = 6;

void judge(bool right, u8 checked, u8 error, ReceivedChecksums& result) {
  result.status |= checked;
  if (!right) result.errors |= error;
}

struct NetworkHeader {
  u16 type = 0;
  std::size_t start = 0;
};

/// What Ethernet II or, behind a length, the header of SNAP (RFC 1042) says that the frame carries.
std::optional<NetworkHeader> network_header(const RegisterFile& registers, std::span<const std::byte> frame) {
  std::size_t at = ethernet_type::kField;
  if (is_tagged(registers, frame)) at += ethernet_type::kTagLength;
  if (frame.size() < at + sizeof(u16)) return std::nullopt;
  u16 type = load_network16(frame, at);
  at += sizeof(u16);
  if (type <= kLongestLength && frame.size() >= at + kSnapType + sizeof(u16) &&
      load_network32(frame, at) == kSnapPrefix) {
    type = load_network16(frame, at + kSnapType);
    at += kSnapType + sizeof(u16);
  }
  return NetworkHeader{type, at};
}

}  // namespace

ReceivedChecksums check_received(const RegisterFile& registers, std::span<const std::byte> frame) {
  ReceivedChecksums result;
  const bool ip = registers.get<IpOffload>(Offset::Rxcsum);
  const bool transport = registers.get<TransportOffload>(Offset::Rxcsum);
  if (!ip && !transport) return result;
  const auto network = network_header(registers, frame);
  if (!network) return result;
  const bool four = network->type == ethernet_type::kIpv4;
  const bool six = network->type == ethernet_type::kIpv6 && registers.get<Ipv6Offload>(Offset::Rxcsum);
  if (four && ip) {
    const std::span<const std::byte> packet = frame.subspan(network->start);
    if (const auto length = ipv4_header_length(packet)) {
      judge(InternetChecksum(internet_sum(packet.first(*length))).checksum() == 0, receive_status::kIpChecked,
            receive_error::kIp, result);
    }
  }
  if (!transport || (!four && !six)) return result;
  const NetworkProtocol protocol = four ? NetworkProtocol::Ipv4 : NetworkProtocol::Ipv6;
  const auto found = find_transport(frame, protocol, network->start);
  if (!found) return result;
  const TransportChecksum checksum = verify_checksum(frame, *found);
  if (checksum != TransportChecksum::None) {
    judge(checksum == TransportChecksum::Right, receive_status::kTransportChecked, receive_error::kTransport,
          result);
  }
  return result;
}

}  // namespace ringdown::e1000
