// Address and VLAN filtering of received frames.
#include "devices/virtio/receive_filter.h"

#include <algorithm>

#include "core/ethernet_address.h"
#include "core/internet_checksum.h"
#include "core/internet_headers.h"

namespace ringdown {

namespace {

constexpr std::size_t kTagAt = ethernet_type::kField + sizeof(u16);
constexpr u16 kVlanNumber = 0x0fff;

}  // namespace

void ReceiveFilter::AddressList::add(const MacAddress& address) {
  if (addresses.size() < kMostAddresses) {
    addresses.push_back(address);
  } else {
    overflow = true;
  }
}

bool ReceiveFilter::AddressList::holds(std::span<const std::byte, 6> destination) const {
  return overflow ||
         std::ranges::any_of(addresses, [&](const MacAddress& own) { return is_same(destination, own); });
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
  if (!filters_vlans_ || frame.size() < kTagAt + sizeof(u16) ||
      load_network16(frame, ethernet_type::kField) != ethernet_type::kVlan) {
    return true;
  }
  const u16 vlan = load_network16(frame, kTagAt) & kVlanNumber;
  return (vlans_[vlan / 64] >> (vlan % 64) & 1) != 0;
}

bool ReceiveFilter::passes(std::span<const std::byte> frame, const MacAddress& own) const {
  const auto destination = destination_of(frame);
  if (!passes_vlan(frame)) return false;
  if (mode(Mode::Promiscuous)) return true;
  if (is_broadcast(destination)) return !mode(Mode::NoBroadcast);
  if (is_group(destination)) {
    if (mode(Mode::NoMulticast)) return false;
    return mode(Mode::AllMulticast) || multicast.holds(destination);
  }
  if (mode(Mode::NoUnicast)) return false;
  return mode(Mode::AllUnicast) || is_same(destination, own) || unicast.holds(destination);
}

void ReceiveFilter::serialize(Archive& archive) {
  archive(modes_, unicast, multicast, filters_vlans_, vlans_);
}

}  // namespace ringdown
