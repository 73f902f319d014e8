// Debian's drivers with disks, a CD and a floppy disk at work, bare and deprivileged.
#include <catch2/catch.hpp>

#include "tests/lockstep/storage_lockstep.h"

namespace ringdown::test {

TEST_CASE("Debian's kernel sees the same deprivileged while disks, a CD and a floppy disk are at work") {
  const LockstepResult result = storage_in_lockstep(1, 50'000'000);
  CHECK_FALSE(result.divergence);
  CHECK(result.end == "exit 0");
}

}  // namespace ringdown::test
