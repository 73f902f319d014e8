// The wake-up filters, each a bit of WUFC and of WUS.
#include "devices/network/e1000/wake_up.h"

#include <algorithm>

#include "core/ethernet_address.h"
#include "core/internet_checksum.h"
#include "core/internet_headers.h"
#include "devices/network/e1000/receive_filter.h"

namespace ringdown::e1000 {

namespace {

constexpr u32 kLinkChange = 1u << 0;
constexpr u32 kMagic = 1u << 1;
constexpr u32 kExact = 1u << 2;
constexpr u32 kMulticast = 1u << 3;
constexpr u32 kBroadcast = 1u << 4;
constexpr u32 kArp = 1u << 5;
constexpr u32 kIpv4 = 1u << 6;
constexpr u32 kIpv6 = 1u << 7;
constexpr u32 kFlexible = 1u << 16;  // and three more
constexpr u32 kFlexibleFilters = 4;

constexpr u32 kStride = 8;           // of the tables of addresses and filters
constexpr std::size_t kNoted = 128;  // bytes of WUPM

constexpr std::size_t kArpTarget = 38;
constexpr std::size_t kIpv4Destination = 30;
constexpr std::size_t kIpv6Destination = 38;

/// Registers hold addresses in the order of the wire, lowest byte first.
u32 load_as_register(std::span<const std::byte> frame, std::size_t at) {
  u32 value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value |= std::to_integer<u32>(frame[at + i]) << (8 * i);
  return value;
}

bool has_ipv4_address(const RegisterFile& registers, std::span<const std::byte> frame, std::size_t at) {
  if (frame.size() < at + sizeof(u32)) return false;
  for (u32 i = 0; i < 4; ++i) {
    if ((registers[Offset::Ipav] >> i & 1) == 0) continue;
    if (registers[Offset::Ip4at + i * kStride] == load_as_register(frame, at)) return true;
  }
  return false;
}

bool has_ipv6_address(const RegisterFile& registers, std::span<const std::byte> frame) {
  constexpr u32 kValid = 1u << 16;
  if ((registers[Offset::Ipav] & kValid) == 0 || frame.size() < kIpv6Destination + 16) return false;
  for (u32 i = 0; i < 16; i += sizeof(u32)) {
    if (registers[Offset::Ip6at + i] != load_as_register(frame, kIpv6Destination + i)) return false;
  }
  return true;
}

/// Six bytes of ones and sixteen times the station address, anywhere.
bool is_magic(const RegisterFile& registers, std::span<const std::byte> frame) {
  constexpr std::size_t kLength = 6;
  std::array<std::byte, kLength * 17> pattern;
  std::fill_n(pattern.begin(), kLength, std::byte{0xff});
  for (std::size_t i = kLength; i < pattern.size(); ++i) {
    const std::size_t byte = i % kLength;
    pattern[i] =
        static_cast<std::byte>(registers[byte < 4 ? Offset::Ral0 : Offset::Rah0] >> (8 * (byte % 4)));
  }
  return std::search(frame.begin(), frame.end(), pattern.begin(), pattern.end()) != frame.end();
}

/// FFLT bytes from the start on agree with FFVT where FFMT says so.
bool matches_flexible(const RegisterFile& registers, std::span<const std::byte> frame, u32 number) {
  const u32 length = std::min<u32>(registers[Offset::Fflt + number * kStride], kNoted);
  if (length == 0 || frame.size() < length) return false;
  for (u32 i = 0; i < length; ++i) {
    const bool compared = (registers[Offset::Ffmt + i * kStride] >> number & 1) != 0;
    const auto value = static_cast<std::byte>(registers[Offset::Ffvt + i * kStride] >> (8 * number));
    if (compared && frame[i] != value) return false;
  }
  return true;
}

u32 causes_of(const RegisterFile& registers, std::span<const std::byte> frame) {
  u32 causes = 0;
  const auto destination = destination_of(frame);
  if (is_magic(registers, frame)) causes |= kMagic;
  if (is_broadcast(destination)) {
    causes |= kBroadcast;
  } else if (is_group(destination)) {
    if (matches_hash(registers, frame)) causes |= kMulticast;
  } else if (matches_receive_address(registers, frame)) {
    causes |= kExact;
  }
  const u16 type = load_network16(frame, ethernet_type::kField);
  if (type == ethernet_type::kArp && has_ipv4_address(registers, frame, kArpTarget)) causes |= kArp;
  if (type == ethernet_type::kIpv4 && has_ipv4_address(registers, frame, kIpv4Destination)) causes |= kIpv4;
  if (type == ethernet_type::kIpv6 && has_ipv6_address(registers, frame)) causes |= kIpv6;
  for (u32 i = 0; i < kFlexibleFilters; ++i) {
    if (matches_flexible(registers, frame, i)) causes |= kFlexible << i;
  }
  return causes;
}

}  // namespace

bool WakeUp::wakes(std::span<const std::byte> frame) {
  if (!note(causes_of(registers_, frame))) return false;
  registers_.set(Offset::Wupl, static_cast<u32>(frame.size()) & 0xfff);
  for (u32 i = 0; i < kNoted; i += sizeof(u32)) {
    const u32 word = i + sizeof(u32) <= frame.size() ? load_as_register(frame, i) : 0;
    registers_.set(Offset::Wupm + i, word);
  }
  return true;
}

bool WakeUp::link_changed() { return note(kLinkChange); }

bool WakeUp::note(u32 causes) {
  causes &= registers_[Offset::Wufc];
  registers_.set(Offset::Wus, registers_[Offset::Wus] | causes);
  return causes != 0;
}

}  // namespace ringdown::e1000
