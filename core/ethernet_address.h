// Addresses of Ethernet in frames.
#pragma once

#include <algorithm>
#include <span>

#include "core/ethernet.h"

namespace ringdown {

/// The address a frame begins with; `frame` has kEthernetHeaderLength bytes at least.
inline std::span<const std::byte, 6> destination_of(std::span<const std::byte> frame) {
  return frame.first<6>();
}
/// Of several stations: multicast or broadcast.
inline bool is_group(std::span<const std::byte, 6> address) {
  return (address[0] & std::byte{1}) != std::byte{0};
}
inline bool is_broadcast(std::span<const std::byte, 6> address) {
  return std::ranges::all_of(address, [](std::byte byte) { return byte == std::byte{0xff}; });
}
inline bool is_same(std::span<const std::byte, 6> address, const MacAddress& other) {
  return std::ranges::equal(address, std::as_bytes(std::span(other)));
}

}  // namespace ringdown
