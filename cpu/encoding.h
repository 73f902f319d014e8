// What Zydis says of an instruction, repacked: an operation, where its values lie, and what blocks need to
// know.
#pragma once

#include <Zydis/Zydis.h>

#include <array>
#include <span>

#include "cpu/encoding_head.h"
#include "cpu/instruction_table.h"
#include "cpu/operation.h"

namespace ringdown {

struct ZydisInstruction {
  ZydisDecodedInstruction instruction;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  std::span<const ZydisDecodedOperand> all_operands() const {
    return {operands.data(), instruction.operand_count};
  }
};

inline constexpr u32 kShiftCountMask = 31;

/// All instructions that differ in nothing but address, displacement and immediates.
struct Encoding {
  /// A number in the instruction's bytes.
  struct Value {
    u8 offset = 0;
    u8 size = 0;  // 1, 2 or 4 bytes; 0: there is none
    bool is_signed = false;
    u32 read(const u8* bytes) const;
  };

  Operation op;  // as the bytes that it was made of say
  const InstructionRow* row = nullptr;
  Value displacement;
  Value immediate;
  Value second;                // immediate, or the selector of a far pointer
  bool relative = false;       // the immediate counts from the next instruction
  bool direct_branch = false;  // near, to an address in the instruction
  bool ends_block = false;     // a branch of any kind, a repeated string instruction, a system operation
  bool may_fault = false;      // also in the midst of a block
  /// Shifts or rotates by the immediate, of which the processor takes five bits (Intel SDM vol. 2B, SAL).
  bool constant_shift = false;
  u32 written = 0;  // status flags; of a constant shift, if it is not by 0

  /// Of an instruction with that row at `eip`.
  static Encoding of(const ZydisInstruction& zydis, const InstructionRow& row, u32 eip);
  /// A shift by 0 is lowered as another instruction would be, and writes no flags but those of its row.
  bool shifts_by_nothing(const u8* bytes) const {
    return constant_shift && immediate.size != 0 && (immediate.read(bytes) & kShiftCountMask) == 0;
  }
  /// The instruction of this encoding at `bytes`.
  Operation at(const u8* bytes, u32 eip) const {
    Operation result = op;
    place(result, bytes, eip);
    return result;
  }
  /// Whether other values make the same operation but for its fields (if lowering did not look at them): not
  /// if they say where a block goes or which flags are written.
  bool has_plain_values() const { return !relative && !constant_shift; }
  /// Gives `to` the address and the values of that instruction.
  void place(Operation& to, const u8* bytes, u32 eip) const;
  /// Whether all instructions with the head of this one are of this encoding.
  bool is_decided_by(const EncodingHead& head, const ZydisInstruction& zydis, const u8* bytes) const;
};

}  // namespace ringdown
