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
  Value second;                    // immediate, or the selector of a far pointer
  bool relative : 1 = false;       // the immediate counts from the next instruction
  bool branch : 1 = false;         // of any kind
  bool direct_branch : 1 = false;  // near, to an address in the instruction
  bool repeated_string : 1 = false;
  bool may_fault : 1 = false;  // also in the midst of a block
  /// Shifts or rotates by the immediate, of which the processor takes five bits (Intel SDM vol. 2B, SAL).
  bool constant_shift : 1 = false;
  u32 written = 0;  // status flags; of a constant shift, if it is not by 0

  /// Of an instruction with that row at `eip`.
  static Encoding of(const ZydisInstruction& zydis, const InstructionRow& row, u32 eip);
  /// A shift by 0 is lowered as another instruction would be, and writes no flags.
  bool shifts_by_nothing(const Operation& instance) const {
    return constant_shift && instance.immediate == 0;
  }
  /// Status flags that an instruction of this encoding always writes.
  u32 flags_written(const Operation& instance) const {
    return shifts_by_nothing(instance) ? row->flags_written : written;
  }
  /// Gives `to` the address and the values of the instruction of this encoding at `bytes`.
  void place(Operation& to, const u8* bytes, u32 eip) const;
  /// Whether all instructions with the head of this one are of this encoding.
  bool is_decided_by(const EncodingHead& head, const ZydisInstruction& zydis, const u8* bytes) const;
};

}  // namespace ringdown
