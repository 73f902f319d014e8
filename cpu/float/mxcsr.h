// The fields of MXCSR, and what an SSE operation runs under and has raised.
#pragma once

#include "core/field.h"
#include "cpu/float/x87_registers.h"

namespace ringdown {

/// Fields of MXCSR (Intel SDM vol. 1, figure 10-3). Flags and masks are in the order of `x87_exception`.
namespace mxcsr {
using Flags = Field<u32, 0, 6, u8>;
using DenormalsAreZeros = Field<u32, 6>;
using Masks = Field<u32, 7, 6, u8>;
using RoundingControl = Field<u32, 13, 2, Rounding>;
using FlushToZero = Field<u32, 15>;
}  // namespace mxcsr

/// MXCSR in, exceptions out: `raised` accumulates over the lanes of an instruction.
struct SseEnvironment {
  u32 control = 0;
  u8 raised = 0;

  constexpr explicit SseEnvironment(u32 value) : control(value) {}

  constexpr Rounding rounding() const { return mxcsr::RoundingControl::get(control); }
  constexpr bool denormals_are_zeros() const { return mxcsr::DenormalsAreZeros::get(control); }
  constexpr u8 masks() const { return mxcsr::Masks::get(control); }
  constexpr bool is_masked(u8 exception) const { return (masks() & exception) != 0; }
  /// FTZ has an effect only while underflow is masked (vol. 1, 10.2.3.3).
  constexpr bool flushes_to_zero() const {
    return mxcsr::FlushToZero::get(control) && is_masked(x87_exception::kUnderflow);
  }
  constexpr void raise(u8 exceptions) { raised = static_cast<u8>(raised | exceptions); }

  /// The flags to be set. An unmasked exception found before the operation, in any lane, keeps those of
  /// results from being looked for (vol. 1, 11.5.3).
  constexpr u8 reported() const {
    const bool before = (raised & x87_exception::kBeforeOperation & ~masks()) != 0;
    return before ? raised & x87_exception::kBeforeOperation : raised;
  }
  /// Whether the instruction ends in an exception, its destination unchanged.
  constexpr bool is_unmasked() const { return (reported() & ~masks()) != 0; }
};

}  // namespace ringdown
