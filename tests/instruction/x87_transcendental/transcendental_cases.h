// The transcendental instructions in a guest, and arguments for them.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "core/float80.h"
#include "tests/instruction/x87/x87_guest.h"

namespace ringdown::test {

enum class Transcendental : u8 { F2xm1, Fyl2x, Fyl2xp1, Fpatan, Fsin, Fcos, Fptan, Fsincos };

struct TranscendentalInstruction {
  Transcendental function;
  /// Name of the instruction table's row.
  std::string_view name;
  Code code;
};
std::span<const TranscendentalInstruction> transcendental_instructions();

/// ST(0) and ST(1) before.
struct Arguments {
  Float80 x;
  Float80 y;
};

/// What is left: ST(0), ST(1) and the status word.
struct TranscendentalResult {
  Float80 st0;
  Float80 st1;
  u16 status;
};

TranscendentalResult run_transcendental(X87Guest& guest, const TranscendentalInstruction& instruction,
                                        const Arguments& arguments, Rounding rounding);

/// The same `count` arguments on every host: over the whole range for which the manual defines a result,
/// dense where results are hard (near 1, near multiples of π/2, tiny, at the ends). No denormals, and results
/// that are none.
void for_each_argument(Transcendental function, int count, const std::function<void(const Arguments&)>& use);

}  // namespace ringdown::test
