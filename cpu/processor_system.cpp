// Operations on privileged state: run over a view or handed to the trap handler, and what comes behind them.
#include "cpu/handler.h"
#include "cpu/processor.h"

namespace ringdown {

Fault Processor::execute_system(SystemView& view, const Operation& op) {
  const InstructionRow& row = row_of(op);
  memory.effects_allowed = true;
  registers.eip = op.next_eip();
  step_suppressed_ = row.mnemonic == ZYDIS_MNEMONIC_INT || row.mnemonic == ZYDIS_MNEMONIC_INT1 ||
                     row.mnemonic == ZYDIS_MNEMONIC_INT3 ||
                     (row.mnemonic == ZYDIS_MNEMONIC_INTO && registers.flags.of());
  const Fault result = row.system(view, op);
  if (result) registers.eip = op.eip;
  return result;
}

const Operation* Processor::complete_system(const Operation* op, SystemEffect effect) {
  unretired = 0;
  const u32 derivation = derivation_;
  switch (effect) {
    case SystemEffect::Nothing:
      break;
    case SystemEffect::Flags:
      if (ExecutionSource::depends_on_flags(state)) state_may_have_changed();
      break;
    case SystemEffect::Segment:
      segment_changed(static_cast<Segment>(op->number));
      break;
    case SystemEffect::State:
      state_may_have_changed();
      break;
  }
  return resume(op, derivation);
}

const Operation* Processor::refuse_system(const Operation* op) {
  if (trap_handler_ == nullptr || fault.kind == Fault::Kind::Split) return raise(*this, op, fault);
  stand_at(*op);
  const u32 derivation = derivation_;
  return behind_trap(op, trap_handler_->on_exception(fault, op), derivation);
}

const Operation* Processor::trap_sensitive(const Operation* op) {
  stand_at(*op);
  const u32 derivation = derivation_;
  return behind_trap(op, trap_handler_->on_sensitive(*op), derivation);
}

const Operation* Processor::behind_trap(const Operation* op, TrapHandler::Outcome outcome, u32 derivation) {
  switch (outcome) {
    case TrapHandler::Outcome::Retired:
      return resume(op, derivation);
    case TrapHandler::Outcome::NotRetired:
      leave = Leave::Replaced;
      return nullptr;
    case TrapHandler::Outcome::Again:
      leave = Leave::Again;
      return nullptr;
  }
  return nullptr;
}

const Operation* Processor::resume(const Operation* op, u32 derivation) {
  const bool forbidden_ring = trap_handler_ != nullptr && state.cpl == 0;
  if (forbidden_ring || memory.fetch_changes() != seen_fetch_changes || !nothing_due()) {
    leave = Leave::Boundary;
    return nullptr;
  }
  const bool straight_on = derivation == derivation_ && registers.eip == op->next_eip();
  return straight_on ? follow(*this, op, Way::FallThrough) : jump_to(*this, registers.eip);
}

}  // namespace ringdown
