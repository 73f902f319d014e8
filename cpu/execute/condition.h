// The sixteen conditions of Jcc, SETcc and CMOVcc (Intel SDM vol. 1, appendix B).
#pragma once

#include <array>
#include <optional>
#include <utility>

#include "cpu/flags.h"
#include "cpu/lowering.h"

namespace ringdown {

/// In encoding order: the low four bits of the opcode. An odd one is the opposite of the one before.
enum class Condition : u8 { O, No, B, Nb, Z, Nz, Be, Nbe, S, Ns, P, Np, L, Nl, Le, Nle };
inline constexpr unsigned kConditions = 16;

constexpr bool is_negated(Condition c) { return (static_cast<unsigned>(c) & 1u) != 0; }
/// The even one of a pair.
constexpr Condition plain(Condition c) { return static_cast<Condition>(static_cast<unsigned>(c) & ~1u); }

template <Condition C>
[[gnu::always_inline]] inline bool holds(const Flags& flags) {
  if constexpr (is_negated(C)) {
    return !holds<plain(C)>(flags);
  } else if constexpr (C == Condition::O) {
    return flags.of();
  } else if constexpr (C == Condition::B) {
    return flags.cf();
  } else if constexpr (C == Condition::Z) {
    return flags.zf();
  } else if constexpr (C == Condition::Be) {
    return flags.cf() || flags.zf();
  } else if constexpr (C == Condition::S) {
    return flags.sf();
  } else if constexpr (C == Condition::P) {
    return flags.pf();
  } else if constexpr (C == Condition::L) {
    return flags.less();
  } else {
    return flags.zf() || flags.less();
  }
}

/// The condition after comparing `a` with `b`, without a detour over the flags.
template <Condition C, class T>
[[gnu::always_inline]] inline bool holds_comparing(T a, T b, const Flags& flags) {
  using Signed = std::make_signed_t<T>;
  if constexpr (is_negated(C)) {
    return !holds_comparing<plain(C), T>(a, b, flags);
  } else if constexpr (C == Condition::B) {
    return a < b;
  } else if constexpr (C == Condition::Z) {
    return a == b;
  } else if constexpr (C == Condition::Be) {
    return a <= b;
  } else if constexpr (C == Condition::L) {
    return static_cast<Signed>(a) < static_cast<Signed>(b);
  } else if constexpr (C == Condition::Le) {
    return static_cast<Signed>(a) <= static_cast<Signed>(b);
  } else {
    return holds<C>(flags);
  }
}

/// Of a Jcc, SETcc or CMOVcc.
inline Condition condition_of(const ZydisDecodedInstruction& instruction) {
  return static_cast<Condition>(instruction.opcode & 15u);
}

/// Of a Jcc by its name; nothing if it is none.
std::optional<Condition> condition_of_jump(ZydisMnemonic mnemonic);

template <class F>
Handler for_condition(Condition condition, F&& select) {
  const auto table = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Handler, kConditions>{select.template operator()<static_cast<Condition>(I)>()...};
  }
  (std::make_index_sequence<kConditions>());
  return table[static_cast<unsigned>(condition)];
}

}  // namespace ringdown
