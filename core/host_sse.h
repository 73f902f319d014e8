// The host's own SSE unit as a calculator: one instruction under a given MXCSR, its result and flags.
#pragma once

#include <array>
#include <cstring>

#include "core/types.h"

// By the build's option of that name, in the targets that include this header.
#ifndef RINGDOWN_HOST_SSE
#error "the target lacks target_compile_definitions(... RINGDOWN_HOST_SSE=0 or 1)"
#endif
#if RINGDOWN_HOST_SSE
#include <emmintrin.h>
#endif

namespace ringdown::host_sse {

/// False where the build has no host unit (another architecture, or RINGDOWN_HOST_SSE=OFF); nothing here may
/// be called then.
#if RINGDOWN_HOST_SSE
inline constexpr bool kAvailable = true;
/// An XMM register.
using Vector = __m128i;
#else
inline constexpr bool kAvailable = false;
using Vector = std::array<u64, 2>;
#endif

/// A result, and MXCSR's flags after it.
template <class T>
struct Outcome {
  T value;
  u32 flags;
};

/// How a comparison sets ZF, PF and CF.
struct Comparison {
  bool zero;
  bool parity;
  bool carry;
};

/// What the System V ABI promises to C++ code, but for the flags: everything masked, round to nearest.
inline constexpr u32 kDefaultControl = 0x1F80;
inline constexpr u32 kAllMasked = 0x1F80;
inline constexpr u32 kFlags = 0x003F;

#if RINGDOWN_HOST_SSE

/// The first `Bytes` (4, 8 or 16) at `bytes`, the rest zero. A load no wider than what was stored there
/// before is not held up by it.
template <unsigned Bytes>
inline Vector load_low(const void* bytes) {
  static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16);
  if constexpr (Bytes == 4) {
    int low;
    std::memcpy(&low, bytes, sizeof(low));
    return _mm_cvtsi32_si128(low);
  } else if constexpr (Bytes == 8) {
    long long low;
    std::memcpy(&low, bytes, sizeof(low));
    return _mm_cvtsi64_si128(low);
  } else {
    Vector value;
    std::memcpy(&value, bytes, sizeof(value));
    return value;
  }
}

/// Stores all of a register at once: a later load of all of it would have to wait for stores of its parts.
inline void store_whole(void* bytes, Vector value) {
  asm("" : "+x"(value));
  std::memcpy(bytes, &value, sizeof(value));
}

/// `value` with `Bytes` of it, from `Offset` on, replaced by those at `bytes`.
template <unsigned Offset, unsigned Bytes>
inline Vector replace(Vector value, const void* bytes) {
  if constexpr (Bytes == sizeof(Vector)) {
    return load_low<Bytes>(bytes);
  } else if constexpr (Bytes == 4) {
    static_assert(Offset == 0);
    const Vector part = load_low<Bytes>(bytes);
    return _mm_castps_si128(_mm_move_ss(_mm_castsi128_ps(value), _mm_castsi128_ps(part)));
  } else if constexpr (Offset == 0) {
    const Vector part = load_low<Bytes>(bytes);
    return _mm_castpd_si128(_mm_move_sd(_mm_castsi128_pd(value), _mm_castsi128_pd(part)));
  } else {
    static_assert(Offset == 8);
    return _mm_unpacklo_epi64(value, load_low<Bytes>(bytes));
  }
}

/// A register of these lanes, the lowest first.
inline Vector from_doublewords(u32 a, u32 b, u32 c, u32 d) {
  return _mm_set_epi32(static_cast<int>(d), static_cast<int>(c), static_cast<int>(b), static_cast<int>(a));
}

inline void load_control(u32 value) { asm volatile("ldmxcsr %0" : : "m"(value)); }
inline u32 store_control() {
  u32 value;
  asm volatile("stmxcsr %0" : "=m"(value));
  return value;
}

/// Runs `operation` under the control bits of `mxcsr` with all exceptions masked. On return every flag that
/// is not in `known` was raised by it. The host's flags are sticky and LDMXCSR is slow, so under the usual
/// control they stay as long as they tell nothing new: only if a flag outside `known` is found are they
/// cleared and the operation repeated.
template <class Operation>
[[gnu::always_inline]] inline auto run(u32 mxcsr, u32 known, Operation operation) {
  using T = decltype(operation());
  const u32 control = (mxcsr & ~kFlags) | kAllMasked;
  if (control != kDefaultControl) [[unlikely]] {
    load_control(control);
    const T value = operation();
    const u32 flags = store_control() & kFlags;
    load_control(kDefaultControl);
    return Outcome<T>{value, flags};
  }
  T value = operation();
  u32 flags = store_control() & kFlags;
  if ((flags & ~known) != 0) [[unlikely]] {
    load_control(control);
    value = operation();
    flags = store_control() & kFlags;
  }
  return Outcome<T>{value, flags};
}

// Volatile, so that they stay between the loading and the storing of the control register.
#define RINGDOWN_HOST_SSE_INSTRUCTION(name)           \
  inline Vector name(Vector a, Vector b) {            \
    asm volatile(#name " %1, %0" : "+x"(a) : "x"(b)); \
    return a;                                         \
  }
#define RINGDOWN_HOST_SSE_COMPARISON(name)                                             \
  inline Comparison name(Vector a, Vector b) {                                         \
    Comparison result;                                                                 \
    asm volatile(#name " %4, %3"                                                       \
                 : "=@ccz"(result.zero), "=@ccp"(result.parity), "=@ccc"(result.carry) \
                 : "x"(a), "x"(b));                                                    \
    return result;                                                                     \
  }

#else

template <unsigned Bytes>
inline Vector load_low(const void* bytes) {
  Vector value{};
  std::memcpy(value.data(), bytes, Bytes);
  return value;
}
template <unsigned Offset, unsigned Bytes>
inline Vector replace(Vector value, const void* bytes) {
  std::memcpy(reinterpret_cast<u8*>(value.data()) + Offset, bytes, Bytes);
  return value;
}
inline Vector from_doublewords(u32 a, u32 b, u32 c, u32 d) { return {a | u64{b} << 32, c | u64{d} << 32}; }
inline void store_whole(void* bytes, Vector value) { std::memcpy(bytes, value.data(), sizeof(value)); }
void load_control(u32 value);
u32 store_control();
template <class Operation>
auto run(u32 mxcsr, u32 known, Operation operation) -> Outcome<decltype(operation())>;
#define RINGDOWN_HOST_SSE_INSTRUCTION(name) Vector name(Vector a, Vector b);
#define RINGDOWN_HOST_SSE_COMPARISON(name) Comparison name(Vector a, Vector b);

#endif

/// Each is the instruction of that name on registers: `a` is the destination, whose other lanes stay.
#define RINGDOWN_HOST_SSE_ALL_FORMATS(name) \
  RINGDOWN_HOST_SSE_INSTRUCTION(name##ps)   \
  RINGDOWN_HOST_SSE_INSTRUCTION(name##pd)   \
  RINGDOWN_HOST_SSE_INSTRUCTION(name##ss)   \
  RINGDOWN_HOST_SSE_INSTRUCTION(name##sd)
RINGDOWN_HOST_SSE_ALL_FORMATS(add)
RINGDOWN_HOST_SSE_ALL_FORMATS(sub)
RINGDOWN_HOST_SSE_ALL_FORMATS(mul)
RINGDOWN_HOST_SSE_ALL_FORMATS(div)
RINGDOWN_HOST_SSE_ALL_FORMATS(sqrt)
RINGDOWN_HOST_SSE_ALL_FORMATS(min)
RINGDOWN_HOST_SSE_ALL_FORMATS(max)
RINGDOWN_HOST_SSE_ALL_FORMATS(cmpeq)
RINGDOWN_HOST_SSE_ALL_FORMATS(cmplt)
RINGDOWN_HOST_SSE_ALL_FORMATS(cmple)
RINGDOWN_HOST_SSE_ALL_FORMATS(cmpunord)
#undef RINGDOWN_HOST_SSE_ALL_FORMATS
// Packed integers, for which no control register counts.
RINGDOWN_HOST_SSE_INSTRUCTION(punpcklbw)
RINGDOWN_HOST_SSE_INSTRUCTION(punpcklwd)
RINGDOWN_HOST_SSE_INSTRUCTION(punpckldq)
RINGDOWN_HOST_SSE_INSTRUCTION(punpcklqdq)
RINGDOWN_HOST_SSE_INSTRUCTION(punpckhbw)
RINGDOWN_HOST_SSE_INSTRUCTION(punpckhwd)
RINGDOWN_HOST_SSE_INSTRUCTION(punpckhdq)
RINGDOWN_HOST_SSE_INSTRUCTION(punpckhqdq)
RINGDOWN_HOST_SSE_INSTRUCTION(packsswb)
RINGDOWN_HOST_SSE_INSTRUCTION(packssdw)
RINGDOWN_HOST_SSE_INSTRUCTION(packuswb)
RINGDOWN_HOST_SSE_INSTRUCTION(pmuludq)
RINGDOWN_HOST_SSE_INSTRUCTION(psadbw)
RINGDOWN_HOST_SSE_INSTRUCTION(psllq)
RINGDOWN_HOST_SSE_INSTRUCTION(psrlq)
RINGDOWN_HOST_SSE_INSTRUCTION(cvtps2pd)
RINGDOWN_HOST_SSE_INSTRUCTION(cvtpd2ps)
RINGDOWN_HOST_SSE_INSTRUCTION(cvtdq2ps)
RINGDOWN_HOST_SSE_INSTRUCTION(cvtdq2pd)
RINGDOWN_HOST_SSE_INSTRUCTION(cvtps2dq)
RINGDOWN_HOST_SSE_INSTRUCTION(cvttps2dq)
RINGDOWN_HOST_SSE_INSTRUCTION(cvtpd2dq)
RINGDOWN_HOST_SSE_INSTRUCTION(cvttpd2dq)
RINGDOWN_HOST_SSE_COMPARISON(comiss)
RINGDOWN_HOST_SSE_COMPARISON(comisd)
RINGDOWN_HOST_SSE_COMPARISON(ucomiss)
RINGDOWN_HOST_SSE_COMPARISON(ucomisd)
#undef RINGDOWN_HOST_SSE_INSTRUCTION
#undef RINGDOWN_HOST_SSE_COMPARISON

}  // namespace ringdown::host_sse
