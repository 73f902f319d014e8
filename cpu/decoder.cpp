// Decodes instruction bytes with Zydis and repacks them into the operations of one block.
#include "cpu/decoder.h"

#include <array>

#include "cpu/execute/fusion.h"
#include "cpu/execute/stack_pairs.h"
#include "cpu/execute/terminators.h"
#include "cpu/handler.h"

namespace ringdown {

struct Decoder::Instruction {
  ZydisDecodedInstruction zydis;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  const InstructionRow* row = nullptr;  // nullptr: invalid opcode
  bool too_long = false;                // more than 15 bytes: #GP(0)
  u32 bytes = 0;                        // that decoding depended on
  Operation op;
  bool flags_live = true;
  bool stops = false;

  std::span<const ZydisDecodedOperand> all_operands() const { return {operands.data(), zydis.operand_count}; }
};

struct Decoder::Scratch {
  std::array<Instruction, kMaximumInstructions> instructions;
};

namespace {

constexpr u32 kMaximumInstructionLength = 15;
constexpr u32 kShiftCountMask = 31;

/// Encodings that processors of this class take as NOP or as the unprefixed instruction.
constexpr ZydisDecoderMode kModesOff[] = {
    ZYDIS_DECODER_MODE_MPX,      ZYDIS_DECODER_MODE_CET, ZYDIS_DECODER_MODE_LZCNT,
    ZYDIS_DECODER_MODE_TZCNT,    ZYDIS_DECODER_MODE_KNC, ZYDIS_DECODER_MODE_WBNOINVD,
    ZYDIS_DECODER_MODE_CLDEMOTE,
};

ZydisDecoder make_decoder(ZydisMachineMode mode, ZydisStackWidth stack) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, mode, stack);
  for (ZydisDecoderMode off : kModesOff) ZydisDecoderEnableMode(&decoder, off, ZYAN_FALSE);
  return decoder;
}

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

/// Status flags that an instruction always writes. A shift or rotate by a constant, which is not zero as a
/// row must suppose, writes what its manual page says.
u32 flags_written(const InstructionRow& row, const ZydisDecodedInstruction& zydis,
                  std::span<const ZydisDecodedOperand> operands) {
  const bool shifts =
      zydis.meta.category == ZYDIS_CATEGORY_SHIFT || zydis.meta.category == ZYDIS_CATEGORY_ROTATE;
  if (!shifts) return row.flags_written;
  const ZydisDecodedOperand& count = operands[zydis.operand_count_visible - 1u];
  if (count.type != ZYDIS_OPERAND_TYPE_IMMEDIATE || (count.imm.value.u & kShiftCountMask) == 0)
    return row.flags_written;
  const ZydisAccessedFlags& flags = *zydis.cpu_flags;
  return (flags.modified | flags.set_0 | flags.set_1 | flags.undefined) & eflags::kStatus;
}

bool may_fault(const ZydisDecodedInstruction& zydis, std::span<const ZydisDecodedOperand> operands) {
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

}  // namespace

Decoder::Decoder(const CpuModel& model)
    : model_(model),
      code32_(make_decoder(ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32)),
      code16_(make_decoder(ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16)),
      scratch_(std::make_shared<Scratch>()) {}

DecodeStatus Decoder::decode_one(const DecodeRequest& request, u32 offset, Instruction& instruction) {
  // Real and virtual-8086 mode too: what needs protected mode refuses by itself, while Zydis' real mode
  // refuses more than processors do.
  const ZydisDecoder& decoder = request.mode.code32 ? code32_ : code16_;
  const u32 eip = request.eip + offset;
  const u32 within_limit = request.last_eip - eip;  // bytes after the first that may be fetched
  u32 available = static_cast<u32>(request.bytes.size()) - offset;
  const bool limited = within_limit < available - 1;
  if (limited) available = within_limit + 1;

  instruction.row = nullptr;
  instruction.too_long = false;
  instruction.stops = false;
  instruction.flags_live = true;
  ZydisDecoderContext context;
  const ZyanStatus status = ZydisDecoderDecodeInstruction(&decoder, &context, request.bytes.data() + offset,
                                                          available, &instruction.zydis);
  if (status == ZYDIS_STATUS_NO_MORE_DATA && available < kMaximumInstructionLength) {
    return limited ? DecodeStatus::BeyondLimit : DecodeStatus::NeedsNextPage;
  }
  instruction.too_long = status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG;
  if (!ZYAN_SUCCESS(status) || !ZYAN_SUCCESS(ZydisDecoderDecodeOperands(
                                   &decoder, &context, &instruction.zydis, instruction.operands.data(),
                                   instruction.zydis.operand_count))) {
    instruction.op = Operation{};
    instruction.op.eip = eip;
    instruction.op.length = 1;
    instruction.bytes = std::min(available, kMaximumInstructionLength);
    return DecodeStatus::Done;
  }
  instruction.bytes = instruction.zydis.length;
  const InstructionRow* row = find_row(instruction.zydis, instruction.all_operands());
  if (row == nullptr || !model_.has(row->feature)) {
    instruction.op = Operation{};
    instruction.op.eip = eip;
    instruction.op.length = instruction.zydis.length;
    return DecodeStatus::Done;
  }
  instruction.row = row;
  instruction.op = make_operation(instruction.zydis, instruction.all_operands(), *row, eip);
  instruction.stops = handler_ != nullptr && handler_->stops(*row, instruction.op, request.mode.policy);
  return DecodeStatus::Done;
}

bool Decoder::ends_block(const Instruction& instruction, const DecodeRequest& request) const {
  if (instruction.row == nullptr || instruction.stops || instruction.row->system != nullptr) return true;
  if (instruction.zydis.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE) return true;
  if (instruction.op.repeat != Repeat::None && instruction.zydis.meta.category == ZYDIS_CATEGORY_STRINGOP)
    return true;
  if (request.mode.single) return true;
  if (request.splits.empty()) return false;
  const u32 bit = request.page_offset + (instruction.op.eip - request.eip);
  return bit / 64 < request.splits.size() && ((request.splits[bit / 64] >> (bit % 64)) & 1) != 0;
}

DecodeStatus Decoder::decode(const DecodeRequest& request, DecodedBlock& block) {
  std::span<Instruction> instructions(scratch_->instructions);
  unsigned count = 0;
  u32 offset = 0;
  while (count < kMaximumInstructions && offset < request.bytes.size() &&
         request.eip + offset <= request.last_eip) {
    const DecodeStatus status = decode_one(request, offset, instructions[count]);
    if (status != DecodeStatus::Done) {
      if (count == 0) return status;
      break;  // the next block begins with this instruction and deals with it
    }
    const Instruction& instruction = instructions[count++];
    offset += instruction.bytes;
    if (ends_block(instruction, request)) break;
  }
  block.byte_length =
      static_cast<u16>(std::min<u32>(offset, kMaximumInstructions * kMaximumInstructionLength));
  lower(request, instructions.first(count), block);
  return DecodeStatus::Done;
}

void Decoder::lower(const DecodeRequest& request, std::span<Instruction> instructions, DecodedBlock& block) {
  // Flags that something behind an instruction may still see. Whatever can fault shows all of them.
  u32 live = eflags::kStatus;
  for (std::size_t i = instructions.size(); i-- > 0;) {
    Instruction& instruction = instructions[i];
    if (instruction.row == nullptr || instruction.stops || instruction.row->system != nullptr) {
      live = eflags::kStatus;
      continue;
    }
    const InstructionRow& row = *instruction.row;
    const u32 written = flags_written(row, instruction.zydis, instruction.all_operands());
    instruction.flags_live = written == 0 || (written & live) != 0;
    live = (live & ~written) | row.flags_read;
    if (may_fault(instruction.zydis, instruction.all_operands()) || uses_simd_state(row))
      live = eflags::kStatus;
  }

  block.operation_count = 0;
  const auto append = [&block](const Operation& op) { block.storage[block.operation_count++] = op; };
  const auto addressing = [&](const Instruction& instruction) {
    const Operation& op = instruction.op;
    const bool flat_segment =
        request.mode.flat_data && !op.address16 &&
        (op.segment == Segment::Ds || op.segment == Segment::Es || op.segment == Segment::Ss);
    return flat_segment ? Addressing::Flat : Addressing::Segmented;
  };

  const auto context_of = [&](const Instruction& instruction) {
    return LoweringContext{instruction.zydis, instruction.all_operands(), *instruction.row,
                           request.mode,      instruction.flags_live,     addressing(instruction)};
  };
  const auto has_own_handler = [](const Instruction& instruction) {
    return instruction.row != nullptr && !instruction.stops && instruction.row->system == nullptr;
  };

  for (std::size_t i = 0; i < instructions.size(); ++i) {
    Instruction& instruction = instructions[i];
    Operation& op = instruction.op;
    Instruction* const second =
        i + 1 < instructions.size() && has_own_handler(instructions[i + 1]) ? &instructions[i + 1] : nullptr;
    op.remaining = static_cast<u8>(instructions.size() - i);
    if (instruction.row == nullptr) {
      op.handler = instruction.too_long ? &raise_instruction_too_long : &raise_invalid_opcode;
    } else if (instruction.stops) {
      op.handler = &stop_at_sensitive;
    } else if (instruction.row->system != nullptr) {
      op.handler = &run_system_operation;
    } else {
      const LoweringContext context = context_of(instruction);
      if (request.mode.flat_code && i + 2 == instructions.size() && second != nullptr) {
        if (Handler fused = fuse(context, op, second->zydis.mnemonic)) {
          op.handler = fused;
          append(op);
          break;
        }
      }
      Handler pair =
          second != nullptr ? pair_on_stack(context, op, context_of(*second), second->op) : nullptr;
      op.handler = pair != nullptr ? pair : instruction.row->lowering(context, op);
    }
    append(op);
  }

  const Instruction& last = instructions.back();
  const u32 end = last.op.next_eip();
  const bool branch =
      last.row != nullptr && !last.stops && last.zydis.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE;
  const bool own_exit =
      last.row == nullptr || last.stops || last.row->system != nullptr || branch ||
      (last.op.repeat != Repeat::None && last.zydis.meta.category == ZYDIS_CATEGORY_STRINGOP);
  if (!own_exit) {
    Operation terminator;
    terminator.handler = &fall_through;
    terminator.eip = end;
    terminator.remaining = 0;
    append(terminator);
  }
  block.instruction_count = static_cast<u32>(instructions.size());

  block.exit = {};
  block.exit.link(Way::FallThrough).eip = end;
  if (branch && is_direct_branch(last.zydis, last.all_operands()))
    block.exit.link(Way::Taken).eip = last.op.immediate;
  for (BlockLink& link : block.exit.links) {
    const u64 target =
        static_cast<u64>(request.page_offset) + static_cast<s64>(static_cast<s32>(link.eip - request.eip));
    link.linkable = !request.mode.single && target < kPageSize &&
                    (request.mode.flat_code || (request.mode.code64k && link.eip <= 0xffff));
  }
}

}  // namespace ringdown
