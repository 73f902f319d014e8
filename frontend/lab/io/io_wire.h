// The other end of a network card's cable: packets as the guests know them (roms/lab/io_packets.inc).
#pragma once

#include <vector>

#include "core/ethernet.h"
#include "core/result.h"

namespace ringdown {

/// A packet of 1,500 bytes to all stations, with its number.
std::vector<u8> numbered_packet(u32 number);

/// Looks at every packet that the guest sends.
class IoWire final : public EthernetWire {
 public:
  void transmit(std::span<const std::byte> frame) override;
  /// Whether so many have come, in order, and nothing else.
  Result<void> check_sent(u32 units) const;

 private:
  u32 right_ = 0;
  u32 wrong_ = 0;
};

}  // namespace ringdown
