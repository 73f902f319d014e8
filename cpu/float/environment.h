// What an x87 operation runs under (its control word) and what it has raised: passed explicitly, never
// global.
#pragma once

#include "core/field.h"
#include "cpu/float/x87_registers.h"

namespace ringdown {

/// Control word in, exception flags and C1 out. `raised` accumulates; `rounded_up` is that of the last
/// operation. An operation that raises an unmasked exception of `kBeforeOperation` returns a value that must
/// not be stored.
struct FloatEnvironment {
  Register<u16> control{x87_control::kInitial};
  u8 raised = 0;
  /// C1: the stored magnitude is larger than the exact one (vol. 1, 8.1.3.1).
  bool rounded_up = false;

  constexpr FloatEnvironment() = default;
  constexpr explicit FloatEnvironment(u16 control_word) : control(control_word) {}

  constexpr Rounding rounding() const { return control.get<x87_control::RoundingControl>(); }
  constexpr Precision precision() const { return control.get<x87_control::PrecisionControl>(); }
  constexpr u8 masks() const { return control.get<x87_control::Masks>(); }
  constexpr bool is_masked(u8 exception) const { return (masks() & exception) != 0; }
  constexpr void raise(u8 exceptions) { raised = static_cast<u8>(raised | exceptions); }
  /// Exceptions raised so far that the control word does not mask.
  constexpr u8 unmasked() const { return static_cast<u8>(raised & ~masks() & x87_exception::kAll); }
  /// True if nothing may be written: an exception found before the operation is unmasked.
  constexpr bool is_suppressed() const { return (unmasked() & x87_exception::kBeforeOperation) != 0; }
};

}  // namespace ringdown
