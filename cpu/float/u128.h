// The 128-bit integer that the soft float computes in, and the few operations the language lacks for it.
#pragma once

#include <bit>

#include "core/types.h"

namespace ringdown {

__extension__ using u128 = unsigned __int128;

constexpr u64 high_half(u128 value) { return static_cast<u64>(value >> 64); }
constexpr u64 low_half(u128 value) { return static_cast<u64>(value); }
constexpr u128 make_u128(u64 high, u64 low) { return static_cast<u128>(high) << 64 | low; }

/// Number of zero bits above the highest set bit; 128 for zero.
constexpr unsigned count_leading_zeros(u128 value) {
  const u64 high = high_half(value);
  return static_cast<unsigned>(high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(low_half(value)));
}

/// Shifts right by any count; bits shifted out leave their trace in bit 0 ("sticky"), so that rounding still
/// tells exact from inexact and a half from more than a half.
constexpr u128 shift_right_sticky(u128 value, unsigned count) {
  if (count == 0) return value;
  if (count >= 128) return value != 0 ? 1 : 0;
  return value >> count | static_cast<u128>((value << (128 - count)) != 0);
}

/// The upper 128 bits of the 256-bit product; the lower half is dropped, less than one unit of the result.
constexpr u128 multiply_high(u128 a, u128 b) {
  const u128 low = static_cast<u128>(low_half(a)) * low_half(b);
  const u128 cross1 = static_cast<u128>(high_half(a)) * low_half(b);
  const u128 cross2 = static_cast<u128>(low_half(a)) * high_half(b);
  const u128 middle = static_cast<u128>(low_half(cross1)) + low_half(cross2) + high_half(low);
  return static_cast<u128>(high_half(a)) * high_half(b) + high_half(cross1) + high_half(cross2) +
         high_half(middle);
}

}  // namespace ringdown
