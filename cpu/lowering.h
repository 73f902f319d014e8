// What a chapter's lowering function is given to choose a handler.
#pragma once

#include <Zydis/Zydis.h>

#include <span>

#include "cpu/block_mode.h"
#include "cpu/instruction_table.h"
#include "cpu/operation.h"

namespace ringdown {

/// How a handler addresses its memory operand.
enum class Addressing : u8 {
  Flat,  // 32-bit addresses, segment with base 0 and no limit: offset is the linear address
  // Shapes of flat operands that cpu/execute/select.h tells apart where it pays:
  FlatBase,    // no index
  FlatIndex1,  // an index as it is
  FlatIndex4,  // an index times four
  Segmented,   // everything else: limit, rights and base are looked up
};

/// All instructions of an encoding share what lowering made of the first one. Where the value of an immediate
/// decides, lowering asks for it here, and what it makes is for this instruction alone; the value of a
/// displacement never decides.
struct LoweringContext {
  const ZydisDecodedInstruction& instruction;
  std::span<const ZydisDecodedOperand> operands;  // visible and hidden
  const InstructionRow& row;
  BlockMode mode;
  /// False if every status flag that the instruction writes is overwritten before anything can see it.
  bool flags_live;
  /// Of the memory operand, Flat or Segmented; meaningless without one.
  Addressing addressing;

  u32 immediate_of(const Operation& op) const {
    by_value = true;
    return op.immediate;
  }
  mutable bool by_value = false;  // the immediate was asked for
};

/// Chooses a handler template's instance by operand size:
///   by_size<Template>(op.size) with template <class T> struct Template { static Handler get(); };
template <template <class> class Select, class... Args>
Handler by_size(OperandSize size, Args... args) {
  switch (size) {
    case OperandSize::Byte:
      return Select<u8>::get(args...);
    case OperandSize::Word:
      return Select<u16>::get(args...);
    case OperandSize::Dword:
    case OperandSize::Qword:
      return Select<u32>::get(args...);
  }
  return nullptr;
}

}  // namespace ringdown
