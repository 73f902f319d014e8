// Which acknowledgements of a batch reach the guest.
#include "frontend/network/acknowledgements.h"

#include <catch2/catch.hpp>

#include "tests/unit/frontend/guest_packets.h"

using namespace ringdown;
using packets::Bytes;

namespace {

constexpr std::size_t kTcpAt = kEthernetHeaderLength + 20;

Bytes number(u32 value) { return packets::joined(packets::word(value >> 16), packets::word(value & 0xffff)); }

Bytes segment(unsigned port, u32 sequence, u32 acknowledged, u8 flags = packets::kAck,
              const Bytes& data = {}) {
  const Bytes tcp =
      packets::joined(packets::word(80), packets::word(port), number(sequence), number(acknowledged),
                      Bytes{0x50, flags}, packets::word(8192), Bytes{0, 0, 0, 0}, data);
  return packets::ip(packets::kRouter, packets::kGuest, packets::kTcp, tcp);
}

/// The numbers of the frames that are left.
std::vector<std::size_t> needed(const std::vector<Bytes>& frames) {
  FrameBatch batch;
  for (const Bytes& frame : frames) batch.add(std::as_bytes(std::span(frame)));
  std::vector<std::size_t> left;
  std::size_t next = 0;
  Acknowledgements acknowledgements;
  acknowledgements.for_each_needed(batch, [&](std::span<const std::byte> frame) {
    while (!std::ranges::equal(frame, std::as_bytes(std::span(frames.at(next))))) ++next;
    left.push_back(next++);
  });
  return left;
}

using Numbers = std::vector<std::size_t>;

}  // namespace

TEST_CASE("of acknowledgements in a row the last one is left") {
  CHECK(needed({segment(1000, 5, 100), segment(1000, 5, 200), segment(1000, 5, 300)}) == Numbers{2});
  // Sequence numbers go round.
  CHECK(needed({segment(1000, 5, 0xffff'ff00), segment(1000, 5, 0x100)}) == Numbers{1});
}

TEST_CASE("each connection has its own") {
  CHECK(needed({segment(1000, 5, 100), segment(1001, 5, 100), segment(1000, 5, 200), segment(1001, 9, 90)}) ==
        Numbers{1, 2, 3});
}

TEST_CASE("duplicates and changes of the window stay") {
  CHECK(needed({segment(1000, 5, 100), segment(1000, 5, 100), segment(1000, 5, 100)}) == Numbers{0, 1, 2});
  CHECK(needed({segment(1000, 5, 100), segment(1000, 5, 100), segment(1000, 5, 200)}) == Numbers{2});
}

TEST_CASE("what carries data, options or other flags stays, and acknowledges for those before") {
  const Bytes data = segment(1000, 5, 200, packets::kAck, {1, 2, 3});
  CHECK(needed({segment(1000, 5, 100), data, segment(1000, 8, 300)}) == Numbers{1, 2});
  constexpr u8 kFin = 1, kPush = 8;
  CHECK(needed({segment(1000, 5, 100, packets::kAck | kFin), segment(1000, 5, 200),
                segment(1000, 5, 200, packets::kAck | kPush), segment(1000, 5, 300)}) == Numbers{0, 1, 2, 3});
  Bytes with_options = segment(1000, 5, 100, packets::kAck, {1, 1, 1, 1});
  with_options[kTcpAt + 12] = 0x60;
  CHECK(needed({with_options, segment(1000, 5, 200)}) == Numbers{0, 1});
}

TEST_CASE("what is no TCP over IPv4 stays") {
  const Bytes arp = packets::arp(1, packets::kRouter, packets::kGuest);
  const Bytes datagram = packets::udp(packets::kRouter, 53, packets::kGuest, 1000, Bytes(30));
  Bytes fragment = segment(1000, 5, 100);
  fragment[kEthernetHeaderLength + 6] = 0x20;
  Bytes cut = segment(1000, 5, 100);
  cut.resize(kTcpAt + 19);
  CHECK(needed({arp, datagram, fragment, cut, {}, segment(1000, 5, 200)}) == Numbers{0, 1, 2, 3, 4, 5});
}
