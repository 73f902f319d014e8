// Packets as a guest makes them, as far as tests of networks need them (RFC 791, 768, 793, 826, 951).
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "core/ethernet.h"
#include "core/types.h"

namespace ringdown::packets {

using Bytes = std::vector<u8>;
using Ip = std::array<u8, 4>;

inline constexpr MacAddress kGuestMac{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
inline constexpr MacAddress kEveryone{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
/// The router of the user's network, by the address that it derives from its own.
inline constexpr MacAddress kRouterMac{0x52, 0x55, 10, 0, 2, 2};
inline constexpr Ip kGuest{10, 0, 2, 15};
inline constexpr Ip kRouter{10, 0, 2, 2};
inline constexpr Ip kNobody{0, 0, 0, 0};
inline constexpr Ip kBroadcast{255, 255, 255, 255};
inline constexpr u8 kTcp = 6;
inline constexpr u8 kUdp = 17;
inline constexpr u8 kSyn = 2;
inline constexpr u8 kAck = 16;

template <class... Parts>
Bytes joined(const Parts&... parts) {
  Bytes all;
  (all.insert(all.end(), parts.begin(), parts.end()), ...);
  return all;
}

inline Bytes word(unsigned value) { return {static_cast<u8>(value >> 8), static_cast<u8>(value)}; }
inline unsigned word_at(std::span<const u8> bytes, std::size_t at) {
  return bytes[at] * 256u + bytes[at + 1];
}
inline Bytes text(std::string_view characters) { return {characters.begin(), characters.end()}; }

inline unsigned checksum(const Bytes& bytes) {
  u32 sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

inline Bytes ethernet(const MacAddress& to, unsigned type, const Bytes& payload) {
  return joined(to, kGuestMac, word(type), payload);
}

inline Bytes ip(const Ip& from, const Ip& to, u8 protocol, const Bytes& payload) {
  const unsigned length = static_cast<unsigned>(20 + payload.size());
  Bytes header = joined(Bytes{0x45, 0}, word(length), Bytes{0, 1, 0, 0, 64, protocol, 0, 0}, from, to);
  const Bytes sum = word(checksum(header));
  header[10] = sum[0];
  header[11] = sum[1];
  return ethernet(to == kBroadcast ? kEveryone : kRouterMac, 0x0800, joined(header, payload));
}

inline Bytes udp(const Ip& from, unsigned from_port, const Ip& to, unsigned to_port, const Bytes& payload) {
  const Bytes length = word(static_cast<unsigned>(8 + payload.size()));
  return ip(from, to, kUdp, joined(word(from_port), word(to_port), length, Bytes{0, 0}, payload));
}

/// A segment without data.
inline Bytes tcp(unsigned from_port, const Ip& to, unsigned to_port, u8 flags) {
  Bytes header = joined(word(from_port), word(to_port), Bytes{0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags},
                        word(8192), Bytes{0, 0, 0, 0});
  const Bytes sum = word(checksum(joined(kGuest, to, Bytes{0, kTcp}, word(20), header)));
  header[16] = sum[0];
  header[17] = sum[1];
  return ip(kGuest, to, kTcp, header);
}

/// An ARP request for an address, or (2) the answer that it is the guest's.
inline Bytes arp(u8 operation, const Ip& sender, const Ip& target) {
  return ethernet(kEveryone, 0x0806,
                  joined(Bytes{0, 1, 8, 0, 6, 4, 0, operation}, kGuestMac, sender, MacAddress{}, target));
}

inline Bytes dhcp_discover() {
  Bytes bootp(236);
  bootp[0] = bootp[1] = 1;
  bootp[2] = 6;
  std::copy(kGuestMac.begin(), kGuestMac.end(), bootp.begin() + 28);
  const Bytes options{0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255};
  return udp(kNobody, 68, kBroadcast, 67, joined(bootp, options));
}

// Of packets that came; all have the shortest header of IP.
inline bool is_arp(std::span<const u8> frame, u8 operation) {
  return word_at(frame, 12) == 0x0806 && frame[21] == operation;
}
inline bool is_ip(std::span<const u8> frame, u8 protocol) {
  return word_at(frame, 12) == 0x0800 && frame[23] == protocol;
}
inline unsigned from_port(std::span<const u8> frame) { return word_at(frame, 34); }
inline unsigned to_port(std::span<const u8> frame) { return word_at(frame, 36); }
inline constexpr std::size_t kUdpDataAt = 42;
inline constexpr std::size_t kTcpFlagsAt = 47;

}  // namespace ringdown::packets
