// Brings the operands of general-purpose instructions into the order their handlers read.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {

/// Shape of a two-operand instruction, destination first.
enum class OperandKind : u8 {
  RegisterRegister,
  RegisterImmediate,
  RegisterMemory,
  MemoryRegister,
  MemoryImmediate,
};

/// Sets `op.reg` to the register that is the destination (or the source of a memory destination) and `op.rm`
/// to the source of two registers, whichever encoding names them.
OperandKind arrange_two(const LoweringContext& context, Operation& op);

/// Sets `op.reg` to the register that is the only operand; the alternative is a memory operand.
void arrange_one(const LoweringContext& context, Operation& op);

}  // namespace ringdown
