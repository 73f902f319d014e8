// Decides what an instruction is, from how it behaves and from nothing else.
#pragma once

#include <optional>
#include <vector>

#include "frontend/lab/classify/engine/witness.h"

namespace ringdown::classify {

class CaseMaker;

/// The shortest that was found of its kind.
struct Witness {
  std::string text;     // empty: none
  unsigned remote = 0;  // how far the states are from those that a monitor cannot avoid
  unsigned length = 0;
  bool better_than(const Witness& other) const {
    return !text.empty() &&
           (other.text.empty() || std::pair(remote, length) < std::pair(other.remote, other.length));
  }
};

/// What runs showed of an instruction. See docs/lab-classify.md for the definitions.
struct Findings {
  bool completes = false;       // in some state
  bool privileged = false;      // completes in ring 0, and never outside it in the state that a monitor makes
  bool privileged_v86 = false;  // the same of real and virtual-8086 mode
  std::vector<Knob> choices;    // of a monitor's, those without which it is not privileged; empty: always
  bool control_sensitive = false;
  bool by_mode = false;
  bool by_location = false;
  bool user_sensitive = false;
  std::array<Witness, kEvidences> witnesses;  // by Evidence

  bool behaviour_sensitive() const { return by_mode || by_location; }
  bool sensitive() const { return control_sensitive || behaviour_sensitive(); }
  /// The most telling of them; empty if there is none.
  std::string witness() const;
};

/// Cases of an instruction that is not innocuous, for each of one that is.
inline constexpr unsigned kThoroughness = 8;

/// Whether those are looked for that are short enough to be shown.
enum class Witnesses : u8 { Find, Omit };

class Judge {
 public:
  /// `cases` for each instruction, and several times that for those that one of them shows to be more than
  /// innocuous.
  Judge(ExperimentMachine& machine, u64 seed, unsigned cases, Witnesses witnesses = Witnesses::Find)
      : observer_(machine), seed_(seed), cases_(cases), witnesses_(witnesses) {}

  Findings judge(const Subject& subject);

 private:
  void run_case(CaseMaker& maker);
  void compare_levels(CaseMaker& maker, const Case& c, bool paragraphs);
  void compare_with_outer(const Pair& pair);
  void compare_modes(CaseMaker& maker, const Case& c, bool paragraphs);
  void note_difference(const Pair& pair, Evidence evidence);
  void note(Evidence evidence, const Pair& pair);
  void note_control(const Pair& pair, const Outcome& outcome, const Setting& setting);
  void find_choices();
  void find_witnesses(const Subject& subject);

  Observer observer_;
  u64 seed_;
  unsigned cases_;
  Witnesses witnesses_;
  Findings findings_;
  // Whether one completed inside, and whether one did outside, of what is compared by level.
  struct Escape {
    bool inside = false;
    bool outside = false;
  };
  Escape rings_;
  Escape paragraphs_;
  std::vector<Pair> trapped_;  // pairs that trapped outside only
  struct Candidate {
    std::pair<unsigned, unsigned> rank;
    Pair pair;
  };
  std::array<std::vector<Candidate>, kEvidences> candidates_;  // the best first
};

}  // namespace ringdown::classify
