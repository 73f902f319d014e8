// Finds the first wrong result of a guest that is deceived.
#include "frontend/lab/violate/violation.h"

#include "frontend/lab/violate/execution_probe.h"

namespace ringdown {

Result<Violation> find_violation(const ViolationSetup& setup) {
  const Result<std::unique_ptr<ExecutionProbe>> probe = ExecutionProbe::create(setup.machine);
  if (!probe) return probe.error();
  LockstepSetup lockstep_setup;
  lockstep_setup.guest = setup.machine;
  // Not beyond what the probe knows.
  lockstep_setup.every = ExecutionProbe::kAhead;
  lockstep_setup.within = setup.within;
  lockstep_setup.meetings = [&](Ticks after) { return (*probe)->next_after(after); };
  lockstep_setup.progress = setup.progress;
  Lockstep lockstep(std::move(lockstep_setup));
  Result<LockstepResult> run = lockstep.run();
  if (!run) return run.error();
  Violation violation;
  violation.instructions = setup.instructions;
  violation.guest = setup.guest;
  violation.run = std::move(*run);
  violation.met = (*probe)->met(violation.run.instructions + (violation.run.divergence ? 1 : 0));
  if (violation.run.divergence && setup.go) {
    violation.aftermath = Violation::Aftermath{run_on(lockstep.reference(), setup.within),
                                               run_on(lockstep.other(), setup.within)};
  }
  return violation;
}

}  // namespace ringdown
