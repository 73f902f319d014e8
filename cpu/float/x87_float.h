// Arithmetic as the x87 instructions call it: common cases inline, then the host's x87 unit where there is
// one and it is faster, and the soft float for all the rest.
#pragma once

#include "core/host_x87.h"
#include "cpu/float/arithmetic.h"
#include "cpu/float/convert.h"
#include "cpu/float/fast_path.h"

namespace ringdown::x87_float {

// Measured on an x86-64 host: reading the status word behind each operation (FNSTSW) makes the host's unit
// slower than the inline code for addition, multiplication and conversions. Division and square root gain,
// and so do the cases the inline code leaves (other rounding modes, denormals).

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

// The host's unit first, then the soft float.
#if RINGDOWN_HOST_X87
#define RINGDOWN_X87_HOST_BINARY(name)                                                                \
  [[gnu::noinline]] inline Float80 host_##name(Float80 a, Float80 b, FloatEnvironment& environment) { \
    const auto host = host_x87::name(a, b, environment.control.value(), environment.raised);          \
    if (adopt(host.status, is_denormal(host.value), environment)) return host.value;                  \
    return soft_float::name(a, b, environment);                                                       \
  }
#define RINGDOWN_X87_HOST_UNARY(name)                                                     \
  [[gnu::noinline]] inline Float80 name(Float80 a, FloatEnvironment& environment) {       \
    const auto host = host_x87::name(a, environment.control.value(), environment.raised); \
    if (adopt(host.status, false, environment)) return host.value;                        \
    return soft_float::name(a, environment);                                              \
  }
#else
#define RINGDOWN_X87_HOST_BINARY(name)                                              \
  inline Float80 host_##name(Float80 a, Float80 b, FloatEnvironment& environment) { \
    return soft_float::name(a, b, environment);                                     \
  }
#define RINGDOWN_X87_HOST_UNARY(name) \
  inline Float80 name(Float80 a, FloatEnvironment& environment) { return soft_float::name(a, environment); }
#endif
RINGDOWN_X87_HOST_BINARY(add)
RINGDOWN_X87_HOST_BINARY(subtract)
RINGDOWN_X87_HOST_BINARY(multiply)
RINGDOWN_X87_HOST_BINARY(divide)
RINGDOWN_X87_HOST_UNARY(square_root)
RINGDOWN_X87_HOST_UNARY(round_to_integer)
#undef RINGDOWN_X87_HOST_BINARY
#undef RINGDOWN_X87_HOST_UNARY

[[gnu::always_inline]] inline Float80 add(Float80 a, Float80 b, FloatEnvironment& environment) {
  Float80 result;
  if (fast_float::add(a, b, environment, result)) [[likely]]
    return result;
  return host_add(a, b, environment);
}
[[gnu::always_inline]] inline Float80 subtract(Float80 a, Float80 b, FloatEnvironment& environment) {
  Float80 result;
  if (fast_float::add(a, negate(b), environment, result)) [[likely]]
    return result;
  return host_subtract(a, b, environment);
}
[[gnu::always_inline]] inline Float80 multiply(Float80 a, Float80 b, FloatEnvironment& environment) {
  Float80 result;
  if (fast_float::multiply(a, b, environment, result)) [[likely]]
    return result;
  return host_multiply(a, b, environment);
}
inline Float80 divide(Float80 a, Float80 b, FloatEnvironment& environment) {
  return host_divide(a, b, environment);
}

[[gnu::always_inline]] inline u32 to_float32(Float80 a, FloatEnvironment& environment) {
  u32 result;
  if (fast_float::narrow<u32, 23, 127>(a, environment, result)) [[likely]]
    return result;
  return soft_float::to_float32(a, environment);
}
[[gnu::always_inline]] inline u64 to_float64(Float80 a, FloatEnvironment& environment) {
  u64 result;
  if (fast_float::narrow<u64, 52, 1023>(a, environment, result)) [[likely]]
    return result;
  return soft_float::to_float64(a, environment);
}

template <soft_float::IntegerSize Size>
[[gnu::always_inline]] inline s64 to_integer(Float80 a, FloatEnvironment& environment) {
  s64 result;
  if (fast_float::to_integer<static_cast<unsigned>(Size)>(a, environment, result)) [[likely]]
    return result;
  return soft_float::to_integer(a, Size, environment);
}

/// FLD m32fp and m64fp.
[[gnu::always_inline]] inline Float80 from_float32(u32 bits, FloatEnvironment& environment) {
  Float80 result;
  if (fast_float::widen<u32, 23, 127>(bits, result)) [[likely]]
    return result;
  return soft_float::from_float32(bits, environment);
}
[[gnu::always_inline]] inline Float80 from_float64(u64 bits, FloatEnvironment& environment) {
  Float80 result;
  if (fast_float::widen<u64, 52, 1023>(bits, result)) [[likely]]
    return result;
  return soft_float::from_float64(bits, environment);
}

using soft_float::compare;

}  // namespace ringdown::x87_float
