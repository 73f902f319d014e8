// The instruction forms that compute a vector's function, as guest code.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/types.h"

namespace ringdown::test {

/// Where the result is found behind the instruction, and for comparisons which relation of ST(0) to the other
/// operand makes the function true.
enum class Delivery : u8 {
  OnStack,
  InMemory,
  EqualInCodes,
  LessInCodes,
  GreaterInCodes,
  EqualInFlags,
  LessInFlags,
};

/// Which operand an instruction reads from memory, in a format that must hold its value exactly.
enum class Narrow : u8 {
  None,
  ASingle,
  ADouble,
  AWord,
  ADoubleword,
  BSingle,
  BDouble,
  BWord,
  BDoubleword,
  BZero
};

/// The code finds its operands at ESI (`operand_layout`) and stores to EDI.
struct Form {
  std::string_view function;
  /// Name of the instruction table's row it is aimed at.
  std::string_view instruction;
  std::string_view code;
  /// Registers in use behind it.
  u8 depth;
  Delivery delivery = Delivery::OnStack;
  Narrow narrow = Narrow::None;
};

/// Offsets of operand a in a record; those of b lie `kSecond` behind.
namespace operand_layout {
inline constexpr u32 kExtended = 0;
inline constexpr u32 kSingle = 0x10;
inline constexpr u32 kDouble = 0x18;
inline constexpr u32 kDoubleword = 0x20;
inline constexpr u32 kWord = 0x24;
inline constexpr u32 kQuadword = 0x28;
inline constexpr u32 kSecond = 0x30;
inline constexpr u32 kSize = 0x60;
}  // namespace operand_layout

std::span<const Form> forms();

}  // namespace ringdown::test
