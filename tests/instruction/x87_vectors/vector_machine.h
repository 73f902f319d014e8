// Runs lines of vectors through one instruction form on a machine of their own.
#pragma once

#include <vector>

#include "tests/instruction/x87_vectors/forms.h"
#include "tests/instruction/x87_vectors/vector_file.h"

namespace ringdown::test {

/// Who runs the guest.
enum class Engine : u8 { BareRing0, BareRing3, TrapRing1, TrapRing3 };

/// What an instruction left behind.
struct FormResult {
  /// From the stack or memory, as the vector's line has it; 0 or 1 for comparisons.
  Float80 value;
  u16 status = 0;
};

/// Whether the form can take the line's operands.
bool accepts(const Form& form, const VectorLine& line);

/// The results of the form for each line, under the control word. Fails the test if the guest does not run to
/// its end.
std::vector<FormResult> run_form(Engine engine, const Form& form, const VectorFormat& format, u16 control,
                                 const std::vector<VectorLine>& lines);

}  // namespace ringdown::test
