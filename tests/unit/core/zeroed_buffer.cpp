// Zeroed storage: what is written stays, and all of it is zero again after clear().
#include "core/zeroed_buffer.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace ringdown;

TEST_CASE("zeroed buffers start with zeros and return to them") {
  ZeroedBuffer buffer(1u << 20);
  const auto all_zero = [&] { return std::ranges::all_of(buffer, [](u8 byte) { return byte == 0; }); };
  CHECK(buffer.size() == 1u << 20);
  CHECK(all_zero());
  buffer[0] = 1;
  buffer[buffer.size() - 1] = 2;
  CHECK(buffer[0] == 1);
  CHECK(*(buffer.end() - 1) == 2);
  buffer.clear();
  CHECK(all_zero());
}
