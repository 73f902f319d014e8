// Decodes instruction bytes with Zydis and repacks them into the operations of one block.
#include "cpu/decoder.h"

#include <array>

#include "cpu/execute/condition.h"
#include "cpu/execute/fusion.h"
#include "cpu/execute/stack_pairs.h"
#include "cpu/execute/terminators.h"
#include "cpu/handler.h"
#include "cpu/known_encodings.h"

namespace ringdown {

struct Decoder::Instruction {
  Encoding encoding;  // meaningless without a row
  const u8* code = nullptr;
  u64 key = 0;                          // of `encoding`; 0 if it cannot be remembered
  const InstructionRow* row = nullptr;  // nullptr: invalid opcode
  Operation op;
  /// Neither invalid, nor stopped, nor on privileged state.
  bool has_own_handler() const { return row != nullptr && !stops && row->system == nullptr; }
  u32 bytes = 0;          // that decoding depended on
  bool too_long = false;  // more than 15 bytes: #GP(0)
  bool flags_live = true;
  bool stops = false;
};

struct Decoder::Scratch {
  std::array<Instruction, kMaximumInstructions> instructions;
  ZydisInstruction zydis;
  KnownEncodings known;
};

namespace {

constexpr u32 kMaximumInstructionLength = 15;

/// What tells the ways of lowering an encoding apart.
constexpr u32 kFlagsLive = 1u << 8;
constexpr u32 kFused = 1u << 9;
constexpr u32 kJumpShift = 16;  // the mnemonic of the jump that is fused
u32 way_of(BlockMode mode) {
  mode.policy = 0;
  return mode.value();
}

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

}  // namespace

Decoder::Decoder(const CpuModel& model, Remember remember)
    : model_(model),
      remember_(remember),
      code32_(make_decoder(ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32)),
      code16_(make_decoder(ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16)),
      scratch_(std::make_shared<Scratch>()) {}

DecodeStatus Decoder::decode_one(const DecodeRequest& request, u32 offset, Instruction& instruction) {
  const u32 eip = request.eip + offset;
  const u32 within_limit = request.last_eip - eip;  // bytes after the first that may be fetched
  u32 available = static_cast<u32>(request.bytes.size()) - offset;
  const bool limited = within_limit < available - 1;
  if (limited) available = within_limit + 1;

  const std::span<const u8> code = request.bytes.subspan(offset, available);
  const EncodingHead head = head_of(code, request.mode.code32);
  instruction.code = code.data();
  instruction.key = remember_ == Remember::Encodings ? head.key(request.mode.code32) : 0;
  instruction.too_long = false;
  instruction.stops = false;
  instruction.flags_live = true;
  const Encoding* known = scratch_->known.find(instruction.key);
  if (known != nullptr && known->op.length <= available) {
    instruction.encoding = *known;
  } else {
    const DecodeStatus status = decode_anew(request.mode, code, eip, limited, instruction);
    if (status != DecodeStatus::Done || instruction.row == nullptr) return status;
    if (instruction.encoding.is_decided_by(head, scratch_->zydis, code.data())) {
      scratch_->known.keep(instruction.key, instruction.encoding);
    } else {
      instruction.key = 0;
    }
  }
  instruction.row = instruction.encoding.row;
  instruction.op = instruction.encoding.op;
  instruction.encoding.place(instruction.op, code.data(), eip);
  instruction.bytes = instruction.op.length;
  if (instruction.encoding.shifts_by_nothing(instruction.op)) instruction.key = 0;
  instruction.stops =
      handler_ != nullptr && handler_->stops(*instruction.row, instruction.op, request.mode.policy);
  return DecodeStatus::Done;
}

ZyanStatus Decoder::run_zydis(BlockMode mode, std::span<const u8> code) {
  // Real and virtual-8086 mode too: what needs protected mode refuses by itself, while Zydis' real mode
  // refuses more than processors do.
  const ZydisDecoder& decoder = mode.code32 ? code32_ : code16_;
  ZydisInstruction& zydis = scratch_->zydis;
  ZydisDecoderContext context;
  const ZyanStatus status =
      ZydisDecoderDecodeInstruction(&decoder, &context, code.data(), code.size(), &zydis.instruction);
  if (!ZYAN_SUCCESS(status)) return status;
  return ZydisDecoderDecodeOperands(&decoder, &context, &zydis.instruction, zydis.operands.data(),
                                    zydis.instruction.operand_count);
}

DecodeStatus Decoder::decode_anew(BlockMode mode, std::span<const u8> code, u32 eip, bool limited,
                                  Instruction& instruction) {
  const u32 available = static_cast<u32>(code.size());
  const ZydisInstruction& zydis = scratch_->zydis;
  instruction.row = nullptr;
  instruction.op = Operation{};
  instruction.op.eip = eip;
  const ZyanStatus status = run_zydis(mode, code);
  if (status == ZYDIS_STATUS_NO_MORE_DATA && available < kMaximumInstructionLength) {
    return limited ? DecodeStatus::BeyondLimit : DecodeStatus::NeedsNextPage;
  }
  instruction.too_long = status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG;
  if (!ZYAN_SUCCESS(status)) {
    instruction.op.length = 1;
    instruction.bytes = std::min(available, kMaximumInstructionLength);
    return DecodeStatus::Done;
  }
  instruction.op.length = zydis.instruction.length;
  instruction.bytes = zydis.instruction.length;
  const InstructionRow* row = find_row(zydis.instruction, zydis.all_operands());
  if (row == nullptr || !model_.has(row->feature)) return DecodeStatus::Done;
  instruction.row = row;
  instruction.encoding = Encoding::of(zydis, *row, eip);
  return DecodeStatus::Done;
}

bool Decoder::ends_block(const Instruction& instruction, const DecodeRequest& request) const {
  if (instruction.row == nullptr || instruction.stops || instruction.row->system != nullptr) return true;
  if (instruction.encoding.branch || instruction.encoding.repeated_string) return true;
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

// Flags that something behind an instruction may still see. Whatever can fault shows all of them.
void Decoder::find_live_flags(std::span<Instruction> instructions) {
  u32 live = eflags::kStatus;
  for (std::size_t i = instructions.size(); i-- > 0;) {
    Instruction& instruction = instructions[i];
    if (instruction.row == nullptr || instruction.stops || instruction.row->system != nullptr) {
      live = eflags::kStatus;
      continue;
    }
    const u32 written = instruction.encoding.flags_written(instruction.op);
    instruction.flags_live = written == 0 || (written & live) != 0;
    live = (live & ~written) | instruction.row->flags_read;
    if (instruction.encoding.may_fault) live = eflags::kStatus;
  }
}

// What lowering chooses by is part of `way`: the mode, whether flags are live, the jump that is fused.
template <class Lower>
Operation Decoder::lowered(const DecodeRequest& request, const Instruction& instruction, u32 way,
                           Lower choose) {
  if (const Operation* known = scratch_->known.find_lowered(instruction.key, way)) {
    Operation op = *known;
    instruction.encoding.place(op, instruction.code, instruction.op.eip);
    return op;
  }
  Operation op = instruction.op;
  // It was decoded before: this cannot fail.
  (void)run_zydis(request.mode, {instruction.code, instruction.op.length});
  const bool flat_segment =
      request.mode.flat_data && !op.address16 &&
      (op.segment == Segment::Ds || op.segment == Segment::Es || op.segment == Segment::Ss);
  const LoweringContext context{scratch_->zydis.instruction,
                                scratch_->zydis.all_operands(),
                                *instruction.row,
                                request.mode,
                                instruction.flags_live,
                                flat_segment ? Addressing::Flat : Addressing::Segmented};
  op.handler = choose(context, op);
  const bool same_values =
      op.immediate == instruction.op.immediate && op.displacement == instruction.op.displacement;
  if (same_values && !context.by_value) scratch_->known.keep_lowered(instruction.key, way, op);
  return op;
}

Operation Decoder::lower_one(const DecodeRequest& request, const Instruction& instruction) {
  if (instruction.has_own_handler()) {
    const u32 way = way_of(request.mode) | (instruction.flags_live ? kFlagsLive : 0);
    return lowered(request, instruction, way, instruction.row->lowering);
  }
  Operation op = instruction.op;
  if (instruction.row == nullptr) {
    op.handler = instruction.too_long ? &raise_instruction_too_long : &raise_invalid_opcode;
  } else {
    op.handler = instruction.stops ? &stop_at_sensitive : &run_system_operation;
  }
  return op;
}

// The last two instructions as one operation; it has no handler if they cannot be one.
Operation Decoder::fuse_last(const DecodeRequest& request, std::span<const Instruction> instructions) {
  if (!request.mode.flat_code || instructions.size() < 2) return Operation{};
  const Instruction& jump = instructions.back();
  const Instruction& first = instructions[instructions.size() - 2];
  if (!first.has_own_handler() || !jump.has_own_handler() || !condition_of_jump(jump.row->mnemonic))
    return Operation{};
  const ZydisMnemonic mnemonic = jump.row->mnemonic;
  return lowered(
      request, first, way_of(request.mode) | kFused | mnemonic << kJumpShift,
      [mnemonic](const LoweringContext& context, Operation& op) { return fuse(context, op, mnemonic); });
}

void Decoder::lower(const DecodeRequest& request, std::span<Instruction> instructions, DecodedBlock& block) {
  find_live_flags(instructions);
  block.operation_count = 0;
  const auto append = [&block](const Operation& op, std::size_t remaining) {
    Operation& to = block.storage[block.operation_count++];
    to = op;
    to.remaining = static_cast<u8>(remaining);
  };
  const Operation pair = fuse_last(request, instructions);
  const std::size_t alone = instructions.size() - (pair.handler != nullptr ? 2 : 0);
  for (std::size_t i = 0; i < alone; ++i)
    append(lower_one(request, instructions[i]), instructions.size() - i);
  if (pair.handler != nullptr) append(pair, 2);
  for (std::size_t i = 0; i + 1 < alone; ++i) {
    const Instruction& first = instructions[i];
    const Instruction& second = instructions[i + 1];
    if (!first.has_own_handler() || !second.has_own_handler()) continue;
    Operation& op = block.storage[i];
    if (Handler both = pair_on_stack(request.mode, *first.row, op, *second.row, block.storage[i + 1]))
      op.handler = both;
  }

  const Instruction& last = instructions.back();
  const u32 end = last.op.next_eip();
  const bool branch = last.row != nullptr && !last.stops && last.encoding.branch;
  const bool own_exit = last.row == nullptr || last.stops || last.row->system != nullptr || branch ||
                        last.encoding.repeated_string;
  if (!own_exit) {
    Operation terminator;
    terminator.handler = &fall_through;
    terminator.eip = end;
    append(terminator, 0);
  }
  block.instruction_count = static_cast<u32>(instructions.size());

  block.exit = {};
  block.exit.link(Way::FallThrough).eip = end;
  if (branch && last.encoding.direct_branch) block.exit.link(Way::Taken).eip = last.op.immediate;
  for (BlockLink& link : block.exit.links) {
    const u64 target =
        static_cast<u64>(request.page_offset) + static_cast<s64>(static_cast<s32>(link.eip - request.eip));
    link.linkable = !request.mode.single && target < kPageSize &&
                    (request.mode.flat_code || (request.mode.code64k && link.eip <= 0xffff));
  }
}

}  // namespace ringdown
