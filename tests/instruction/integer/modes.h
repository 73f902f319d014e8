// Runs a test in every mode of code and with both lengths of blocks.
#pragma once

#include <catch2/catch.hpp>

#include "tests/support/guest_code.h"

namespace ringdown::test {

/// A Catch2 generator inside: the test case runs once for each combination.
inline GuestCode any_protected_machine() {
  const CodeMode mode = GENERATE(CodeMode::Flat32, CodeMode::Segmented32);
  const bool single = GENERATE(false, true);
  return GuestCode(mode, {.single_instruction_blocks = single});
}

inline GuestCode real_machine() {
  const bool single = GENERATE(false, true);
  return GuestCode(CodeMode::Real16, {.single_instruction_blocks = single});
}

}  // namespace ringdown::test
