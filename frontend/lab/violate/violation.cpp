// Finds the first wrong result of a guest that is deceived.
#include "frontend/lab/violate/violation.h"

#include "frontend/lab/violate/execution_probe.h"

namespace ringdown {

namespace {

/// What is wrong shows where the probe says; what shows elsewhere may come as late as this.
constexpr Ticks kRegularly = 10'000'000;

}  // namespace

Result<Violation> find_violation(const ViolationSetup& setup) {
  const Result<std::unique_ptr<ExecutionProbe>> probe = ExecutionProbe::create(setup.machine);
  if (!probe) return probe.error();
  LockstepSetup lockstep_setup;
  lockstep_setup.guest = setup.machine;
  lockstep_setup.every = kRegularly;
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
