// Composes the instruction table from its chapters and finds rows in it.
#include "cpu/instruction_table.h"

#include <array>

#include "cpu/execute/lowerings.h"
#include "cpu/system/operations.h"

namespace ringdown {

using enum Sensitivity;
using namespace eflags;

constexpr InstructionRow kInstructionRows[] = {
#define SYSTEM(mnemonic, form, name, sensitivity, feature, read, written, undefined, lowering, system, \
               effect)                                                                                 \
  {ZYDIS_MNEMONIC_##mnemonic,                                                                          \
   Form::form,                                                                                         \
   name,                                                                                               \
   sensitivity,                                                                                        \
   Feature::feature,                                                                                   \
   read,                                                                                               \
   written,                                                                                            \
   undefined,                                                                                          \
   lowering,                                                                                           \
   system,                                                                                             \
   SystemEffect::effect},
#define ROW(mnemonic, form, name, sensitivity, feature, read, written, undefined, lowering, system) \
  SYSTEM(mnemonic, form, name, sensitivity, feature, read, written, undefined, lowering, system, Nothing)
#include "cpu/rows/integer.inc"
#include "cpu/rows/mmx.inc"
#include "cpu/rows/sse.inc"
#include "cpu/rows/system.inc"
#include "cpu/rows/x87.inc"
#undef ROW
#undef SYSTEM
};

namespace {

constexpr InstructionId kNoRow = 0xffff;
static_assert(std::size(kInstructionRows) < kNoRow);

/// Rows of each mnemonic as chains: the first row, and from each row the next of the same mnemonic.
struct Index {
  std::array<InstructionId, ZYDIS_MNEMONIC_MAX_VALUE + 1> first;
  std::array<InstructionId, std::size(kInstructionRows)> next;
};

constexpr Index build_index() {
  Index index{};
  index.first.fill(kNoRow);
  index.next.fill(kNoRow);
  for (std::size_t i = std::size(kInstructionRows); i-- > 0;) {
    const auto mnemonic = static_cast<std::size_t>(kInstructionRows[i].mnemonic);
    index.next[i] = index.first[mnemonic];
    index.first[mnemonic] = static_cast<InstructionId>(i);
  }
  return index;
}

constexpr Index kIndex = build_index();

ZydisRegisterClass register_class(std::span<const ZydisDecodedOperand> operands, std::size_t operand) {
  if (operand >= operands.size() || operands[operand].type != ZYDIS_OPERAND_TYPE_REGISTER)
    return ZYDIS_REGCLASS_INVALID;
  return ZydisRegisterGetClass(operands[operand].reg.value);
}

bool has_operand_of(ZydisRegisterClass wanted, std::span<const ZydisDecodedOperand> operands) {
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (register_class(operands, i) == wanted) return true;
  }
  return false;
}

bool matches(Form form, const ZydisDecodedInstruction& instruction,
             std::span<const ZydisDecodedOperand> operands) {
  const ZydisRegisterClass to = register_class(operands, 0);
  const ZydisRegisterClass from = register_class(operands, 1);
  const bool port_in_register = to != ZYDIS_REGCLASS_INVALID && from != ZYDIS_REGCLASS_INVALID;
  const bool far = instruction.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
  switch (form) {
    case Form::Any:
      return true;
    case Form::General:
      return !far && to != ZYDIS_REGCLASS_SEGMENT && from != ZYDIS_REGCLASS_SEGMENT &&
             to != ZYDIS_REGCLASS_CONTROL && from != ZYDIS_REGCLASS_CONTROL && to != ZYDIS_REGCLASS_DEBUG &&
             from != ZYDIS_REGCLASS_DEBUG;
    case Form::FromSegment:
      return from == ZYDIS_REGCLASS_SEGMENT;
    case Form::ToSegment:
      return to == ZYDIS_REGCLASS_SEGMENT;
    case Form::FromControl:
      return from == ZYDIS_REGCLASS_CONTROL;
    case Form::ToControl:
      return to == ZYDIS_REGCLASS_CONTROL;
    case Form::FromDebug:
      return from == ZYDIS_REGCLASS_DEBUG;
    case Form::ToDebug:
      return to == ZYDIS_REGCLASS_DEBUG;
    case Form::PushCs:
      return to == ZYDIS_REGCLASS_SEGMENT && operands[0].reg.value == ZYDIS_REGISTER_CS;
    case Form::PushSegment:
      return to == ZYDIS_REGCLASS_SEGMENT && operands[0].reg.value != ZYDIS_REGISTER_CS;
    case Form::PopSegment:
      return to == ZYDIS_REGCLASS_SEGMENT;
    case Form::Far:
      return far;
    case Form::Mmx:
      return has_operand_of(ZYDIS_REGCLASS_MMX, operands) && !has_operand_of(ZYDIS_REGCLASS_XMM, operands);
    case Form::Xmm:
      return has_operand_of(ZYDIS_REGCLASS_XMM, operands);
    case Form::PortImmediate:
      return !port_in_register;
    case Form::PortRegister:
      return port_in_register;
    case Form::WithOperand:
      return instruction.operand_count_visible > 0;
  }
  return false;
}

}  // namespace

std::span<const InstructionRow> instruction_table() { return kInstructionRows; }

const InstructionRow* find_row(const ZydisDecodedInstruction& instruction,
                               std::span<const ZydisDecodedOperand> operands) {
  // The three-byte maps came with SSSE3: also for forms of older mnemonics (PEXTRW of SSE4.1).
  const bool of_these_times =
      instruction.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT || instruction.opcode_map == ZYDIS_OPCODE_MAP_0F;
  if (!of_these_times) return nullptr;
  const InstructionRow* any = nullptr;
  for (InstructionId id = kIndex.first[static_cast<std::size_t>(instruction.mnemonic)]; id != kNoRow;
       id = kIndex.next[id]) {
    const InstructionRow& row = kInstructionRows[id];
    if (row.form == Form::Any) {
      any = &row;
    } else if (matches(row.form, instruction, operands)) {
      return &row;
    }
  }
  return any;
}

const InstructionRow* find_row(std::string_view name) {
  for (const InstructionRow& row : kInstructionRows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace ringdown
