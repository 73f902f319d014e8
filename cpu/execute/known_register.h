// Registers that a handler knows, so that it need not ask the operation which ones it works on.
//
// Frequent instructions on 32-bit registers have a handler for each register. That saves two operations an
// operand, and more: host processors hand a value that was stored to a load of the same place at once, but
// only if both name the place by a base register and a displacement.
#pragma once

#include <array>
#include <utility>

#include "cpu/operation.h"

namespace ringdown {

/// In place of a known register: the operation says which.
inline constexpr RegisterOffset kEncoded = 0xff;

template <RegisterOffset Known>
[[gnu::always_inline]] constexpr RegisterOffset known_or(RegisterOffset encoded) {
  return Known == kEncoded ? encoded : Known;
}

/// Whether an instruction is frequent enough for a handler of each register.
enum class Frequency : u8 { Rare, Frequent };

/// Frequent operations, where they work on 32-bit registers.
template <class T>
constexpr Frequency frequent_if_dword(Frequency frequency) {
  return sizeof(T) == sizeof(u32) ? frequency : Frequency::Rare;
}

/// Calls `select` with the register if it is worth knowing, else with kEncoded.
template <Frequency Often, class F>
Handler for_register(RegisterOffset reg, F&& select) {
  if constexpr (Often == Frequency::Rare) {
    return select.template operator()<kEncoded>();
  } else {
    const auto table = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<Handler, sizeof...(I)>{
          select.template operator()<offset_of(static_cast<Gpr>(I))>()...};
    }
    (std::make_index_sequence<8>());
    return table[reg / sizeof(u64)];
  }
}

/// The same for a base, which may be absent.
template <Frequency Often, class F>
Handler for_base(RegisterOffset base, F&& select) {
  if (Often == Frequency::Frequent && base == kNoRegister) return select.template operator()<kNoRegister>();
  return for_register<Often>(base, select);
}

}  // namespace ringdown
