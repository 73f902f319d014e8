// The CRC of Ethernet: a frame's check sequence, and the hash by which adapters filter group addresses.
#pragma once

#include <array>
#include <span>

#include "core/types.h"

namespace ringdown {

/// The check sequence of `frame` (IEEE 802.3, 3.2.9) in the order of the wire.
std::array<std::byte, 4> check_sequence(std::span<const std::byte> frame);

/// Whether the last four bytes of `frame` are the check sequence of those before them.
bool ends_with_check_sequence(std::span<const std::byte> frame);

/// The CRC register behind the six bytes of `address`, its first bit on the right as it is shifted there:
/// adapters take six bits from one of its ends.
u32 address_crc(std::span<const std::byte, 6> address);

}  // namespace ringdown
