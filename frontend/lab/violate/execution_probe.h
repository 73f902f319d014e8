// Where a guest comes to certain sensitive instructions: learnt from a machine that traps them.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "cpu/monitor/interposed_handler.h"
#include "frontend/lab/lockstep/lockstep_side.h"

namespace ringdown {

/// Runs a third machine ahead, in which nothing is let through: up to the first wrong result of the deceived
/// one, both come to the same instructions at the same counts.
class ExecutionProbe {
 public:
  /// The machine of `guest`, whose policy names the instructions. The error is that of the machine that could
  /// not be built.
  static Result<std::unique_ptr<ExecutionProbe>> create(const MachineConfig& guest);

  /// How far it looks ahead.
  static constexpr Ticks kAhead = 10'000'000;
  /// The count right behind the first one that is met after `ticks` instructions; nothing if the guest comes
  /// to none within kAhead.
  std::optional<Ticks> next_after(Ticks ticks);
  /// How many were met, at most `within` instructions in.
  u64 met(Ticks within) const;

 private:
  /// Notes where the monitor is asked about one of them, once the policy would be in force.
  class Watch final : public InterposedHandler {
   public:
    Watch(Machine& machine, Policy policy)
        : InterposedHandler(*machine.monitor()), machine_(machine), policy_(std::move(policy)) {}
    Outcome on_sensitive(const Operation& op) override;
    std::vector<Ticks> met;  // counts behind them, rising

   private:
    Machine& machine_;
    Policy policy_;
  };

  ExecutionProbe() = default;

  std::unique_ptr<LockstepSide> side_;
  std::shared_ptr<Watch> watch_;
};

}  // namespace ringdown
