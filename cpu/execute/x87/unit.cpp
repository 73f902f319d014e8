// The cold side of the x87 handlers: availability, pending exceptions, stack faults.
#include "cpu/execute/x87/unit.h"

#include "cpu/execute/host_units.h"

namespace ringdown {

bool computes_on_host_x87() { return RINGDOWN_HOST_X87 != 0; }

}  // namespace ringdown

namespace ringdown::x87 {

Fault check_available(Processor& cpu) {
  if (cpu.x87_on_host) move_to_memory(cpu);
  if ((cpu.state.cr0 & (cr0::kEm | cr0::kTs)) != 0) return device_not_available();
  return Fault::none();
}

Fault check_waiting(Processor& cpu) {
  if (const Fault fault = check_available(cpu)) return fault;
  if (cpu.x87.has_pending_exception() && (cpu.state.cr0 & cr0::kNe) != 0) {
    return Fault::exception(Vector::FloatingPoint);
  }
  return Fault::none();
}

bool enter_blocked(Processor& cpu, const Operation* op) {
  const Fault fault = check_waiting(cpu);
  if (fault) (void)raise(cpu, op, fault);
  return !fault;
}

const Operation* raise_fault(Processor& cpu, const Operation* op, Fault fault) {
  return raise(cpu, op, fault);
}

void update_pending(Processor& cpu, const Operation& op) {
  const bool before = cpu.x87.has_pending_exception();
  cpu.x87.update_error_summary();
  const bool pending = cpu.x87.has_pending_exception();
  cpu.update_fpu_blocked();
  if (before == pending) return;
  // The interrupt controller sees the line change: let it see the right time.
  leave_host_units(cpu);
  cpu.unretired = op.remaining;
  if (!pending) {
    cpu.set_ferr(false);
  } else if ((cpu.state.cr0 & cr0::kNe) == 0) {
    cpu.set_ferr(true);
  }
}

const Operation* finish_pending(Processor& cpu, const Operation* op) {
  if ((cpu.state.cr0 & cr0::kNe) != 0) return next(cpu, op);
  return leave_behind(cpu, op);
}

bool stack_fault(Processor& cpu, const Operation& op, StackFault fault) {
  X87State& x = cpu.x87;
  x.status.set<x87_status::StackFault>(true);
  FloatEnvironment environment = begin(x);
  environment.raise(x87_exception::kInvalid);
  environment.rounded_up = fault == StackFault::Overflow;
  commit(cpu, op, environment);
  return environment.is_masked(x87_exception::kInvalid);
}

void set_opcode(const LoweringContext& context, Operation& op) {
  const auto& modrm = context.instruction.raw.modrm;
  const unsigned byte =
      static_cast<unsigned>(modrm.mod) << 6 | static_cast<unsigned>(modrm.reg) << 3 | modrm.rm;
  op.extra = static_cast<u16>((context.instruction.opcode & 7u) << 8 | byte);
}

}  // namespace ringdown::x87
