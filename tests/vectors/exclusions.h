// The tests that an older processor passes and a later one must not, by design: a predicate over one test
// each, with the manual's place and what a later processor does instead.
#pragma once

#include <span>
#include <string_view>

#include "tests/vectors/captured_cpu.h"
#include "tests/vectors/expectation.h"
#include "tests/vectors/tested_instruction.h"

namespace ringdown::test {

/// One test as predicates see it.
struct Subject {
  const CapturedCpuTraits& cpu;
  const MooTest& test;
  const TestedInstruction& instruction;
};

struct Exclusion {
  std::string_view name;
  std::string_view reason;  // with the manual's place
  CapturedCpu first;        // of the captured processors that it concerns
  CapturedCpu last;
  bool (*applies)(const Subject& subject);
  Expectation (*later)(const Subject& subject);
};

/// The first that applies counts.
std::span<const Exclusion> exclusions();

/// The exclusion of a test, or nullptr.
const Exclusion* find_exclusion(const Subject& subject);

}  // namespace ringdown::test
