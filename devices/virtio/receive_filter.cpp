// Address and VLAN filtering of received frames.
#include "devices/virtio/receive_filter.h"

#include <algorithm>
#include <cstring>

namespace ringdown {

namespace {

constexpr std::size_t kTypeAt = 12;
constexpr std::size_t kTagAt = 14;
constexpr u16 kVlanType = 0x8100;
constexpr u16 kVlanNumber = 0x0fff;
constexpr std::byte kGroup{1};  // in the first byte of an address

u16 network_word(std::span<const std::byte> frame, std::size_t at) {
  return static_cast<u16>(std::to_integer<u16>(frame[at]) << 8 | std::to_integer<u16>(frame[at + 1]));
}

bool same(std::span<const std::byte> destination, const MacAddress& address) {
  return std::memcmp(destination.data(), address.data(), address.size()) == 0;
}

constexpr MacAddress kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

}  // namespace

void ReceiveFilter::AddressList::add(const MacAddress& address) {
  if (addresses.size() < kMostAddresses) {
    addresses.push_back(address);
  } else {
    overflow = true;
  }
}

bool ReceiveFilter::AddressList::holds(std::span<const std::byte> destination) const {
  return overflow ||
         std::ranges::any_of(addresses, [&](const MacAddress& own) { return same(destination, own); });
}

void ReceiveFilter::AddressList::serialize(Archive& archive) {
  archive(addresses, overflow);
  if (archive.loading() && addresses.size() > kMostAddresses) {
    archive.fail("a list of network addresses is too long");
    addresses.resize(kMostAddresses);
  }
}

void ReceiveFilter::set_vlan(u16 vlan, bool passes) {
  const u64 bit = u64{1} << (vlan % 64);
  u64& word = vlans_[(vlan & kVlanNumber) / 64];
  word = passes ? word | bit : word & ~bit;
}

bool ReceiveFilter::passes_vlan(std::span<const std::byte> frame) const {
  if (!filters_vlans_ || frame.size() < kTagAt + sizeof(u16) || network_word(frame, kTypeAt) != kVlanType)
    return true;
  const u16 vlan = network_word(frame, kTagAt) & kVlanNumber;
  return (vlans_[vlan / 64] >> (vlan % 64) & 1) != 0;
}

bool ReceiveFilter::passes(std::span<const std::byte> frame, const MacAddress& own) const {
  const auto destination = frame.first(own.size());
  if (!passes_vlan(frame)) return false;
  if (mode(Mode::Promiscuous)) return true;
  if (same(destination, kBroadcast)) return !mode(Mode::NoBroadcast);
  if ((destination[0] & kGroup) != std::byte{0}) {
    if (mode(Mode::NoMulticast)) return false;
    return mode(Mode::AllMulticast) || multicast.holds(destination);
  }
  if (mode(Mode::NoUnicast)) return false;
  return mode(Mode::AllUnicast) || same(destination, own) || unicast.holds(destination);
}

void ReceiveFilter::serialize(Archive& archive) {
  archive(modes_, unicast, multicast, filters_vlans_, vlans_);
}

}  // namespace ringdown
