// Runs a guest bare and deprivileged side by side, and finds the first instruction behind which they differ.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "frontend/lab/lockstep/guest_comparison.h"
#include "frontend/lab/lockstep/lockstep_side.h"
#include "frontend/lab/lockstep/step_record.h"

namespace ringdown {

struct LockstepSetup {
  /// The deprivileged machine. The reference is the same one, bare and without policy.
  MachineConfig guest;
  /// Instructions between two comparisons.
  Ticks every = 1'000'000;
  /// In total.
  Ticks within = ~Ticks{0};
  /// Further comparisons, at each of which something may have gone wrong: the first after so many
  /// instructions.
  std::function<std::optional<Ticks>(Ticks after)> meetings;
  /// Told of each comparison: instructions in total.
  std::function<void(Ticks)> progress;
  /// For tests: called with each pair of machines that is built, before it runs.
  std::function<void(LockstepSide& reference, LockstepSide& other)> prepare;
};

/// The first difference, and what led to it.
struct Divergence {
  enum class Where : u8 {
    Instruction,  // behind `step`
    Delivery,     // behind the delivery of an event that `step` raised or that came before it
    Blocks,       // behind `step`, and only if instructions before it run in blocks
  };
  Where where = Where::Instruction;
  Ticks ticks = 0;  // retired before it
  StepRecord step;
  std::string reference_events;  // that were delivered, on each
  std::string other_events;
  std::vector<GuestDifference> differences;
  std::vector<StepRecord> history;  // before `step`, the oldest first
  /// The state in short, behind the step.
  struct StateRow {
    std::string_view item;
    std::string reference;
    std::string other;
  };
  std::vector<StateRow> state;
};

struct LockstepResult {
  Ticks instructions = 0;
  u64 comparisons = 0;
  std::string end;  // how the guest ended, or "limit" or "difference"
  double host_seconds = 0;
  std::optional<Divergence> divergence;
};

class Lockstep {
 public:
  explicit Lockstep(LockstepSetup setup) : setup_(std::move(setup)) {}

  /// Runs to the first difference, or the end. The error is that of a machine that could not be built.
  Result<LockstepResult> run();

  /// The machines, afterwards: behind the step that differs, if one does.
  LockstepSide& reference() { return *reference_; }
  LockstepSide& other() { return *other_; }

 private:
  Result<void> build();
  /// Builds the machines anew and lets them come to `ticks` in the slices of the first run.
  Result<void> rebuild(Ticks ticks);
  void run_both(Ticks ticks);
  bool ended() const { return reference_->ended() || other_->ended(); }
  Ticks next_meeting(Ticks ticks) const;

  enum class Depth : u8 { Processors, Stacks, Memory, Everything };
  Depth depth_at(Ticks meeting, Ticks agreed) const;
  /// At one of the first further meetings: steps there, and tells what went wrong if the last step did. So
  /// the machines need not be built again.
  std::optional<Divergence> look_closely(Ticks before, Ticks meeting);
  bool agree(Depth depth);
  bool ends_agree() const;

  /// What differs besides the processors.
  struct Suspects {
    std::vector<std::size_t> parts;
    std::vector<u64> bytes;
    bool agree(GuestComparison& comparison) const;
  };
  /// Both agreed in everything at `agreed` and do not at `differ`.
  Result<Divergence> find_step(Ticks agreed, Ticks differ);
  Result<std::optional<Ticks>> step_to_difference(Ticks agreed, Ticks differ);
  /// The first meeting in (begin, end], `stride` apart, at which the suspects differ; `end` if none does
  /// before.
  Result<Ticks> refine(Ticks agreed, Ticks begin, Ticks end, Ticks stride, const Suspects& suspects);
  Result<Ticks> refine_suspects(Ticks agreed, Ticks differ);
  Result<Ticks> bisect(Ticks agreed, Ticks differ);
  /// Comes from `agreed` to the last instruction before `differ`, and records what runs before it.
  void step_before(Ticks agreed, Ticks differ, Divergence& divergence);
  Result<Divergence> describe(Ticks agreed, Ticks differ, Divergence::Where where);
  /// Records the step that leads to `ticks` and runs it; stops behind the delivery of an event if that
  /// already differs.
  void run_last_step(Ticks ticks, Divergence& divergence);
  void describe_difference(Divergence& divergence);

  LockstepSetup setup_;
  std::unique_ptr<LockstepSide> reference_;
  std::unique_ptr<LockstepSide> other_;
  std::unique_ptr<GuestComparison> comparison_;
  Ticks parts_agreed_ = 0;  // by step_to_difference
  u64 close_looks_ = 0;
  std::vector<StepRecord> looked_at_;  // by the last of them
};

}  // namespace ringdown
