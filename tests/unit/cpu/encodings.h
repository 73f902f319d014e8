// Every encoding that tells instructions apart: prefixes, opcode maps and ModRM bytes, decoded once each.
#pragma once

#include <Zydis/Zydis.h>

#include <array>
#include <span>

#include "core/types.h"

namespace ringdown::test {

struct Encoding {
  std::array<u8, 15> bytes{};
  ZydisDecodedInstruction instruction;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  std::span<const ZydisDecodedOperand> all_operands() const {
    return {operands.data(), instruction.operand_count};
  }
};

/// Calls `visit(const Encoding&)` for each valid one in 32-bit code: prefix none, 66, 67, F2, F3 or 66 with
/// F3; one- and two-byte opcodes; every ModRM byte, with SIB, displacement and immediate bytes as they come.
template <class Visit>
void for_each_encoding(Visit visit) {
  static constexpr u8 kPrefixes[][2] = {{0, 0}, {0x66, 0}, {0x67, 0}, {0xf2, 0}, {0xf3, 0}, {0x66, 0xf3}};
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
  Encoding encoding;
  for (const auto& prefixes : kPrefixes) {
    for (unsigned opcode = 0; opcode < 0x200; ++opcode) {
      for (unsigned modrm = 0; modrm < 0x100; ++modrm) {
        encoding.bytes.fill(0x11);
        std::size_t at = 0;
        for (const u8 prefix : prefixes) {
          if (prefix != 0) encoding.bytes[at++] = prefix;
        }
        if (opcode >= 0x100) encoding.bytes[at++] = 0x0f;
        encoding.bytes[at++] = static_cast<u8>(opcode);
        encoding.bytes[at++] = static_cast<u8>(modrm);
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, encoding.bytes.data(), encoding.bytes.size(),
                                                 &encoding.instruction, encoding.operands.data()))) {
          continue;
        }
        visit(encoding);
        if ((encoding.instruction.attributes & ZYDIS_ATTRIB_HAS_MODRM) == 0) break;
      }
    }
  }
}

}  // namespace ringdown::test
