// Handlers that every block may end with, whatever its instructions.
#include "cpu/execute/terminators.h"

#include "cpu/execute/host_units.h"
#include "cpu/handler.h"

namespace ringdown {

namespace {

template <SystemEffect R>
const Operation* run_system_operation(Processor& cpu, const Operation* op) {
  leave_host_units(cpu);
  cpu.unretired = op->remaining;
  cpu.storing = op;
  // In the processor: with a local one, whose address is needed, what follows would be no tail call.
  cpu.fault = cpu.execute_system(cpu.physical_view(), *op);
  if (cpu.fault) return cpu.refuse_system(op);
  return cpu.complete_system(op, R);
}

}  // namespace

const Operation* fall_through(Processor& cpu, const Operation* op) {
  return follow(cpu, op, Way::FallThrough);
}

const Operation* decode_again(Processor& cpu, const Operation* op) {
  cpu.stand_at(*op);
  cpu.leave = Processor::Leave::Boundary;
  return nullptr;
}

const Operation* raise_invalid_opcode(Processor& cpu, const Operation* op) {
  return raise(cpu, op, invalid_opcode());
}

const Operation* raise_instruction_too_long(Processor& cpu, const Operation* op) {
  return raise(cpu, op, general_protection());
}

const Operation* stop_at_sensitive(Processor& cpu, const Operation* op) {
  leave_host_units(cpu);
  return cpu.trap_sensitive(op);
}

Handler system_handler(SystemEffect effect) {
  switch (effect) {
    case SystemEffect::Nothing:
      return &run_system_operation<SystemEffect::Nothing>;
    case SystemEffect::Flags:
      return &run_system_operation<SystemEffect::Flags>;
    case SystemEffect::Segment:
      return &run_system_operation<SystemEffect::Segment>;
    case SystemEffect::State:
      return &run_system_operation<SystemEffect::State>;
  }
  return nullptr;
}

}  // namespace ringdown
