// Finds the headers of IP, TCP and UDP.
#include "devices/network/e1000/receive_checksum.h"

#include <algorithm>
#include <optional>

#include "core/ethernet.h"
#include "core/internet_checksum.h"
#include "devices/network/e1000/descriptors.h"
#include "devices/network/e1000/receive_filter.h"

namespace ringdown::e1000 {

namespace {

constexpr std::size_t kTypeField = 12;
constexpr std::size_t kTagLength = 4;
constexpr u16 kLongestLength = 1500;  // above that the field is a type
constexpr u32 kSnapPrefix = 0xaaaa'0300;
constexpr std::size_t kSnapType = 6;
constexpr u16 kIpv4 = 0x0800;
constexpr u16 kIpv6 = 0x86dd;
constexpr u8 kTcp = 6;
constexpr u8 kUdp = 17;
constexpr std::size_t kUdpChecksum = 6;
constexpr u16 kAllOnes = 0xffff;

/// TCP or UDP with what its checksum begins from.
struct Transport {
  u8 protocol = 0;
  std::span<const std::byte> bytes;
  InternetChecksum pseudo_header;
};

Transport transport(u8 protocol, std::span<const std::byte> addresses, std::span<const std::byte> bytes) {
  Transport found{protocol, bytes, InternetChecksum(protocol)};
  found.pseudo_header.add(addresses);
  found.pseudo_header.add(static_cast<u16>(bytes.size()));
  return found;
}

void judge(bool right, u8 checked, u8 error, ReceivedChecksums& result) {
  result.status |= checked;
  if (!right) result.errors |= error;
}

std::optional<Transport> look_into_ipv4(const RegisterFile& registers, std::span<const std::byte> packet,
                                        ReceivedChecksums& result) {
  constexpr std::size_t kShortest = 20;
  if (packet.size() < kShortest) return std::nullopt;
  const std::size_t header = (std::to_integer<std::size_t>(packet[0]) & 0x0f) * 4;
  const std::size_t total = load_network16(packet, 2);
  const bool version4 = std::to_integer<u8>(packet[0]) >> 4 == 4;
  if (!version4 || header < kShortest || total < header || total > packet.size()) return std::nullopt;
  if (registers.get<IpOffload>(Offset::Rxcsum)) {
    judge(internet_sum(packet.first(header)) == kAllOnes, receive_status::kIpChecked, receive_error::kIp,
          result);
  }
  constexpr u16 kFragment = 0x3fff;  // "more fragments" and the offset
  if ((load_network16(packet, 6) & kFragment) != 0) return std::nullopt;
  return transport(std::to_integer<u8>(packet[9]), packet.subspan(12, 8),
                   packet.subspan(header, total - header));
}

std::optional<Transport> look_into_ipv6(const RegisterFile& registers, std::span<const std::byte> packet) {
  constexpr std::size_t kHeader = 40;
  if (!registers.get<Ipv6Offload>(Offset::Rxcsum) || packet.size() < kHeader) return std::nullopt;
  const std::size_t payload = load_network16(packet, 4);
  if (payload > packet.size() - kHeader) return std::nullopt;
  return transport(std::to_integer<u8>(packet[6]), packet.subspan(8, 32), packet.subspan(kHeader, payload));
}

}  // namespace

ReceivedChecksums check_received(const RegisterFile& registers, std::span<const std::byte> frame) {
  ReceivedChecksums result;
  const bool any =
      registers.get<IpOffload>(Offset::Rxcsum) || registers.get<TransportOffload>(Offset::Rxcsum);
  if (!any) return result;
  std::size_t at = kTypeField;
  if (is_tagged(registers, frame)) at += kTagLength;
  if (frame.size() < at + sizeof(u16)) return result;
  u16 type = load_network16(frame, at);
  at += sizeof(u16);
  if (type <= kLongestLength && frame.size() >= at + kSnapType + sizeof(u16) &&
      load_network32(frame, at) == kSnapPrefix) {
    type = load_network16(frame, at + kSnapType);
    at += kSnapType + sizeof(u16);
  }

  const std::span<const std::byte> packet = frame.subspan(at);
  std::optional<Transport> found;
  if (type == kIpv4) found = look_into_ipv4(registers, packet, result);
  if (type == kIpv6) found = look_into_ipv6(registers, packet);
  if (!found || !registers.get<TransportOffload>(Offset::Rxcsum)) return result;
  const bool udp = found->protocol == kUdp && found->bytes.size() >= kUdpChecksum + sizeof(u16) &&
                   load_network16(found->bytes, kUdpChecksum) != 0;
  if (found->protocol != kTcp && !udp) return result;
  found->pseudo_header.add(found->bytes);
  judge(found->pseudo_header.sum() == kAllOnes, receive_status::kTransportChecked, receive_error::kTransport,
        result);
  return result;
}

}  // namespace ringdown::e1000
