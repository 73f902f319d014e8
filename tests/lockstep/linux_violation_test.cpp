// Debian's kernel, deceived about IF by PUSHF and about its ring by PUSH CS: different stories.
#include <catch2/catch.hpp>

#include "frontend/lab/violate/violation.h"
#include "tests/lockstep/linux_boot.h"

namespace ringdown::test {

namespace {

Violation violate(const std::string& instruction) {
  ViolationSetup setup;
  setup.instructions = instruction;
  setup.guest = "linux-686";
  setup.machine =
      lockstep_of(LinuxBoot{.command = "uname -r", .parameters = "earlyprintk=serial,ttyS0"}).guest;
  REQUIRE(setup.machine.policy.let_through(instruction));
  setup.go = true;
  Result<Violation> violation = find_violation(setup);
  REQUIRE(violation);
  REQUIRE(violation->run.divergence);
  REQUIRE(violation->aftermath);
  INFO(violation_text(*violation));
  CHECK(violation->aftermath->bare.end == "exit 0");
  return std::move(*violation);
}

bool says(const AfterSide& side, std::string_view text) {
  return side.output.find(text) != std::string::npos;
}

u32 number(const std::string& hex) { return static_cast<u32>(std::stoul(hex, nullptr, 16)); }

}  // namespace

TEST_CASE("With PUSHF let through, Debian's kernel reads IF=1 and dies in a timer interrupt") {
  const Violation violation = violate("pushf");
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

TEST_CASE("With PUSH CS let through, the IRET of Debian's kernel goes to an outer ring and is refused") {
  const Violation violation = violate("push-cs");
  const Divergence& divergence = *violation.run.divergence;
  CHECK(divergence.step.disassembly == "push cs");
  REQUIRE(divergence.differences.size() == 1);
  CHECK((number(divergence.differences[0].reference) & 0xffff) == 0x60);
  CHECK((number(divergence.differences[0].other) & 0xffff) == 0x61);
  CHECK(says(violation.aftermath->through, "PANIC: early exception 0x0d"));
  CHECK(violation.aftermath->through.end == "halted with interrupts off");
}

}  // namespace ringdown::test
