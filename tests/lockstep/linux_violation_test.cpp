// Debian's kernel, deceived about IF by PUSHF.
#include "tests/lockstep/linux_violation.h"

#include <catch2/catch.hpp>

namespace ringdown::test {

TEST_CASE("With PUSHF let through, Debian's kernel reads IF=1 and dies in a timer interrupt") {
  const Violation violation = violate_linux("pushf");
  const Divergence& divergence = *violation.run.divergence;
  CHECK(divergence.step.disassembly == "pushfd");
  REQUIRE(divergence.differences.size() == 1);
  CHECK(divergence.differences[0].place == "at SS:ESP");
  CHECK((number(divergence.differences[0].reference) ^ number(divergence.differences[0].other)) ==
        eflags::kIf);
  const AfterSide& through = violation.aftermath->through;
  CHECK(says(through, "Interrupts were enabled *very* early"));
  CHECK(says(through, "Fatal exception in interrupt"));
  CHECK(through.end == "reset");
  CHECK_FALSE(says(violation.aftermath->bare, "Interrupts were enabled"));
}

}  // namespace ringdown::test
