// Runs ahead and notes where the instructions are.
#include "frontend/lab/violate/execution_probe.h"

#include <algorithm>

namespace ringdown {

TrapHandler::Outcome ExecutionProbe::Watch::on_sensitive(const Operation& op) {
  const Ticks ticks = machine_.ticks();
  const Outcome outcome = monitor_.on_sensitive(op);
  if (!monitor_.awaited_handover() && outcome != Outcome::Again && policy_.lets_through(op.instruction))
    met.push_back(ticks + 1);
  return outcome;
}

Result<std::unique_ptr<ExecutionProbe>> ExecutionProbe::create(const MachineConfig& guest) {
  MachineConfig trapped = guest;
  trapped.mode = RunMode::Trap;
  trapped.policy = Policy();
  Result<std::unique_ptr<LockstepSide>> side = LockstepSide::create(std::move(trapped));
  if (!side) return side.error();
  std::unique_ptr<ExecutionProbe> probe(new ExecutionProbe);
  probe->side_ = std::move(*side);
  probe->watch_ = std::make_shared<Watch>(probe->side_->machine(), guest.policy);
  probe->side_->machine().monitor()->interpose(probe->watch_.get());
  probe->side_->keep(probe->watch_);
  return probe;
}

std::optional<Ticks> ExecutionProbe::next_after(Ticks ticks) {
  if (side_->machine().ticks() < ticks + kAhead) side_->run_to(ticks + kAhead);
  const auto next = std::upper_bound(watch_->met.begin(), watch_->met.end(), ticks);
  return next == watch_->met.end() ? std::optional<Ticks>() : *next;
}

u64 ExecutionProbe::met(Ticks within) const {
  const auto end = std::upper_bound(watch_->met.begin(), watch_->met.end(), within);
  return static_cast<u64>(end - watch_->met.begin());
}

}  // namespace ringdown
