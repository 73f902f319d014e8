// Turns properties of a decoded instruction into template arguments when its handler is chosen: each function
// calls `select.template operator()<...>()`, a lambda template that returns a Handler.
#pragma once

#include "cpu/execute/known_register.h"
#include "cpu/lowering.h"

namespace ringdown {

/// u8, u16 or u32.
template <class F>
Handler for_size(OperandSize size, F&& select) {
  switch (size) {
    case OperandSize::Byte:
      return select.template operator()<u8>();
    case OperandSize::Word:
      return select.template operator()<u16>();
    case OperandSize::Dword:
    case OperandSize::Qword:
      return select.template operator()<u32>();
  }
  return nullptr;
}

/// u16 or u32, for instructions without a byte form.
template <class F>
Handler for_word_size(OperandSize size, F&& select) {
  if (size == OperandSize::Word) return select.template operator()<u16>();
  return select.template operator()<u32>();
}

template <class F>
Handler for_addressing(Addressing addressing, F&& select) {
  if (addressing == Addressing::Flat) return select.template operator()<Addressing::Flat>();
  return select.template operator()<Addressing::Segmented>();
}

/// The same for instructions frequent enough that most shapes of their operands deserve handlers of their
/// own.
template <class F>
Handler for_address_shape(Addressing addressing, const Operation& op, F&& select) {
  if (addressing == Addressing::Segmented) return select.template operator()<Addressing::Segmented>();
  if (op.index == kNoRegister) return select.template operator()<Addressing::FlatBase>();
  if (op.scale == 0) return select.template operator()<Addressing::FlatIndex1>();
  if (op.scale == 2) return select.template operator()<Addressing::FlatIndex4>();
  return select.template operator()<Addressing::Flat>();
}

/// Frequent instructions, where their memory operand has no index or at least is flat.
template <Addressing A>
constexpr Frequency often_at(Frequency frequency) {
  return A == Addressing::Segmented ? Frequency::Rare : frequency;
}
template <Addressing A>
constexpr Frequency often_at_base(Frequency frequency) {
  return A == Addressing::FlatBase ? frequency : Frequency::Rare;
}

template <class F>
Handler for_bool(bool value, F&& select) {
  if (value) return select.template operator()<true>();
  return select.template operator()<false>();
}

}  // namespace ringdown
