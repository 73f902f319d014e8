// The CRC of Ethernet, as zlib computes it.
#include "devices/network/ethernet_crc.h"

#include <zlib.h>

#include <algorithm>
#include <bit>

namespace ringdown {

namespace {

u32 crc_of(std::span<const std::byte> data) {
  return static_cast<u32>(
      crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
}

}  // namespace

std::array<std::byte, 4> check_sequence(std::span<const std::byte> frame) {
  return std::bit_cast<std::array<std::byte, 4>>(crc_of(frame));
}

bool ends_with_check_sequence(std::span<const std::byte> frame) {
  if (frame.size() < sizeof(u32)) return false;
  const std::array<std::byte, 4> expected = check_sequence(frame.first(frame.size() - sizeof(u32)));
  return std::ranges::equal(expected, frame.last(sizeof(u32)));
}

u32 address_crc(std::span<const std::byte, 6> address) { return ~crc_of(address); }

}  // namespace ringdown
