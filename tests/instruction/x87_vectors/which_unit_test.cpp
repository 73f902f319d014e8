// The program that this is linked into computes on the unit that its build file says.
#include <catch2/catch.hpp>

#include "cpu/execute/host_units.h"

namespace ringdown::test {

TEST_CASE("the x87 instructions are those that the build asked for", "[x87]") {
  CHECK(computes_on_host_x87() == (EXPECTED_HOST_X87 != 0));
}

}  // namespace ringdown::test
