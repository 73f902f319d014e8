// FXSAVE, FXRSTOR, LDMXCSR, STMXCSR and EMMS (Intel SDM vol. 1, 10.5 and 9.4.8; vol. 2).
#include "cpu/execute/host_units.h"
#include "cpu/execute/simd/state_image.h"
#include "cpu/execute/simd/unit.h"
#include "cpu/execute/simd_lowerings.h"

namespace ringdown {

namespace simd {
namespace {

constexpr u32 kImageAlignmentMask = 15;

/// Netburst processors brought denormals-are-zeros, and MXCSR_MASK with it; before them the mask was stored
/// as 0, which stands for 0000FFBFh (vol. 1, 11.6.6).
u32 stored_mxcsr_mask(const CpuModel& model) {
  return model.family() == CpuModel::Family::Netburst ? SseState::kMxcsrMask : 0;
}
u32 writable_mxcsr(const CpuModel& model) {
  const u32 mask = stored_mxcsr_mask(model);
  return mask != 0 ? mask : SseState::kMxcsrMaskWithoutDaz;
}

/// FXSAVE and FXRSTOR do not look for pending x87 exceptions, and raise #NM for EM too. Without SSE state
/// enabled by CR4.OSFXSR they leave the XMM registers out; MXCSR, which needs no such support of a system,
/// they keep.
Fault check_image(Processor& cpu, const Operation& op) {
  leave_host_units(cpu);
  if (const Fault fault = x87::check_available(cpu)) return fault;
  return check_alignment(cpu, op, kImageAlignmentMask);
}
bool has_xmm(const Processor& cpu) { return (cpu.state.cr4 & cr4::kOsfxsr) != 0; }

Fault fxsave(Processor& cpu, const Operation& op) {
  if (const Fault fault = check_image(cpu, op)) return fault;
  StateImage image;
  image.store_x87(cpu.x87);
  if (cpu.model().has(Feature::Sse)) image.store_mxcsr(cpu.sse.mxcsr, stored_mxcsr_mask(cpu.model()));
  if (has_xmm(cpu)) image.store_xmm(cpu.sse);
  const u32 offset = effective_offset(cpu.registers, op);
  if (const Fault fault = prepare_memory_write(cpu, op, op.segment, offset, StateImage::kSize)) return fault;
  return write_memory(cpu, op, op.segment, offset, image.saved(has_xmm(cpu)));
}

Fault fxrstor(Processor& cpu, const Operation& op) {
  if (const Fault fault = check_image(cpu, op)) return fault;
  StateImage image;
  const u32 offset = effective_offset(cpu.registers, op);
  if (const Fault fault = read_memory(cpu, op, op.segment, offset, image.bytes())) return fault;
  if (cpu.model().has(Feature::Sse)) {
    if ((image.mxcsr() & ~writable_mxcsr(cpu.model())) != 0) return general_protection();
    cpu.sse.mxcsr = image.mxcsr();
  }
  const bool pending = cpu.x87.has_pending_exception();
  image.load_x87(cpu.x87);
  if (has_xmm(cpu)) image.load_xmm(cpu.sse);
  // The image brought its own ES: tell update_pending what it was.
  cpu.x87.status.set<x87_status::ErrorSummary>(pending);
  x87::update_pending(cpu, op);
  return Fault::none();
}

Fault ldmxcsr(Processor& cpu, const Operation& op) {
  u32 value = 0;
  if (const Fault fault = read_operand(cpu, op, value)) return fault;
  if ((value & ~writable_mxcsr(cpu.model())) != 0) return general_protection();
  cpu.sse.mxcsr = value;
  return Fault::none();
}
Fault stmxcsr(Processor& cpu, const Operation& op) { return write_operand(cpu, op, cpu.sse.mxcsr); }

/// All registers are empty; TOP is 0 (vol. 3A, table 12-3).
Fault emms(Processor& cpu, const Operation&) {
  if (const Fault fault = check_mmx(cpu)) return fault;
  cpu.x87.set_top(0);
  cpu.x87.valid = 0;
  return Fault::none();
}

}  // namespace
}  // namespace simd

Handler lower_fxsave(const LoweringContext&, Operation&) { return &cold<simd::fxsave>; }
Handler lower_fxrstor(const LoweringContext&, Operation&) { return &cold<simd::fxrstor>; }
Handler lower_ldmxcsr(const LoweringContext&, Operation&) {
  return &cold<simd::execute_checked<simd::UsesSse, simd::ldmxcsr>>;
}
Handler lower_stmxcsr(const LoweringContext&, Operation&) {
  return &cold<simd::execute_checked<simd::UsesSse, simd::stmxcsr>>;
}
Handler lower_emms(const LoweringContext&, Operation&) { return &cold<simd::emms>; }

}  // namespace ringdown
