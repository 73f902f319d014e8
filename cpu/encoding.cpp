// What Zydis says of an instruction, repacked.
#include "cpu/encoding.h"

#include <cstring>
#include <type_traits>

namespace ringdown {

namespace {

Segment segment_of(ZydisRegister reg) {
  switch (reg) {
    case ZYDIS_REGISTER_ES:
      return Segment::Es;
    case ZYDIS_REGISTER_CS:
      return Segment::Cs;
    case ZYDIS_REGISTER_SS:
      return Segment::Ss;
    case ZYDIS_REGISTER_FS:
      return Segment::Fs;
    case ZYDIS_REGISTER_GS:
      return Segment::Gs;
    default:
      return Segment::Ds;
  }
}

RegisterOffset address_register(ZydisRegister reg) {
  if (reg == ZYDIS_REGISTER_NONE) return kNoRegister;
  return register_offset(static_cast<unsigned>(ZydisRegisterGetId(reg)), 4);
}

bool is_general(ZydisRegister reg) {
  switch (ZydisRegisterGetClass(reg)) {
    case ZYDIS_REGCLASS_GPR8:
    case ZYDIS_REGCLASS_GPR16:
    case ZYDIS_REGCLASS_GPR32:
      return true;
    default:
      return false;
  }
}

void fill_memory(const ZydisDecodedOperand& operand, const ZydisDecodedInstruction& zydis, Operation& op) {
  op.memory = true;
  op.base = address_register(operand.mem.base);
  op.index = address_register(operand.mem.index);
  op.scale = operand.mem.scale == 8 ? 3 : operand.mem.scale == 4 ? 2 : operand.mem.scale == 2 ? 1 : 0;
  op.displacement = operand.mem.disp.has_displacement ? static_cast<u32>(operand.mem.disp.value) : 0;
  op.segment = segment_of(operand.mem.segment);
  op.address16 = zydis.address_width == 16;
}

/// Registers by where the encoding names them, at the width the operand has.
void fill_register(const ZydisDecodedOperand& operand, Operation& op) {
  const ZydisRegister reg = operand.reg.value;
  if (ZydisRegisterGetClass(reg) == ZYDIS_REGCLASS_SEGMENT) op.number = ZydisRegisterGetId(reg) & 7u;
  if (!is_general(reg)) return;
  const unsigned bytes = operand.size / 8u;
  unsigned encoding = static_cast<unsigned>(ZydisRegisterGetId(reg));
  // Zydis numbers the byte registers AL CL DL BL AH CH DH BH SPL BPL SIL DIL ...: the first eight as encoded.
  const RegisterOffset offset = register_offset(encoding, bytes);
  if (operand.encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM) {
    op.rm = offset;
  } else if (operand.encoding == ZYDIS_OPERAND_ENCODING_MODRM_REG ||
             operand.encoding == ZYDIS_OPERAND_ENCODING_OPCODE || op.reg == kNoRegister) {
    op.reg = offset;
  }
}

OperandSize size_of(const ZydisDecodedInstruction& zydis) {
  switch (zydis.operand_width) {
    case 8:
      return OperandSize::Byte;
    case 16:
      return OperandSize::Word;
    default:
      return OperandSize::Dword;
  }
}

void fill_immediates(const ZydisDecodedInstruction& zydis, std::span<const ZydisDecodedOperand> operands,
                     Operation& op) {
  unsigned count = 0;
  for (const ZydisDecodedOperand& operand : operands) {
    if (operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN) continue;
    if (operand.type == ZYDIS_OPERAND_TYPE_POINTER) {
      op.immediate = operand.ptr.offset;
      op.extra = operand.ptr.segment;
    } else if (operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
      u32 value = operand.imm.is_signed != 0 ? static_cast<u32>(operand.imm.value.s)
                                             : static_cast<u32>(operand.imm.value.u);
      if (operand.imm.is_relative != 0) {
        value += op.next_eip();
        if (zydis.operand_width == 16) value &= 0xffffu;
      }
      if (count++ == 0) {
        op.immediate = value;
      } else {
        op.extra = static_cast<u16>(value);
      }
    }
  }
}

/// Instructions whose handlers address an operand that the encoding does not show.
bool has_implicit_memory_operand(const ZydisDecodedInstruction& zydis) {
  return zydis.meta.category == ZYDIS_CATEGORY_IOSTRINGOP || zydis.mnemonic == ZYDIS_MNEMONIC_XLAT ||
         zydis.mnemonic == ZYDIS_MNEMONIC_MASKMOVQ || zydis.mnemonic == ZYDIS_MNEMONIC_MASKMOVDQU;
}

Operation make_operation(const ZydisDecodedInstruction& zydis, std::span<const ZydisDecodedOperand> operands,
                         const InstructionRow& row, u32 eip) {
  Operation op;
  op.eip = eip;
  op.length = zydis.length;
  op.instruction = static_cast<InstructionId>(&row - instruction_table().data());
  op.size = size_of(zydis);
  op.address16 = zydis.address_width == 16;
  op.lock = (zydis.attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0;
  if ((zydis.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE)) != 0)
    op.repeat = Repeat::WhileEqual;
  if ((zydis.attributes & ZYDIS_ATTRIB_HAS_REPNE) != 0) op.repeat = Repeat::WhileNotEqual;
  if ((zydis.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0) {
    op.number = zydis.raw.modrm.reg & 7u;
    op.extra = zydis.raw.modrm.rm;
  } else {
    op.number = zydis.opcode & 7u;
  }
  for (const ZydisDecodedOperand& operand : operands) {
    const bool hidden = operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN;
    if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY && (!hidden || has_implicit_memory_operand(zydis))) {
      if (!op.memory) fill_memory(operand, zydis, op);
    } else if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER && !hidden) {
      fill_register(operand, op);
    }
  }
  fill_immediates(zydis, operands, op);
  return op;
}

bool is_constant_shift(const ZydisDecodedInstruction& zydis, std::span<const ZydisDecodedOperand> operands) {
  const bool shifts =
      zydis.meta.category == ZYDIS_CATEGORY_SHIFT || zydis.meta.category == ZYDIS_CATEGORY_ROTATE;
  return shifts && operands[zydis.operand_count_visible - 1u].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
}

/// Status flags that a shift or rotate writes if it does not shift by 0, as a row must suppose.
u32 flags_of_shift(const ZydisDecodedInstruction& zydis) {
  const ZydisAccessedFlags& flags = *zydis.cpu_flags;
  return (flags.modified | flags.set_0 | flags.set_1 | flags.undefined) & eflags::kStatus;
}

/// Instructions without a memory operand that can still raise an exception in mid-block.
bool may_fault_without_memory(const ZydisDecodedInstruction& zydis) {
  switch (zydis.mnemonic) {
    case ZYDIS_MNEMONIC_DIV:
    case ZYDIS_MNEMONIC_IDIV:
    case ZYDIS_MNEMONIC_AAM:
    case ZYDIS_MNEMONIC_UD2:
      return true;
    default:
      break;
  }
  switch (zydis.meta.category) {
    case ZYDIS_CATEGORY_BINARY:
    case ZYDIS_CATEGORY_BITBYTE:
    case ZYDIS_CATEGORY_CMOV:
    case ZYDIS_CATEGORY_CONVERT:
    case ZYDIS_CATEGORY_DATAXFER:
    case ZYDIS_CATEGORY_FLAGOP:
    case ZYDIS_CATEGORY_LOGICAL:
    case ZYDIS_CATEGORY_MISC:
    case ZYDIS_CATEGORY_NOP:
    case ZYDIS_CATEGORY_ROTATE:
    case ZYDIS_CATEGORY_SETCC:
    case ZYDIS_CATEGORY_SHIFT:
      return false;
    default:
      return true;
  }
}

/// MMX and SSE instructions of every category can raise #NM.
bool uses_simd_state(const InstructionRow& row) {
  return row.feature == Feature::Mmx || row.feature == Feature::Sse || row.feature == Feature::Sse2;
}

bool can_fault(const ZydisDecodedInstruction& zydis, std::span<const ZydisDecodedOperand> operands) {
  for (const ZydisDecodedOperand& operand : operands) {
    if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.type != ZYDIS_MEMOP_TYPE_AGEN) return true;
  }
  return may_fault_without_memory(zydis);
}

bool is_direct_branch(const ZydisDecodedInstruction& zydis, std::span<const ZydisDecodedOperand> operands) {
  return zydis.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE &&
         zydis.meta.branch_type != ZYDIS_BRANCH_TYPE_FAR && !operands.empty() &&
         operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
}

/// A value of the given bits that Zydis found at an offset; 0 bits if there is none.
Encoding::Value value_at(u8 offset, u8 bits, bool is_signed) {
  return {offset, static_cast<u8>(bits / 8), is_signed};
}

}  // namespace

u32 Encoding::Value::read(const u8* bytes) const {
  const auto as = [&]<class Signed>(Signed) {
    Signed value;
    std::memcpy(&value, bytes + offset, sizeof(value));
    return is_signed ? static_cast<u32>(s32{value}) : u32{static_cast<std::make_unsigned_t<Signed>>(value)};
  };
  return size == 1 ? as(s8{}) : size == 2 ? as(s16{}) : as(s32{});
}

Encoding Encoding::of(const ZydisInstruction& zydis, const InstructionRow& row, u32 eip) {
  const ZydisDecodedInstruction& instruction = zydis.instruction;
  Encoding encoding;
  encoding.op = make_operation(instruction, zydis.all_operands(), row, eip);
  encoding.row = &row;
  const auto& raw = instruction.raw;
  encoding.displacement = value_at(raw.disp.offset, raw.disp.size, true);
  encoding.immediate = value_at(raw.imm[0].offset, raw.imm[0].size, raw.imm[0].is_signed != 0);
  encoding.second = value_at(raw.imm[1].offset, raw.imm[1].size, raw.imm[1].is_signed != 0);
  encoding.relative = raw.imm[0].is_relative != 0;
  encoding.direct_branch = is_direct_branch(instruction, zydis.all_operands());
  const bool branch = instruction.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE;
  const bool repeated_string =
      encoding.op.repeat != Repeat::None && instruction.meta.category == ZYDIS_CATEGORY_STRINGOP;
  encoding.ends_block = branch || repeated_string || row.lowering == nullptr;
  encoding.constant_shift = is_constant_shift(instruction, zydis.all_operands());
  encoding.written = encoding.constant_shift ? flags_of_shift(instruction) : row.flags_written;
  if (encoding.constant_shift) encoding.op.immediate &= kShiftCountMask;
  encoding.may_fault = can_fault(instruction, zydis.all_operands()) || uses_simd_state(row);
  return encoding;
}

void Encoding::place(Operation& to, const u8* bytes, u32 eip) const {
  to.eip = eip;
  if (displacement.size != 0) to.displacement = displacement.read(bytes);
  if (immediate.size != 0) {
    to.immediate = immediate.read(bytes);
    if (relative) to.immediate += to.next_eip();
    if (relative && op.size == OperandSize::Word) to.immediate &= 0xffffu;
  }
  if (constant_shift) to.immediate &= kShiftCountMask;
  if (second.size != 0) to.extra = static_cast<u16>(second.read(bytes));
}

bool Encoding::is_decided_by(const EncodingHead& head, const ZydisInstruction& zydis, const u8* bytes) const {
  const ZydisDecodedInstruction& instruction = zydis.instruction;
  if (head.length == 0 || instruction.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY) return false;
  if (instruction.opcode_map != ZYDIS_OPCODE_MAP_DEFAULT && instruction.opcode_map != ZYDIS_OPCODE_MAP_0F)
    return false;
  const bool has_modrm = (instruction.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0;
  const bool has_sib = (instruction.attributes & ZYDIS_ATTRIB_HAS_SIB) != 0;
  if (head.modrm != (has_modrm ? instruction.raw.modrm.offset : 0)) return false;
  if (head.sib != (has_sib ? instruction.raw.sib.offset : 0)) return false;
  if (head.length + displacement.size + immediate.size + second.size != instruction.length) return false;
  Operation same = op;
  place(same, bytes, op.eip);
  return same == op;
}

}  // namespace ringdown
