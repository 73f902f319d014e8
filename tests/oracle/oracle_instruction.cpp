// Decodes the instructions of cases and finds their operands.
#include "tests/oracle/oracle_instruction.h"

#include <algorithm>

#include "cpu/encoding_head.h"
#include "cpu/row_encodings.h"

namespace ringdown::test {

namespace {

constexpr u8 kLock = 0xf0;

}  // namespace

OracleInstruction decode_oracle(std::span<const u8> code, ZydisMachineMode mode) {
  OracleInstruction instruction;
  std::array<u8, ZYDIS_MAX_INSTRUCTION_LENGTH> bytes{};
  u8 size = 0;
  bool among_prefixes = true;
  for (const u8 byte : code.first(std::min(code.size(), bytes.size()))) {
    among_prefixes = among_prefixes && is_legacy_prefix(byte);
    if (among_prefixes && byte == kLock) {
      ++instruction.locks;
    } else {
      bytes[size++] = byte;
    }
  }
  instruction.known = ZYAN_SUCCESS(ZydisDecoderDecodeFull(&table_decoder(mode), bytes.data(), size,
                                                          &instruction.decoded, instruction.operands.data()));
  if (instruction.known)
    instruction.row =
        find_row(instruction.decoded, {instruction.operands.data(), instruction.decoded.operand_count});
  return instruction;
}

std::vector<OracleInstruction> decode_case(const OracleCase& c) {
  std::vector<OracleInstruction> instructions;
  std::vector<u8> code = c.code;
  code.insert(code.end(), ZYDIS_MAX_INSTRUCTION_LENGTH, kStopByte);
  for (std::size_t begin = 0; begin < c.code.size();) {
    instructions.push_back(decode_oracle(std::span(code).subspan(begin), c.machine_mode()));
    if (!instructions.back().known) break;
    begin += instructions.back().length();
  }
  return instructions;
}

std::optional<u32> register_value(ZydisRegister reg, const OracleState& state) {
  if (reg == ZYDIS_REGISTER_NONE) return 0;
  if (reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH)
    return state.gpr[static_cast<unsigned>(reg - ZYDIS_REGISTER_AH)] >> 8 & 0xff;
  const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LEGACY_32, reg);
  if (whole < ZYDIS_REGISTER_EAX || whole > ZYDIS_REGISTER_EDI) return std::nullopt;
  const u32 value = state.gpr[static_cast<unsigned>(whole - ZYDIS_REGISTER_EAX)];
  const unsigned width = ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LEGACY_32, reg);
  return width == 32 ? value : value & ((1u << width) - 1);
}

u32 operand_offset(const OracleInstruction& instruction, const ZydisDecodedOperand& operand,
                   const OracleState& state) {
  const u32 base = register_value(operand.mem.base, state).value_or(0);
  const u32 index = register_value(operand.mem.index, state).value_or(0);
  const u32 offset = base + index * operand.mem.scale + static_cast<u32>(operand.mem.disp.value);
  return instruction.decoded.address_width == 16 ? offset & 0xffff : offset;
}

std::optional<Segment> segment_of(ZydisRegister reg) {
  if (reg < ZYDIS_REGISTER_ES || reg > ZYDIS_REGISTER_GS) return std::nullopt;
  return static_cast<Segment>(reg - ZYDIS_REGISTER_ES);
}

std::optional<u32> operand_linear(const OracleInstruction& instruction, const ZydisDecodedOperand& operand,
                                  const OracleState& state) {
  const std::optional<Segment> segment = segment_of(operand.mem.segment);
  if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || !segment) return std::nullopt;
  const std::optional<OracleDescriptor> descriptor = find_descriptor(state.selector(*segment));
  if (!descriptor) return std::nullopt;
  return descriptor->base + operand_offset(instruction, operand, state);
}

FlagsWriter flags_writer(const OracleInstruction& instruction, const OracleState& state) {
  if (!instruction.known || instruction.decoded.operand_count_visible == 0)
    return {instruction.known ? instruction.decoded.mnemonic : ZYDIS_MNEMONIC_INVALID};
  const ZydisDecodedOperand& last = instruction.operands[instruction.decoded.operand_count_visible - 1u];
  const u32 count = last.type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? static_cast<u32>(last.imm.value.u)
                    : last.type == ZYDIS_OPERAND_TYPE_REGISTER
                        ? register_value(last.reg.value, state).value_or(0)
                        : 0;
  return {instruction.decoded.mnemonic, instruction.operands[0].size, count};
}

}  // namespace ringdown::test
