// Hands on the encodings of rows and nothing else of them.
#include "frontend/lab/classify/subjects.h"

#include <algorithm>
#include <array>

#include "cpu/row_encodings.h"

namespace ringdown {

namespace {

/// The length of the instruction at the beginning of `code` if it is of that row, otherwise 0.
u8 length_if_of(const InstructionRow& row, std::span<const u8> code, bool code32) {
  const ZydisDecoder& decoder =
      table_decoder(code32 ? ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LEGACY_16);
  ZydisDecodedInstruction instruction;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeFull(&decoder, code.data(), code.size(), &instruction, operands.data())))
    return 0;
  return find_row(instruction, {operands.data(), instruction.operand_count}) == &row ? instruction.length
                                                                                     : u8{0};
}

}  // namespace

std::vector<classify::Subject> make_subjects(std::span<const InstructionRow* const> rows) {
  std::vector<classify::Subject> subjects;
  for (const InstructionRow* row : rows) {
    const auto number = static_cast<std::size_t>(row - instruction_table().data());
    classify::Subject& subject = subjects.emplace_back();
    subject.number = static_cast<unsigned>(number);
    for (const RowEncoding& e : row_encodings()[number].encodings)
      subject.forms.push_back({e.prefix, e.two_bytes, e.opcode, e.modrm});
    subject.length_of = [row](std::span<const u8> code, bool code32) {
      return length_if_of(*row, code, code32);
    };
  }
  return subjects;
}

}  // namespace ringdown
