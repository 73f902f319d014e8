// The cold side of the MMX and SSE handlers: availability, and operands in the order the handlers read.
#include "cpu/execute/simd/unit.h"

#include "cpu/execute/host_units.h"

namespace ringdown {

bool computes_on_host_sse() { return RINGDOWN_HOST_SSE != 0; }

}  // namespace ringdown

namespace ringdown::simd {

Fault check_mmx(Processor& cpu) {
  if (cpu.x87_on_host) x87::move_to_memory(cpu);
  if ((cpu.state.cr0 & cr0::kEm) != 0) return invalid_opcode();
  if ((cpu.state.cr0 & cr0::kTs) != 0) return device_not_available();
  if (cpu.x87.has_pending_exception() && (cpu.state.cr0 & cr0::kNe) != 0)
    return Fault::exception(Vector::FloatingPoint);
  return Fault::none();
}

Fault check_sse(Processor& cpu) {
  if (cpu.mxcsr_on_host) return_host_control(cpu);
  if ((cpu.state.cr0 & cr0::kEm) != 0 || (cpu.state.cr4 & cr4::kOsfxsr) == 0) return invalid_opcode();
  if ((cpu.state.cr0 & cr0::kTs) != 0) return device_not_available();
  return Fault::none();
}

bool arrange_destination(const LoweringContext& context, Operation& op) {
  const ZydisDecodedOperand& to = context.operands[0];
  if (to.type == ZYDIS_OPERAND_TYPE_MEMORY) return true;
  if (to.encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM) {
    const u8 source = op.number;
    op.number = op.extra & 7;
    op.extra = source;
  }
  return false;
}

}  // namespace ringdown::simd
