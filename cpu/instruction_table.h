// The one instruction table: a row per instruction form, with everything the decoder, the policy, the tests
// and the laboratory need to know of it.
#pragma once

#include <Zydis/Zydis.h>

#include <span>
#include <string_view>

#include "cpu/fault.h"
#include "cpu/flags.h"
#include "cpu/operation.h"

namespace ringdown {

class SystemView;
struct LoweringContext;

/// Whether an instruction concerns the machine's resources, in Popek and Goldberg's sense.
enum class Sensitivity : u8 {
  Innocuous,
  Privileged,             // sensitive, and the hardware traps it at CPL 3 (or by IOPL)
  SensitiveUnprivileged,  // sensitive, but it runs unnoticed outside ring 0: the Robin–Irvine list
};

/// Which encodings of a Zydis mnemonic a row stands for.
enum class Form : u8 {
  Any,            // all that no row with another form stands for
  General,        // no segment, control or debug register operand; near branch
  FromSegment,    // MOV r/m, Sreg
  ToSegment,      // MOV Sreg, r/m
  FromControl,    // MOV r32, CRn
  ToControl,      // MOV CRn, r32
  FromDebug,      // MOV r32, DRn
  ToDebug,        // MOV DRn, r32
  PushCs,         // PUSH CS
  PushSegment,    // PUSH SS, DS, ES, FS, GS
  PopSegment,     // POP SS, DS, ES, FS, GS
  Far,            // far CALL, JMP (pointer or memory), RET
  PortImmediate,  // IN, OUT with the port in the instruction
  PortRegister,   // IN, OUT with the port in DX
  WithOperand,    // NOP r/m
  Mmx,            // an MMX register operand and no XMM register
  Xmm,            // an XMM register operand (also tells MOVSD and CMPSD from the string instructions)
};

/// CPUID feature (or family: NopOperand) an instruction needs; without it, it is an invalid opcode.
enum class Feature : u8 {
  Base,
  Fpu,
  Tsc,
  Msr,
  Cx8,
  Sep,
  Cmov,
  Mmx,
  Fxsr,
  Sse,
  Sse2,
  Clflush,
  NopOperand,
  Umip
};

/// Lowers one decoded instruction: returns its handler (never nullptr) and may adjust the operation.
using Lowering = Handler (*)(const LoweringContext& context, Operation& op);

/// An operation on privileged state, written once for the physical and the virtual view. Called with
/// registers.eip at the next instruction; transfers overwrite it. On a fault nothing has changed (the caller
/// restores EIP).
using SystemOperation = Fault (*)(SystemView& view, const Operation& op);

/// What of that which the processor's way of executing is derived from (cpu/execution_source.h) a system
/// operation may have changed once it has completed.
enum class SystemEffect : u8 {
  Nothing,
  Flags,    // EFLAGS bits but VM
  Segment,  // the segment register that Operation::number names
  State,    // anything
};

struct InstructionRow {
  ZydisMnemonic mnemonic;
  Form form;
  std::string_view name;  // as statistics print it and --let-through takes it
  Sensitivity sensitivity;
  Feature feature;
  u32 flags_read;          // EFLAGS status bits it depends on
  u32 flags_written;       // status bits it always writes (defined or undefined)
  u32 flags_undefined;     // of those written: undefined by the manual
  Lowering lowering;       // runs it on the physical state; nullptr: `system` does over the physical view
  SystemOperation system;  // of whatever a monitor may have to emulate; nullptr: nothing to emulate
  SystemEffect effect;     // of `system`
};

/// All rows; an InstructionId is an index into it.
std::span<const InstructionRow> instruction_table();
extern const InstructionRow kInstructionRows[];

inline const InstructionRow& row_of(const Operation& op) { return kInstructionRows[op.instruction]; }

/// The row of a decoded instruction, or nullptr if this processor has no such instruction.
const InstructionRow* find_row(const ZydisDecodedInstruction& instruction,
                               std::span<const ZydisDecodedOperand> operands);

/// The row with that name, or nullptr.
const InstructionRow* find_row(std::string_view name);

}  // namespace ringdown
