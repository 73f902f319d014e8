// Guest memory as a device that masters the bus meets it.
#pragma once

#include <array>
#include <bit>
#include <span>

#include "core/memory.h"

namespace ringdown {

/// Where video memory is, and behind it SMRAM.
inline constexpr GuestPhysical kVideoWindow{0xa'0000};
inline constexpr u64 kVideoWindowLength = 0x2'0000;

/// The host bridge shows SMRAM to the processor alone: SMIACT# is a pin of its, and the bridge never answers
/// a bus master there, which finds the video memory (Intel 290549). What else there is, is the processor's
/// map.
class BusMasterMemory {
 public:
  explicit BusMasterMemory(GuestMemory& memory) : memory_(memory) {}

  void read(GuestPhysical address, std::span<std::byte> data) const;
  void write(GuestPhysical address, std::span<const std::byte> data);

  template <class T>
  T read_value(GuestPhysical address) const {
    std::array<std::byte, sizeof(T)> bytes;
    read(address, bytes);
    return std::bit_cast<T>(bytes);
  }
  template <class T>
  void write_value(GuestPhysical address, T value) {
    write(address, std::bit_cast<std::array<std::byte, sizeof(T)>>(value));
  }

 private:
  GuestMemory& memory_;
};

}  // namespace ringdown
