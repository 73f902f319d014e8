// Decodes the instruction that a captured test is about.
#include "tests/vectors/tested_instruction.h"

#include <algorithm>

#include "cpu/encoding_head.h"

namespace ringdown::test {

namespace {

using enum MooRegister;

constexpr u8 kHlt = 0xf4, kLock = 0xf0, kTwoBytes = 0x0f;

/// Value of any register that a 16- or 32-bit operand or address names.
std::optional<u32> register_value(ZydisRegister reg, const MooRegisters& registers) {
  if (reg == ZYDIS_REGISTER_NONE) return 0;
  if (reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH) {
    const auto word = static_cast<ZydisRegister>(ZYDIS_REGISTER_AX + (reg - ZYDIS_REGISTER_AH));
    const std::optional<u32> value = register_value(word, registers);
    return value ? std::optional<u32>(*value >> 8 & 0xff) : std::nullopt;
  }
  constexpr std::array<MooRegister, 8> kGeneral = {Eax, Ecx, Edx, Ebx, Esp, Ebp, Esi, Edi};
  const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LEGACY_32, reg);
  if (whole < ZYDIS_REGISTER_EAX || whole > ZYDIS_REGISTER_EDI) return std::nullopt;
  const u32 value = registers.get(kGeneral[static_cast<unsigned>(whole - ZYDIS_REGISTER_EAX)]);
  const unsigned width = ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LEGACY_32, reg);
  return width == 32 ? value : value & ((1u << width) - 1);
}

u32 segment_base(ZydisRegister segment, const MooRegisters& registers) {
  constexpr std::array<MooRegister, 6> kSegments = {Es, Cs, Ss, Ds, Fs, Gs};
  const auto number = static_cast<unsigned>(segment - ZYDIS_REGISTER_ES);
  return number < kSegments.size() ? (registers.get(kSegments[number]) & 0xffff) << 4 : 0;
}

}  // namespace

TestedInstruction decode_tested(const MooTest& test) {
  TestedInstruction instruction;
  std::vector<u8> code = test.code;
  // The HLT behind it is no part of it, unless it is itself the test.
  if (code.size() > 1 && code.back() == kHlt) code.pop_back();
  instruction.length = static_cast<u32>(code.size());
  std::size_t prefixes = 0;
  for (; prefixes < code.size() && is_legacy_prefix(code[prefixes]); ++prefixes) {
    if (code[prefixes] == kLock) instruction.lock = true;
    if (code[prefixes] == 0xf2 || code[prefixes] == 0xf3) instruction.repeated = true;
  }
  const auto byte_at = [&](std::size_t at) { return at < code.size() ? code[at] : u8{0}; };
  instruction.two_bytes = byte_at(prefixes) == kTwoBytes;
  const std::size_t opcode = prefixes + (instruction.two_bytes ? 1 : 0);
  instruction.opcode = byte_at(opcode);
  instruction.modrm = byte_at(opcode + 1);
  code.erase(std::remove(code.begin(), code.begin() + static_cast<std::ptrdiff_t>(prefixes), kLock),
             code.begin() + static_cast<std::ptrdiff_t>(prefixes));
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_REAL_16, ZYDIS_STACK_WIDTH_16);
  instruction.known = ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code.data(), code.size(),
                                                          &instruction.decoded, instruction.operands.data()));
  if (instruction.known)
    instruction.row =
        find_row(instruction.decoded, {instruction.operands.data(), instruction.decoded.operand_count});
  return instruction;
}

std::optional<SegmentRange> operand_range(const TestedInstruction& instruction, const MooTest& test,
                                          unsigned operand) {
  const std::span<const ZydisDecodedOperand> operands = instruction.all_operands();
  if (operand >= operands.size()) return std::nullopt;
  const ZydisDecodedOperand& op = operands[operand];
  if (op.type != ZYDIS_OPERAND_TYPE_MEMORY || op.mem.type != ZYDIS_MEMOP_TYPE_MEM) return std::nullopt;
  const MooRegisters& registers = test.initial.registers;
  const u32 base = register_value(op.mem.base, registers).value_or(0);
  const u32 index = register_value(op.mem.index, registers).value_or(0);
  u32 offset = base + index * op.mem.scale + static_cast<u32>(op.mem.disp.value);
  if (instruction.decoded.address_width == 16) offset &= 0xffff;
  return SegmentRange{op.mem.segment, offset, op.size / 8u};
}

std::optional<u32> operand_value(const TestedInstruction& instruction, const MooTest& test,
                                 unsigned operand) {
  const std::span<const ZydisDecodedOperand> operands = instruction.all_operands();
  if (operand >= operands.size()) return std::nullopt;
  const ZydisDecodedOperand& op = operands[operand];
  if (op.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) return static_cast<u32>(op.imm.value.u);
  if (op.type == ZYDIS_OPERAND_TYPE_REGISTER) return register_value(op.reg.value, test.initial.registers);
  const std::optional<SegmentRange> range = operand_range(instruction, test, operand);
  if (!range || range->size > sizeof(u32)) return std::nullopt;
  u32 value = 0;
  for (u32 i = 0; i < range->size; ++i) {
    const u32 address = segment_base(range->segment, test.initial.registers) + range->offset + i;
    const auto found = std::find_if(test.initial.memory.begin(), test.initial.memory.end(),
                                    [&](const MooByte& byte) { return byte.address == address; });
    if (found == test.initial.memory.end()) return std::nullopt;
    value |= u32{found->value} << (8 * i);
  }
  return value;
}

}  // namespace ringdown::test
