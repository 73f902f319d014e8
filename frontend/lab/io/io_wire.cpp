// Makes packets and compares them.
#include "frontend/lab/io/io_wire.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ringdown {

namespace {

constexpr std::size_t kPacket = 1500;
constexpr std::size_t kNumber = kEthernetHeaderLength;
constexpr std::size_t kComplement = kPacket - sizeof(u32);

}  // namespace

std::vector<u8> numbered_packet(u32 number) {
  // From 02:00:00:00:00:01 to all; type 88B5h is for experiments (IEEE 802, 9.2.4).
  constexpr std::array<u8, kEthernetHeaderLength> kHeader{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,
                                                          0,    0,    0,    0,    1,    0x88, 0xb5};
  std::vector<u8> packet(kPacket);
  std::ranges::copy(kHeader, packet.begin());
  const u32 complement = ~number;
  std::memcpy(&packet[kNumber], &number, sizeof(number));
  std::memcpy(&packet[kComplement], &complement, sizeof(complement));
  return packet;
}

void IoWire::transmit(std::span<const std::byte> frame) {
  const std::vector<u8> due = numbered_packet(right_);
  ++(std::ranges::equal(frame, std::as_bytes(std::span(due))) ? right_ : wrong_);
}

Result<void> IoWire::check_sent(u32 units) const {
  if (right_ == units && wrong_ == 0) return {};
  return Error{fmt::format("{} packets came over the wire as they should, and {} others", right_, wrong_)};
}

}  // namespace ringdown
