// Debian's kernels boot to a shell, work, and go down, bare and deprivileged; and one is deceived about its
// ring, by PUSH CS after more than two billion instructions.
#include <catch2/catch.hpp>

#include "tests/lockstep/linux_violation.h"

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

TEST_CASE("With PUSH CS let through, the IRET of Debian's kernel goes to an outer ring and is refused") {
  const Violation violation = violate_linux("push-cs");
  const Divergence& divergence = *violation.run.divergence;
  CHECK(divergence.step.disassembly == "push cs");
  REQUIRE(divergence.differences.size() == 1);
  CHECK((number(divergence.differences[0].reference) & 0xffff) == 0x60);
  CHECK((number(divergence.differences[0].other) & 0xffff) == 0x61);
  CHECK(says(violation.aftermath->through, "PANIC: early exception 0x0d"));
  CHECK(violation.aftermath->through.end == "halted with interrupts off");
}

}  // namespace ringdown::test
