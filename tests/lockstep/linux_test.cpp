// Debian's kernel begins to boot, bare and deprivileged.
#include <catch2/catch.hpp>

#include "tests/lockstep/linux_boot.h"

namespace ringdown::test {

TEST_CASE("Debian's kernel sees the same deprivileged for its first instructions") {
  LockstepSetup setup = lockstep_of(LinuxBoot{});
  setup.within = 150'000'000;
  const LockstepResult result = run_lockstep(std::move(setup));
  CHECK_FALSE(result.divergence);
  CHECK(result.end == "limit");
  CHECK(result.comparisons == 150);
}

}  // namespace ringdown::test
