// What the host's compiler is told about values, and what it need not be told.
#pragma once

namespace ringdown {

/// x86-64 processors forward what was stored in a place to its next load at once, but six cycles later if
/// either is addressed with an index.
#if defined(__x86_64__)
inline constexpr bool kHostForwardsPlainAddresses = true;
#else
inline constexpr bool kHostForwardsPlainAddresses = false;
#endif

/// The same value, of which the compiler no longer knows how it was come by.
template <class T>
[[gnu::always_inline]] inline T opaque(T value) {
  asm("" : "+r"(value));
  return value;
}

}  // namespace ringdown
