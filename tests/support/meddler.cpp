// Spoils what passes between processor and monitor.
#include "tests/support/meddler.h"

namespace ringdown::test {

Meddler::Meddler(Machine& machine, Mistake mistake)
    : InterposedHandler(*machine.monitor()), machine_(machine), mistake_(std::move(mistake)) {
  monitor_.interpose(this);
}

bool Meddler::stops(const InstructionRow& row, const Operation& op, u32 eip, u8 policy) const {
  if (mistake_.lets_run && mistake_.lets_run(row)) return false;
  return monitor_.stops(row, op, eip, policy);
}

TrapHandler::Outcome Meddler::on_sensitive(const Operation& op) {
  const PrivilegedState before = monitor_.virtual_state();
  const Ticks ticks = machine_.ticks();
  const Outcome outcome = monitor_.on_sensitive(op);
  if (outcome == Outcome::Retired) emulated(op, before, ticks);
  return outcome;
}

TrapHandler::Outcome Meddler::on_exception(const Fault& fault, const Operation* op) {
  const PrivilegedState before = monitor_.virtual_state();
  const Ticks ticks = machine_.ticks();
  Fault spoiled = fault;
  if (mistake_.exception) note(mistake_.exception(spoiled), ticks);
  const Outcome outcome = monitor_.on_exception(spoiled, op);
  if (outcome == Outcome::Retired && op != nullptr) emulated(*op, before, ticks);
  return outcome;
}

void Meddler::on_event(Event event) {
  const PrivilegedState before = monitor_.virtual_state();
  const Ticks ticks = machine_.ticks();
  monitor_.on_event(event);
  if (mistake_.interrupt && event.source == Event::Source::External)
    note(mistake_.interrupt(machine_, before), ticks);
}

void Meddler::emulated(const Operation& op, const PrivilegedState& before, Ticks ticks) {
  if (mistake_.behind) note(mistake_.behind(machine_, row_of(op).name, before), ticks);
}

void Meddler::note(bool spoiled, Ticks ticks) {
  if (spoiled && !spoiled_at_) spoiled_at_ = ticks;
}

}  // namespace ringdown::test
