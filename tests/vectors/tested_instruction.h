// The instruction that a captured test is about: its prefixes, opcode and operands.
#pragma once

#include <Zydis/Zydis.h>

#include <array>
#include <optional>
#include <span>

#include "cpu/instruction_table.h"
#include "tests/vectors/moo.h"

namespace ringdown::test {

struct TestedInstruction {
  bool lock = false;
  bool repeated = false;  // F2 or F3
  u8 opcode = 0;          // behind the prefixes, and behind 0F
  bool two_bytes = false;
  u8 modrm = 0;        // the byte behind the opcode, whether it is one or not
  u32 length = 0;      // with prefixes; as the captured processor had it
  bool known = false;  // decoded: what follows is valid
  ZydisDecodedInstruction decoded{};
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands{};
  const InstructionRow* row = nullptr;

  bool is(u8 one_byte_opcode) const { return !two_bytes && opcode == one_byte_opcode; }
  unsigned extension() const { return modrm >> 3 & 7; }
  bool register_operand() const { return modrm >= 0xc0; }
  std::span<const ZydisDecodedOperand> all_operands() const {
    return {operands.data(), known ? decoded.operand_count : std::size_t{0}};
  }
};

/// Decodes the code of a test as real-mode code. A LOCK prefix where it may not stand does not hinder it.
TestedInstruction decode_tested(const MooTest& test);

/// The value of an operand of the initial state, zero-extended; none if the test does not define it.
std::optional<u32> operand_value(const TestedInstruction& instruction, const MooTest& test, unsigned operand);

/// Offset and size of a memory operand in its segment.
struct SegmentRange {
  ZydisRegister segment = ZYDIS_REGISTER_NONE;
  u32 offset = 0;
  u32 size = 0;
  bool beyond_limit() const { return u64{offset} + size > 0x10000; }
};
/// Of an explicit memory operand that is accessed; none otherwise.
std::optional<SegmentRange> operand_range(const TestedInstruction& instruction, const MooTest& test,
                                          unsigned operand);

}  // namespace ringdown::test
