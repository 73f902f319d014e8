// Arithmetic as the x87 instructions call it: through the host's x87 unit where there is one, else the soft
// float.
#pragma once

#include "core/host_x87.h"
#include "cpu/float/arithmetic.h"
#include "cpu/float/convert.h"

namespace ringdown::x87_float {

#if RINGDOWN_HOST_X87

/// Takes over the host's outcome, which was computed with everything masked, if it is also the guest's. Not
/// so if an exception the guest does not mask came up, since then the response differs; and with UE unmasked
/// also an exact denormal raises it. False: compute in the soft float; nothing has changed.
inline bool adopt(u16 status, bool result_is_denormal, FloatEnvironment& environment) {
  const u8 flags = x87_status::Flags::get(status);
  const bool exact_underflow = result_is_denormal && !environment.is_masked(x87_exception::kUnderflow);
  if ((flags & ~environment.masks() & ~environment.raised) != 0 || exact_underflow) [[unlikely]]
    return false;
  // Flags left over from earlier operations are among those already raised.
  environment.raise(flags);
  environment.rounded_up = x87_status::C1::get(status);
  return true;
}

inline bool is_denormal(Float80 value) { return exponent_field(value) == 0 && value.significand != 0; }

#define RINGDOWN_X87_BINARY(name)                                                            \
  inline Float80 name(Float80 a, Float80 b, FloatEnvironment& environment) {                 \
    const auto host = host_x87::name(a, b, environment.control.value(), environment.raised); \
    if (adopt(host.status, is_denormal(host.value), environment)) return host.value;         \
    return soft_float::name(a, b, environment);                                              \
  }
RINGDOWN_X87_BINARY(add)
RINGDOWN_X87_BINARY(subtract)
RINGDOWN_X87_BINARY(multiply)
RINGDOWN_X87_BINARY(divide)
#undef RINGDOWN_X87_BINARY

#define RINGDOWN_X87_UNARY(name, type, soft)                                              \
  inline type name(Float80 a, FloatEnvironment& environment) {                            \
    const auto host = host_x87::name(a, environment.control.value(), environment.raised); \
    if (adopt(host.status, false, environment)) return host.value;                        \
    return static_cast<type>(soft);                                                       \
  }
RINGDOWN_X87_UNARY(square_root, Float80, soft_float::square_root(a, environment))
RINGDOWN_X87_UNARY(round_to_integer, Float80, soft_float::round_to_integer(a, environment))
RINGDOWN_X87_UNARY(to_integer16, s16, soft_float::to_integer(a, soft_float::IntegerSize::Word, environment))
RINGDOWN_X87_UNARY(to_integer32, s32,
                   soft_float::to_integer(a, soft_float::IntegerSize::Doubleword, environment))
RINGDOWN_X87_UNARY(to_integer64, s64,
                   soft_float::to_integer(a, soft_float::IntegerSize::Quadword, environment))
#undef RINGDOWN_X87_UNARY

inline u32 to_float32(Float80 a, FloatEnvironment& environment) {
  const auto host = host_x87::to_float32(a, environment.control.value(), environment.raised);
  const bool denormal = (host.value & 0x7F80'0000) == 0 && (host.value & 0x007F'FFFF) != 0;
  return adopt(host.status, denormal, environment) ? host.value : soft_float::to_float32(a, environment);
}

inline u64 to_float64(Float80 a, FloatEnvironment& environment) {
  const auto host = host_x87::to_float64(a, environment.control.value(), environment.raised);
  const bool denormal =
      (host.value & 0x7FF0'0000'0000'0000) == 0 && (host.value & 0x000F'FFFF'FFFF'FFFF) != 0;
  return adopt(host.status, denormal, environment) ? host.value : soft_float::to_float64(a, environment);
}

#else

using soft_float::add;
using soft_float::divide;
using soft_float::multiply;
using soft_float::round_to_integer;
using soft_float::square_root;
using soft_float::subtract;
using soft_float::to_float32;
using soft_float::to_float64;

inline s16 to_integer16(Float80 a, FloatEnvironment& environment) {
  return static_cast<s16>(soft_float::to_integer(a, soft_float::IntegerSize::Word, environment));
}
inline s32 to_integer32(Float80 a, FloatEnvironment& environment) {
  return static_cast<s32>(soft_float::to_integer(a, soft_float::IntegerSize::Doubleword, environment));
}
inline s64 to_integer64(Float80 a, FloatEnvironment& environment) {
  return soft_float::to_integer(a, soft_float::IntegerSize::Quadword, environment);
}

#endif

// A few integer instructions: as fast as the host's unit with its status word.
using soft_float::compare;
using soft_float::from_float32;
using soft_float::from_float64;
using soft_float::from_integer;

}  // namespace ringdown::x87_float
