// Which flags the manual leaves undefined after an instruction: named entries, each with the manual's place.
#pragma once

#include <span>
#include <string_view>

#include "tests/vectors/tested_instruction.h"

namespace ringdown::test {

struct UndefinedFlags {
  std::string_view name;
  u32 flags;
  std::string_view manual;
  bool (*applies)(const TestedInstruction& instruction, const MooTest& test);
};

/// Several may apply to one test.
std::span<const UndefinedFlags> undefined_flags();

}  // namespace ringdown::test
