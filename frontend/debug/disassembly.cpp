// Zydis in Intel's syntax.
#include "frontend/debug/disassembly.h"

#include <Zydis/Zydis.h>

#include <array>

#include "frontend/machine/guest_linear.h"
#include "frontend/machine/machine.h"

namespace ringdown {

Disassembly disassemble(std::span<const u8> bytes, u32 eip, bool code32) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, code32 ? ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LEGACY_16,
                   code32 ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_16);
  ZydisDecodedInstruction instruction;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeFull(&decoder, bytes.data(), bytes.size(), &instruction, operands.data()))) {
    return {};
  }
  ZydisFormatter formatter;
  ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
  std::array<char, 128> text{};
  ZydisFormatterFormatInstruction(&formatter, &instruction, operands.data(),
                                  instruction.operand_count_visible, text.data(), text.size(), eip, nullptr);
  return {instruction.length, text.data()};
}

Disassembly disassemble_at(Machine& machine, u32 eip) {
  const SegmentRegister& code = machine.processor().guest_view().state.segment(Segment::Cs);
  std::array<u8, kLongestInstruction> bytes{};
  const std::size_t available = read_linear(machine, GuestLinear(code.base + eip), bytes);
  return disassemble(std::span(bytes).first(available), eip, code.attributes.big());
}

}  // namespace ringdown
