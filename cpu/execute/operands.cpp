// Brings the operands of general-purpose instructions into the order their handlers read.
#include "cpu/execute/operands.h"

namespace ringdown {

namespace {

RegisterOffset offset_of(const ZydisDecodedOperand& operand) {
  return register_offset(static_cast<unsigned>(ZydisRegisterGetId(operand.reg.value)), operand.size / 8u);
}

}  // namespace

OperandKind arrange_two(const LoweringContext& context, Operation& op) {
  const ZydisDecodedOperand& to = context.operands[0];
  const ZydisDecodedOperand& from = context.operands[1];
  if (to.type == ZYDIS_OPERAND_TYPE_MEMORY) {
    if (from.type != ZYDIS_OPERAND_TYPE_REGISTER) return OperandKind::MemoryImmediate;
    op.reg = offset_of(from);
    return OperandKind::MemoryRegister;
  }
  op.reg = offset_of(to);
  if (from.type == ZYDIS_OPERAND_TYPE_MEMORY) return OperandKind::RegisterMemory;
  if (from.type != ZYDIS_OPERAND_TYPE_REGISTER) return OperandKind::RegisterImmediate;
  op.rm = offset_of(from);
  return OperandKind::RegisterRegister;
}

void arrange_one(const LoweringContext& context, Operation& op) {
  const ZydisDecodedOperand& operand = context.operands[0];
  if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER) op.reg = offset_of(operand);
}

}  // namespace ringdown
