// The host's own x87 unit as a calculator: one operation under a given control word, its result and status
// word.
#pragma once

#include "core/float80.h"
#include "core/types.h"

// By the build's option of that name, in the targets that include this header. 0 where the build has no host
// unit: another architecture, or RINGDOWN_HOST_X87=OFF.
#ifndef RINGDOWN_HOST_X87
#error "the target lacks target_compile_definitions(... RINGDOWN_HOST_X87=0 or 1)"
#endif
#if RINGDOWN_HOST_X87

namespace ringdown::host_x87 {

/// A result and the status word after it: flags since they were last cleared, C1 and the condition codes.
template <class T>
struct Outcome {
  T value;
  u16 status;
};

/// The control word that the System V ABI promises to C++ code.
inline constexpr u16 kDefaultControl = 0x037F;
inline constexpr u16 kAllMasked = 0x003F;
inline constexpr u16 kFlags = 0x003F;

/// Runs `operation` under `control` with all exceptions masked. The host's flags are sticky and clearing them
/// is slow (FNCLEX, some 50 ns), so they stay as long as they tell nothing new: only if a flag outside
/// `known` is found are they cleared and the operation repeated. On return every flag in `status` that is not
/// in `known` was raised by this operation.
template <class Operation>
inline auto run(u16 control, u16 known, Operation operation) {
  const u16 masked = control | kAllMasked;
  if (masked != kDefaultControl) asm volatile("fldcw %0" : : "m"(masked));
  auto outcome = operation();
  if ((outcome.status & kFlags & ~known) != 0) [[unlikely]] {
    asm volatile("fnclex");
    outcome = operation();
  }
  if (masked != kDefaultControl) asm volatile("fldcw %0" : : "m"(kDefaultControl));
  return outcome;
}

#define RINGDOWN_HOST_X87_BINARY(name, instruction)                                 \
  inline Outcome<Float80> name(Float80 a, Float80 b, u16 control, u16 known) {      \
    return run(control, known, [&] {                                                \
      Outcome<Float80> outcome;                                                     \
      asm volatile("fldt %2\n\tfldt %3\n\t" instruction "\n\tfnstsw %1\n\tfstpt %0" \
                   : "=m"(outcome.value), "=a"(outcome.status)                      \
                   : "m"(a), "m"(b)                                                 \
                   : "st", "st(1)");                                                \
      return outcome;                                                               \
    });                                                                             \
  }
// With `a` loaded first, `b` is ST(0). The AT&T names of the subtraction and division into ST(1) are
// reversed.
RINGDOWN_HOST_X87_BINARY(add, "faddp %%st, %%st(1)")
RINGDOWN_HOST_X87_BINARY(subtract, "fsubrp %%st, %%st(1)")
RINGDOWN_HOST_X87_BINARY(multiply, "fmulp %%st, %%st(1)")
RINGDOWN_HOST_X87_BINARY(divide, "fdivrp %%st, %%st(1)")
#undef RINGDOWN_HOST_X87_BINARY

#define RINGDOWN_HOST_X87_UNARY(name, instruction)                       \
  inline Outcome<Float80> name(Float80 a, u16 control, u16 known) {      \
    return run(control, known, [&] {                                     \
      Outcome<Float80> outcome;                                          \
      asm volatile("fldt %2\n\t" instruction "\n\tfnstsw %1\n\tfstpt %0" \
                   : "=m"(outcome.value), "=a"(outcome.status)           \
                   : "m"(a)                                              \
                   : "st");                                              \
      return outcome;                                                    \
    });                                                                  \
  }
RINGDOWN_HOST_X87_UNARY(square_root, "fsqrt")
RINGDOWN_HOST_X87_UNARY(round_to_integer, "frndint")
#undef RINGDOWN_HOST_X87_UNARY

}  // namespace ringdown::host_x87

#endif
