// The Internet checksum against published packets, in all ways of cutting them.
#include "core/internet_checksum.h"

#include <catch2/catch.hpp>

#include "tests/unit/core/packets.h"

namespace ringdown {
namespace {

using test::packet;

// An IPv4 header whose checksum, B861h, is filled in.
const std::vector<std::byte> kHeader = packet("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7");

TEST_CASE("The sum is that of RFC 1071's example", "[offload]") {
  CHECK(internet_sum(packet("0001 f203 f4f5 f6f7")) == 0xddf2);
}

TEST_CASE("A header with its checksum sums to all ones", "[offload]") {
  CHECK(internet_sum(kHeader) == 0xffff);
}

TEST_CASE("The last odd byte counts as the high one of its word", "[offload]") {
  CHECK(internet_sum(packet("12")) == 0x1200);
  CHECK(internet_sum(packet("0001 f203 f4f5 f6f7 01")) == 0xdef2);
}

TEST_CASE("No bytes have a sum of zero", "[offload]") {
  InternetChecksum checksum;
  checksum.add(std::span<const std::byte>());
  CHECK(checksum.sum() == 0);
  CHECK(checksum.checksum() == 0xffff);
}

TEST_CASE("Pieces of any lengths sum as the whole", "[offload]") {
  const std::span<const std::byte> header(kHeader);
  for (std::size_t first = 0; first <= header.size(); ++first) {
    for (std::size_t second = first; second <= header.size(); ++second) {
      CAPTURE(first, second);
      InternetChecksum checksum;
      checksum.add(header.first(first));
      checksum.add(header.subspan(first, second - first));
      checksum.add(header.subspan(second));
      CHECK(checksum.sum() == 0xffff);
    }
  }
}

TEST_CASE("Long runs of ones carry round", "[offload]") {
  const std::vector<std::byte> ones(65535, std::byte{0xff});
  CHECK(internet_sum(ones) == 0xff00);
}

TEST_CASE("A checksum is inserted over its range, from what the field holds", "[offload]") {
  std::vector<std::byte> frame = kHeader;
  store_network16(frame, 10, 0);
  insert_checksum(frame, {0, frame.size(), 10});
  CHECK(frame == kHeader);

  // UDP 192.168.0.1:1 to 192.168.0.2:2 with "Hi!": the field holds the pseudo header's sum.
  frame = packet("0001 0002 000b 0000 486921");
  InternetChecksum pseudo(0x11);
  pseudo.add(packet("c0a80001 c0a80002"));
  pseudo.add(u16{11});
  store_network16(frame, 6, pseudo.sum());
  insert_checksum(frame, {0, 1000, 6});
  pseudo.add(frame);
  CHECK(pseudo.sum() == 0xffff);
}

TEST_CASE("A checksum of zero has another form for UDP", "[offload]") {
  std::vector<std::byte> frame = packet("ffff 0000");
  insert_checksum(frame, {0, 4, 2});
  CHECK(frame == packet("ffff 0000"));
  insert_checksum(frame, {0, 4, 2, ZeroChecksum::AllOnes});
  CHECK(frame == packet("ffff ffff"));
}

TEST_CASE("A checksum that is not within its frame is not inserted", "[offload]") {
  const std::vector<std::byte> before = packet("0102 0304");
  std::vector<std::byte> frame = before;
  insert_checksum(frame, {4, 8, 0});
  insert_checksum(frame, {3, 2, 0});
  insert_checksum(frame, {0, 4, 3});
  insert_checksum(frame, {0, 4, 70000});
  insert_checksum(std::span<std::byte>(), {0, 0, 0});
  CHECK(frame == before);
}

}  // namespace
}  // namespace ringdown
