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
  const Encoding* encoding = nullptr;  // nullptr: invalid opcode
  const u8* code = nullptr;
  u64 key = 0;  // of `encoding`; 0 if it cannot be remembered
  u32 eip = 0;
  u32 flags_written = 0;
  u8 length = 0;
  u8 bytes = 0;           // that decoding depended on
  bool too_long = false;  // more than 15 bytes: #GP(0)
  bool flags_live = true;
  bool stops = false;
  bool is_new = false;  // `encoding` was not known
  Encoding made;        // where it is, if it was not

  const InstructionRow& row() const { return *encoding->row; }
  bool runs_directly() const { return encoding != nullptr && !stops; }
  /// Neither invalid, nor stopped, nor a system operation over a view.
  bool has_own_handler() const { return runs_directly() && row().lowering != nullptr; }
  u32 next_eip() const { return eip + length; }
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
  instruction.eip = eip;
  instruction.stops = false;
  instruction.encoding = scratch_->known.find(instruction.key);
  instruction.is_new = instruction.encoding == nullptr || instruction.encoding->op.length > available;
  if (instruction.is_new) {
    const DecodeStatus status = decode_anew(request.mode, code, limited, instruction);
    if (status != DecodeStatus::Done || instruction.encoding == nullptr) return status;
    if (!instruction.encoding->is_decided_by(head, scratch_->zydis, code.data())) instruction.key = 0;
  }
  const Encoding& encoding = *instruction.encoding;
  instruction.length = instruction.bytes = encoding.op.length;
  instruction.flags_written = encoding.written;
  if (encoding.shifts_by_nothing(code.data())) {
    instruction.flags_written = encoding.row->flags_written;
    instruction.key = 0;
  }
  instruction.stops =
      handler_ != nullptr && handler_->stops(*encoding.row, encoding.op, eip, request.mode.policy);
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

DecodeStatus Decoder::decode_anew(BlockMode mode, std::span<const u8> code, bool limited,
                                  Instruction& instruction) {
  const u32 available = static_cast<u32>(code.size());
  const ZydisInstruction& zydis = scratch_->zydis;
  instruction.encoding = nullptr;
  const ZyanStatus status = run_zydis(mode, code);
  if (status == ZYDIS_STATUS_NO_MORE_DATA && available < kMaximumInstructionLength) {
    return limited ? DecodeStatus::BeyondLimit : DecodeStatus::NeedsNextPage;
  }
  instruction.too_long = status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG;
  if (!ZYAN_SUCCESS(status)) {
    instruction.length = 1;
    instruction.bytes = static_cast<u8>(std::min(available, kMaximumInstructionLength));
    return DecodeStatus::Done;
  }
  instruction.length = instruction.bytes = zydis.instruction.length;
  const InstructionRow* row = find_row(zydis.instruction, zydis.all_operands());
  if (row == nullptr || !model_.has(row->feature)) return DecodeStatus::Done;
  instruction.made = Encoding::of(zydis, *row, instruction.eip);
  instruction.encoding = &instruction.made;
  return DecodeStatus::Done;
}

bool Decoder::ends_block(const Instruction& instruction, const DecodeRequest& request) const {
  if (!instruction.runs_directly() || instruction.encoding->ends_block || request.mode.single) return true;
  if (request.splits.empty()) return false;
  const u32 bit = request.page_offset + (instruction.eip - request.eip);
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
  instructions = instructions.first(count);
  block.byte_length =
      static_cast<u16>(std::min<u32>(offset, kMaximumInstructions * kMaximumInstructionLength));
  block.instruction_count = count;
  find_live_flags(instructions);
  lower(request, instructions, block);
  set_exit(request, instructions.back(), block);
  // Only now: what is kept takes the place of others, which instructions of this block may be of.
  for (const Instruction& instruction : instructions) {
    if (instruction.is_new && instruction.encoding != nullptr)
      scratch_->known.keep(instruction.key, instruction.made);
  }
  return DecodeStatus::Done;
}

bool Decoder::update_values(Operation& op, std::span<const u8> code, BlockMode mode, u32 first,
                            u32 length) const {
  if (!op.plain_values) return false;
  const EncodingHead head = head_of(code, mode.code32);
  if (first < head.length || first + length > op.length) return false;
  const Encoding* const encoding = scratch_->known.find(head.key(mode.code32));
  if (encoding == nullptr) return false;
  encoding->place(op, code.data(), op.eip);
  return true;
}

// Flags that something behind an instruction may still see. Whatever can fault shows all of them.
void Decoder::find_live_flags(std::span<Instruction> instructions) {
  u32 live = eflags::kStatus;
  for (std::size_t i = instructions.size(); i-- > 0;) {
    Instruction& instruction = instructions[i];
    if (!instruction.has_own_handler()) {
      live = eflags::kStatus;
      continue;
    }
    const u32 written = instruction.flags_written;
    instruction.flags_live = written == 0 || (written & live) != 0;
    live = (live & ~written) | instruction.row().flags_read;
    if (instruction.encoding->may_fault) live = eflags::kStatus;
  }
}

// What lowering chooses by is part of `way`: the mode, whether flags are live, the jump that is fused.
template <class Lower>
void Decoder::lower_by(Lower choose, const DecodeRequest& request, const Instruction& instruction, u32 way,
                       Operation& op) {
  const Encoding& encoding = *instruction.encoding;
  if (const Operation* known = scratch_->known.find_lowered(instruction.key, way)) {
    op = *known;
    encoding.place(op, instruction.code, instruction.eip);
    return;
  }
  const Operation plain = encoding.at(instruction.code, instruction.eip);
  op = plain;
  // It was decoded before: this cannot fail.
  (void)run_zydis(request.mode, {instruction.code, instruction.length});
  const bool flat_segment =
      request.mode.flat_data && !op.address16 &&
      (op.segment == Segment::Ds || op.segment == Segment::Es || op.segment == Segment::Ss);
  const LoweringContext context{
      scratch_->zydis.instruction, scratch_->zydis.all_operands(),
      instruction.row(),           request.mode,
      instruction.flags_live,      flat_segment ? Addressing::Flat : Addressing::Segmented};
  op.handler = choose(context, op);
  const bool same_values = op.immediate == plain.immediate && op.displacement == plain.displacement;
  op.plain_values = same_values && !context.by_value && encoding.has_plain_values();
  if (same_values && !context.by_value) scratch_->known.keep_lowered(instruction.key, way, op);
}

void Decoder::lower_one(const DecodeRequest& request, const Instruction& instruction, Operation& op) {
  if (instruction.has_own_handler()) {
    const u32 way = way_of(request.mode) | (instruction.flags_live ? kFlagsLive : 0);
    lower_by(instruction.row().lowering, request, instruction, way, op);
  } else if (instruction.encoding != nullptr) {
    op = instruction.encoding->at(instruction.code, instruction.eip);
    op.handler = instruction.stops ? &stop_at_sensitive : system_handler(instruction.row().effect);
  } else {
    op = Operation{};
    op.handler = instruction.too_long ? &raise_instruction_too_long : &raise_invalid_opcode;
    op.eip = instruction.eip;
    op.length = instruction.length;
  }
  if (!substitution_ || !instruction.runs_directly()) return;
  if (const Handler other = substitution_(instruction.row(), op)) op.handler = other;
}

// The last two instructions as one operation; false if they cannot be one.
bool Decoder::fuse_last(const DecodeRequest& request, std::span<const Instruction> instructions,
                        DecodedBlock& block) {
  if (substitution_ || !request.mode.flat_code || instructions.size() < 2) return false;
  const Instruction& jump = instructions.back();
  const Instruction& first = instructions[instructions.size() - 2];
  if (!jump.has_own_handler() || !jump.encoding->direct_branch || !first.has_own_handler()) return false;
  const ZydisMnemonic mnemonic = jump.row().mnemonic;
  if (!condition_of_jump(mnemonic)) return false;
  Operation& op = block.storage[instructions.size() - 2];
  lower_by(
      [mnemonic](const LoweringContext& context, Operation& pair) { return fuse(context, pair, mnemonic); },
      request, first, way_of(request.mode) | kFused | mnemonic << kJumpShift, op);
  return op.handler != nullptr;
}

void Decoder::lower(const DecodeRequest& request, std::span<const Instruction> instructions,
                    DecodedBlock& block) {
  const bool fused = fuse_last(request, instructions, block);
  const std::size_t alone = instructions.size() - (fused ? 2 : 0);
  for (std::size_t i = 0; i < alone; ++i) lower_one(request, instructions[i], block.storage[i]);
  block.operation_count = static_cast<u32>(alone + (fused ? 1 : 0));
  for (std::size_t i = 0; i < block.operation_count; ++i)
    block.storage[i].remaining = static_cast<u8>(instructions.size() - i);
  if (substitution_) return;
  for (std::size_t i = 0; i + 1 < alone; ++i) {
    const Instruction& first = instructions[i];
    const Instruction& second = instructions[i + 1];
    if (!first.has_own_handler() || !second.has_own_handler()) continue;
    Operation& op = block.storage[i];
    if (Handler both = pair_on_stack(request.mode, first.row(), op, second.row(), block.storage[i + 1]))
      op.handler = both;
  }
}

void Decoder::set_exit(const DecodeRequest& request, const Instruction& last, DecodedBlock& block) {
  if (last.runs_directly() && !last.encoding->ends_block) {
    Operation& terminator = block.storage[block.operation_count++];
    terminator = Operation{};
    terminator.handler = &fall_through;
    terminator.eip = last.next_eip();
    terminator.remaining = 0;
  }
  block.exit = {};
  block.exit.link(Way::FallThrough).eip = last.next_eip();
  if (last.runs_directly() && last.encoding->direct_branch)
    block.exit.link(Way::Taken).eip = last.encoding->at(last.code, last.eip).immediate;
  for (BlockLink& link : block.exit.links) {
    const u64 target =
        static_cast<u64>(request.page_offset) + static_cast<s64>(static_cast<s32>(link.eip - request.eip));
    link.linkable = !request.mode.single && target < kPageSize &&
                    (request.mode.flat_code || (request.mode.code64k && link.eip <= 0xffff));
  }
}

}  // namespace ringdown
