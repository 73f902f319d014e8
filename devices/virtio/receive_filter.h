// Which frames a virtio network device hands to its driver (VIRTIO 1.2, 5.1.6.5.1 to 5.1.6.5.3).
#pragma once

#include <array>
#include <span>
#include <vector>

#include "core/archive.h"
#include "core/ethernet.h"

namespace ringdown {

class ReceiveFilter {
 public:
  /// Addresses that either list holds; a longer one lets all of its kind in.
  static constexpr std::size_t kMostAddresses = 64;

  /// As after a reset: promiscuous, all VLANs.
  void reset() { *this = {}; }

  /// The commands of the class CTRL_RX, by their numbers.
  enum class Mode : u8 {
    Promiscuous = 0,
    AllMulticast = 1,
    AllUnicast = 2,
    NoMulticast = 3,
    NoUnicast = 4,
    NoBroadcast = 5,
  };
  static constexpr std::size_t kModes = 6;
  void set_mode(Mode mode, bool on) { modes_[static_cast<std::size_t>(mode)] = on; }

  /// An address list: cleared, then added to.
  struct AddressList {
    std::vector<MacAddress> addresses;
    bool overflow = false;

    void add(const MacAddress& address);
    bool holds(std::span<const std::byte, 6> destination) const;
    void serialize(Archive& archive);
  };
  AddressList unicast;
  AddressList multicast;

  /// From now on frames of VLANs pass only if theirs was added.
  void filter_vlans() { filters_vlans_ = true; }
  static constexpr u16 kVlans = 4096;
  void set_vlan(u16 vlan, bool passes);

  /// `own` is the device's address. The frame has at least its header.
  bool passes(std::span<const std::byte> frame, const MacAddress& own) const;

  void serialize(Archive& archive);

 private:
  bool mode(Mode mode) const { return modes_[static_cast<std::size_t>(mode)]; }
  bool passes_vlan(std::span<const std::byte> frame) const;

  std::array<bool, kModes> modes_{true};
  bool filters_vlans_ = false;
  std::array<u64, kVlans / 64> vlans_{};
};

}  // namespace ringdown
