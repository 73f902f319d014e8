// Debian's kernel with an instruction let through.
#pragma once

#include <catch2/catch.hpp>

#include "frontend/lab/violate/violation.h"
#include "tests/lockstep/linux_boot.h"

namespace ringdown::test {

inline Violation violate_linux(const std::string& instruction) {
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

inline bool says(const AfterSide& side, std::string_view text) {
  return side.output.find(text) != std::string::npos;
}

inline u32 number(const std::string& hex) { return static_cast<u32>(std::stoul(hex, nullptr, 16)); }

}  // namespace ringdown::test
