// An instruction of a case as Zydis sees it.
#pragma once

#include <Zydis/Zydis.h>

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "cpu/instruction_table.h"
#include "tests/oracle/case.h"
#include "tests/vectors/undefined_flags.h"

namespace ringdown::test {

struct OracleInstruction {
  bool known = false;  // decoded: what follows is valid
  u8 locks = 0;        // LOCK prefixes, which are not part of what is decoded
  ZydisDecodedInstruction decoded{};
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands{};
  const InstructionRow* row = nullptr;

  std::span<const ZydisDecodedOperand> all_operands() const {
    return {operands.data(), known ? decoded.operand_count : std::size_t{0}};
  }
  u8 length() const { return static_cast<u8>(decoded.length + locks); }
  bool is(ZydisMnemonic mnemonic) const { return known && decoded.mnemonic == mnemonic; }
};

/// Decodes the instruction that `code` begins with, with everything that processors have by now. A LOCK
/// prefix where it may not stand does not hinder it.
OracleInstruction decode_oracle(std::span<const u8> code, ZydisMachineMode mode);

/// All instructions of a case, up to the first that does not decode, which is included. The last may end in
/// the HLTs behind the code.
std::vector<OracleInstruction> decode_case(const OracleCase& c);

/// The value of a register of the state, zero-extended; none of those that are not general registers.
std::optional<u32> register_value(ZydisRegister reg, const OracleState& state);

/// The offset of a memory operand within its segment.
u32 operand_offset(const OracleInstruction& instruction, const ZydisDecodedOperand& operand,
                   const OracleState& state);
/// The linear address of a memory operand; none if its segment has no descriptor.
std::optional<u32> operand_linear(const OracleInstruction& instruction, const ZydisDecodedOperand& operand,
                                  const OracleState& state);
std::optional<Segment> segment_of(ZydisRegister reg);

/// What decides which flags the instruction leaves undefined.
FlagsWriter flags_writer(const OracleInstruction& instruction, const OracleState& state);

}  // namespace ringdown::test
