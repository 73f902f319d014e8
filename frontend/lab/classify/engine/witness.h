// A pair of runs that shows what an instruction is, and the shortest like it.
#pragma once

#include <string>

#include "frontend/lab/classify/engine/case.h"
#include "frontend/lab/classify/engine/knob.h"
#include "frontend/lab/classify/engine/machine.h"
#include "frontend/lab/classify/engine/subject.h"

namespace ringdown::classify {

/// What a pair shows. The first that an instruction has is the one it is shown by.
enum class Evidence : u8 {
  LevelResult,       // completes at both levels, and the program sees different results
  LevelMissedTrap,   // traps at the inner level, completes at the outer
  LevelEffect,       // completes at both, and changes the machine differently
  ModeResult,        // completes in both modes, and the program sees different results
  LocationResult,    // the same in two places
  LaterResult,       // the same in the same state at a later time
  UserControl,       // completes outside ring 0 and changes the machine
  SupervisorControl  // completes in ring 0 and changes the machine
};
inline constexpr std::size_t kEvidences = 8;

struct Pair {
  Case c;
  Setting a;
  Setting b;  // of LaterResult and of control: the same as `a`
};

/// Looks at pairs.
class Observer {
 public:
  explicit Observer(ExperimentMachine& machine) : machine_(machine) {}

  /// Runs what it takes.
  bool shows(const Pair& pair, Evidence evidence);
  /// "CPL 0 -> 1: PUSH CS: [ESP-4] 8 / 9"
  std::string describe(const Pair& pair, Evidence evidence);

  void run_first(const Pair& pair) { machine_.run(pair.c, pair.a, a_); }
  void run_second(const Pair& pair) { machine_.run(pair.c, pair.b, b_); }
  void run(const Pair& pair) {
    run_first(pair);
    run_second(pair);
  }
  /// Whether what the runs left shows it; of LaterResult and what excludes it, by running once more.
  bool shown(const Pair& pair, Evidence evidence);
  const Outcome& first() const { return a_; }
  const Outcome& second() const { return b_; }

 private:
  bool changes_by_itself(const Pair& pair);
  std::string result_text(const Pair& pair, Evidence evidence);

  ExperimentMachine& machine_;
  Outcome a_;
  Outcome b_;
  Outcome again_;
};

/// How long the state of a witness is: what differs counts most, then what is not as usual, then operands.
unsigned length_of(const Pair& pair);

/// Takes away what is not needed to show it.
Pair shrink(Observer& observer, const Subject& subject, Pair pair, Evidence evidence);

}  // namespace ringdown::classify
