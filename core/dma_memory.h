// Guest memory as devices reach it that follow descriptors.
#pragma once

#include <array>
#include <bit>
#include <optional>
#include <span>

#include "core/memory.h"

namespace ringdown {

/// RAM and ROM, and for data the video window. Registers of other devices are out of reach: a descriptor
/// never sets off work elsewhere, and looking at a ring has no effects.
class DmaMemory {
 public:
  explicit DmaMemory(GuestMemory& memory) : memory_(memory) {}

  /// Moves data. False if a part of it is neither memory nor in the video window; what lies before that has
  /// been moved.
  bool read(GuestPhysical address, std::span<std::byte> data) const;
  bool write(GuestPhysical address, std::span<const std::byte> data) const;

  /// As PCI has it: what no memory answers reads as all ones (a master abort), and a write there is lost.
  void read_or_ones(GuestPhysical address, std::span<std::byte> data) const;
  template <class T>
  T read_value(GuestPhysical address) const {
    std::array<std::byte, sizeof(T)> bytes;
    read_or_ones(address, bytes);
    return std::bit_cast<T>(bytes);
  }
  template <class T>
  void write_value(GuestPhysical address, T value) const {
    (void)write(address, std::bit_cast<std::array<std::byte, sizeof(T)>>(value));
  }

  /// A value of a ring: RAM or ROM only, nothing if it lies elsewhere.
  template <class T>
  std::optional<T> read_ring(u64 address) const {
    std::array<std::byte, sizeof(T)> bytes;
    if (!read_memory(GuestPhysical(address), bytes)) return std::nullopt;
    return std::bit_cast<T>(bytes);
  }
  template <class T>
  bool write_ring(u64 address, T value) const {
    return write_memory(GuestPhysical(address), std::bit_cast<std::array<std::byte, sizeof(T)>>(value));
  }

 private:
  bool read_memory(GuestPhysical address, std::span<std::byte> data) const;
  bool write_memory(GuestPhysical address, std::span<const std::byte> data) const;

  GuestMemory& memory_;
};

}  // namespace ringdown
