// Debian's kernels boot to a shell, work, and go down, bare and deprivileged.
#include <catch2/catch.hpp>

#include "tests/lockstep/linux_boot.h"
#include "tests/lockstep/storage_lockstep.h"

namespace ringdown::test {

TEST_CASE("Debian's kernels see the same deprivileged from boot to power-off, 3 billion instructions") {
  constexpr Ticks kAtLeast = 3'000'000'000;
  const std::string work =
      "i=0; while [ $i -lt 6 ]; do gzip -c /bin/busybox | sha256sum; i=$((i+1)); done; ls -lR /proc/self | "
      "md5sum; ps; free";
  for (const char* const kernel : {"linux-686", "linux-686-pae"}) {
    INFO(kernel);
    const LockstepResult result =
        run_lockstep(lockstep_of(LinuxBoot{.kernel = kernel, .command = work, .parameters = {}}));
    CHECK_FALSE(result.divergence);
    CHECK(result.end == "exit 0");
    CHECK(result.instructions >= kAtLeast);
  }
}

TEST_CASE("Debian's kernel sees the same deprivileged while its drives are at work, 7 billion instructions") {
  constexpr unsigned kRounds = 8;
  constexpr Ticks kAtLeast = 7'000'000'000;
  const LockstepResult result = storage_in_lockstep(kRounds, 10'000'000);
  CHECK_FALSE(result.divergence);
  CHECK(result.end == "exit 0");
  CHECK(result.instructions >= kAtLeast);
}

}  // namespace ringdown::test
