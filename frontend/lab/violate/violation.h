// One guest with sensitive instructions let through, beside the truth: the first wrong result, and what comes
// of it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "frontend/lab/lockstep/lockstep.h"
#include "frontend/lab/violate/aftermath.h"

namespace ringdown {

struct ViolationSetup {
  std::string instructions;  // as `--let-through` takes them
  std::string guest;         // what it is called
  MachineConfig machine;     // its policy lets the instructions through
  /// Instructions in which the first wrong result is looked for, and which the machines then run on.
  Ticks within = 4'000'000'000;
  bool go = false;
  std::function<void(Ticks)> progress;
};

struct Violation {
  std::string instructions;
  std::string guest;
  LockstepResult run;  // its divergence is the first wrong result, if there is one
  u64 met = 0;         // how often the guest came to one of the instructions, up to there
  struct Aftermath {
    AfterSide bare;
    AfterSide through;
  };
  std::optional<Aftermath> aftermath;  // with `go`
};

/// The error is that of a machine that could not be built.
Result<Violation> find_violation(const ViolationSetup& setup);

/// One line: what is true, and what the guest got instead; or that it never got anything wrong.
std::string violation_summary(const Violation& violation);
/// For a reader.
std::string violation_text(const Violation& violation);
/// An object: instruction, guest, and summary; then those of a difference, with sides "bare" and "through",
/// and `aftermath`; or, if there was no wrong result, `missing` in their place.
std::string violation_json(const Violation& violation);

}  // namespace ringdown
