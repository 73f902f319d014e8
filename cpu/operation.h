// One decoded instruction as the interpreter runs it: 32 bytes, handler first.
#pragma once

#include "core/types.h"
#include "cpu/registers.h"
#include "cpu/segment.h"

namespace ringdown {

class Processor;
struct Operation;

/// Runs an operation and either continues with the next one itself (a tail call), returns the operation to
/// continue with, or returns nullptr when the block is left (cpu/handler.h has the ways to do each).
using Handler = const Operation* (*)(Processor&, const Operation*);

/// Index of a row of the instruction table.
using InstructionId = u16;

/// Operand size as prefixes and mode decide it.
enum class OperandSize : u8 { Byte, Word, Dword, Qword };

/// REP prefix of string instructions.
enum class Repeat : u8 { None, WhileEqual, WhileNotEqual };  // F3 (REP, REPE), F2 (REPNE)

/// Generic lowering (cpu/decoder.cpp) fills every field from the encoding; a chapter's lowering may override
/// those its handlers read otherwise.
struct Operation {
  Handler handler = nullptr;
  u32 eip = 0;        // of the instruction's first byte (prefixes included)
  u32 immediate = 0;  // sign-extended to 32 bits as the manual says; near branches: target EIP; far: offset
  u32 displacement = 0;  // of a memory operand; also the offset of MOV moffs
  InstructionId instruction = 0;
  u8 length = 0;                     // bytes
  u8 remaining = 1;                  // instructions from this one to the end of its block, itself included
  RegisterOffset reg = kNoRegister;  // the register operand (ModRM.reg, or the opcode's low bits)
  RegisterOffset rm = kNoRegister;   // the register that ModRM.rm names, if it names one
  RegisterOffset base = kNoRegister;
  RegisterOffset index = kNoRegister;
  u8 scale : 2 = 0;                   // index is shifted left by this
  Segment segment : 3 = Segment::Ds;  // of the memory operand, override applied
  bool address16 : 1 = false;
  bool memory : 1 = false;  // ModRM names memory
  bool lock : 1 = false;
  OperandSize size : 2 = OperandSize::Dword;
  Repeat repeat : 2 = Repeat::None;
  /// The values in the instruction's bytes are fields here, and nothing else depends on them.
  bool plain_values : 1 = false;
  u8 number : 3 = 0;  // ModRM.reg (or the opcode's register) as encoded: segment, control, XMM, ... register
  u16 extra = 0;  // ENTER: level; far pointer: selector; else for the chapter's lowering (ModRM.rm as encoded
                  // by default)

  u32 next_eip() const { return eip + length; }
  friend bool operator==(const Operation&, const Operation&) = default;
};
static_assert(sizeof(Operation) == 32);

/// Offset part of the memory operand's address.
inline u32 effective_offset(const Registers& registers, const Operation& op) {
  const u32 offset =
      registers.read<u32>(op.base) + (registers.read<u32>(op.index) << op.scale) + op.displacement;
  return op.address16 ? offset & 0xffffu : offset;
}

}  // namespace ringdown
