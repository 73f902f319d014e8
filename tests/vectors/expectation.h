// What a processor must have done by the end of a captured test.
#pragma once

#include <optional>

#include "tests/vectors/moo.h"

namespace ringdown::test {

struct Expectation {
  enum class Extent : u8 {
    Everything,
    Position,  // CS and IP alone
    Nothing,   // that it ran
  };

  MooTest test;
  /// The exception that must have been raised; none if none may.
  std::optional<u8> exception;
  /// CS and IP are not the test's, but those of that exception's handler.
  bool enters_handler = false;
  Extent extent = Extent::Everything;
};

/// The captured outcome. Software interrupts are no exceptions.
Expectation as_captured(const MooTest& test, bool software_interrupt);
/// The instruction raised a fault and changed nothing (real mode, 16 bits).
Expectation as_fault(const MooTest& test, u8 vector, u32 flags);
/// The instruction, so many bytes long, ran to its end.
Expectation as_executed(const MooTest& test, u32 length);
/// Anything but a crash.
Expectation as_anything(const MooTest& test);

}  // namespace ringdown::test
