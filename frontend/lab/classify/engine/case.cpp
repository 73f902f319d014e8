// A case's floating-point registers, and a case in words.
#include "frontend/lab/classify/engine/case.h"

#include <Zydis/Zydis.h>
#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "core/seeded_random.h"

namespace ringdown::classify {

namespace {

constexpr std::array<std::string_view, 8> kRegisterNames = {"EAX", "ECX", "EDX", "EBX",
                                                            "ESP", "EBP", "ESI", "EDI"};

void append(std::string& list, std::string_view name, u32 value) {
  list += fmt::format("{}{}={:X}", list.empty() ? "" : ", ", name, value);
}

/// "[ESP+8]"
std::string place_text(std::string_view base, std::size_t offset) {
  return offset == 0 ? fmt::format("[{}]", base) : fmt::format("[{}+{:X}]", base, offset);
}

}  // namespace

std::array<u32, 8> plain_registers() {
  std::array<u32, 8> gpr{};
  for (const Gpr pointer : {Gpr::Ebx, Gpr::Esi, Gpr::Edi}) gpr[static_cast<unsigned>(pointer)] = kData;
  for (const Gpr stack : {Gpr::Esp, Gpr::Ebp}) gpr[static_cast<unsigned>(stack)] = kStack;
  return gpr;
}

X87State x87_of(const Case& c) {
  X87State x87;
  x87.initialize();
  if (c.floats == 0) return x87;
  SeededRandom random(c.floats, 0);
  constexpr u16 kOne = 0x3fff;
  for (Float80& value : x87.registers) {
    value.significand = random.bits() | u64{1} << 63;
    value.sign_exponent = static_cast<u16>(kOne - 8 + random.below(16));
  }
  x87.valid = static_cast<u8>(random.percent(80) ? 0xff : random.word());
  x87.set_top(static_cast<u8>(random.below(8)));
  x87.last_opcode = static_cast<u16>(random.below(0x800));
  x87.instruction_offset = kCode - 2;
  x87.data_offset = kData;
  if (random.percent(15)) {
    x87.control.assign(x87_control::kReservedOne);
    if (random.percent(50)) x87.status.set<x87_status::Flags>(x87_exception::kInvalid);
    x87.update_error_summary();
  }
  return x87;
}

SseState sse_of(const Case& c) {
  SseState sse;
  if (c.floats == 0) return sse;
  SeededRandom random(c.floats, 1);
  constexpr u32 kOneAndMore = 0x3f80'0000;
  for (XmmRegister& xmm : sse.xmm) {
    for (std::size_t i = 0; i < xmm.bytes.size(); i += sizeof(u32)) {
      const u32 value = kOneAndMore | random.below(0x80'0000);
      std::memcpy(xmm.bytes.data() + i, &value, sizeof(value));
    }
  }
  return sse;
}

std::string disassembly(const Case& c) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, c.code32 ? ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LEGACY_16,
                   c.code32 ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_16);
  ZydisDecodedInstruction instruction;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeFull(&decoder, c.bytes.data(), c.length, &instruction, operands.data())))
    return "an undefined opcode";
  ZydisFormatter formatter;
  ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_PREFIX, ZYAN_FALSE);
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED);
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED);
  ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED);
  std::array<char, 96> text{};
  ZydisFormatterFormatInstruction(&formatter, &instruction, operands.data(),
                                  instruction.operand_count_visible, text.data(), text.size(), kCode,
                                  nullptr);
  std::string result(text.data());
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char character) { return static_cast<char>(std::toupper(character)); });
  return result;
}

std::string operand_text(const Case& c) {
  std::string text;
  const std::array<u32, 8> plain = plain_registers();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (c.gpr[i] != plain[i]) append(text, kRegisterNames[i], c.gpr[i]);
  }
  for (std::size_t i = 0; i < c.stack.size(); ++i) {
    if (c.stack[i] != 0) append(text, place_text("ESP", 4 * i), c.stack[i]);
  }
  for (std::size_t i = 0; i < c.data.size(); ++i) {
    if (c.data[i] != 0) append(text, place_text("EDI", 4 * i), c.data[i]);
  }
  if (c.flags != 0) append(text, "EFLAGS", c.flags | eflags::kReserved1);
  return text;
}

}  // namespace ringdown::classify
