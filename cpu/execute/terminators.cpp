// Handlers that every block may end with, whatever its instructions.
#include "cpu/execute/terminators.h"

#include "cpu/handler.h"

namespace ringdown {

const Operation* fall_through(Processor& cpu, const Operation* op) {
  return follow(cpu, op, Way::FallThrough);
}

const Operation* raise_invalid_opcode(Processor& cpu, const Operation* op) {
  return raise(cpu, op, invalid_opcode());
}

const Operation* raise_instruction_too_long(Processor& cpu, const Operation* op) {
  return raise(cpu, op, general_protection());
}

const Operation* stop_at_sensitive(Processor& cpu, const Operation* op) {
  cpu.leave = Processor::Leave::Sensitive;
  cpu.faulting = op;
  cpu.budget += op->remaining;
  cpu.unretired = 0;
  cpu.registers.eip = op->eip;
  return nullptr;
}

const Operation* run_system_operation(Processor& cpu, const Operation* op) {
  cpu.unretired = op->remaining;
  if (Fault fault = cpu.execute_system(cpu.physical_view(), *op)) return raise(cpu, op, fault);
  cpu.unretired = 0;
  cpu.state_changed();
  cpu.leave = Processor::Leave::Boundary;
  return nullptr;
}

}  // namespace ringdown
