// The quantifiers.
#include "frontend/lab/classify/engine/judge.h"

#include <algorithm>

#include "frontend/lab/classify/engine/case_maker.h"

namespace ringdown::classify {

namespace {

/// Of each kind of evidence.
constexpr std::size_t kCandidates = 4;
/// Of those with which the monitor's choices are tried.
constexpr std::size_t kTrapped = 24;

std::size_t index(Evidence evidence) { return static_cast<std::size_t>(evidence); }

/// The lower, the more a pair tells of what a monitor cannot avoid: in the state that it makes, outside ring
/// 0, and in the rings.
unsigned remoteness_of(const Pair& pair) {
  const u8 outer = pair.b.level();
  return (is_monitors(pair.a) && is_monitors(pair.b) ? 0 : 4) +
         (outer == level::kSupervisor || outer == level::kReal ? 2 : 0) +
         (level::is_paragraph(outer) ? 1 : 0);
}
std::pair<unsigned, unsigned> rank(const Pair& pair) { return {remoteness_of(pair), length_of(pair)}; }

Pair single(const Case& c, const Setting& setting) { return {c, setting, setting}; }

}  // namespace

std::string Findings::witness() const {
  const auto more_telling = [](const Witness& a, const Witness& b) {
    return !a.text.empty() && (b.text.empty() || a.remote < b.remote);
  };
  return std::min_element(witnesses.begin(), witnesses.end(), more_telling)->text;
}

void Judge::note(Evidence evidence, const Pair& pair) {
  std::vector<Candidate>& found = candidates_[index(evidence)];
  const auto own = rank(pair);
  if (found.size() == kCandidates && !(own < found.back().rank)) return;
  const auto place =
      std::upper_bound(found.begin(), found.end(), own,
                       [](const auto& rank, const Candidate& other) { return rank < other.rank; });
  found.insert(place, {own, pair});
  if (found.size() > kCandidates) found.pop_back();
}

void Judge::note_control(const Pair& pair, const Outcome& outcome, const Setting& setting) {
  if (!outcome.completed()) return;
  findings_.completes = true;
  if (outcome.changes.empty()) return;
  findings_.control_sensitive = true;
  findings_.user_sensitive = findings_.user_sensitive || level::is_user(setting.level());
  const bool inner = setting.level() == level::kSupervisor || setting.level() == level::kReal;
  note(inner ? Evidence::SupervisorControl : Evidence::UserControl, single(pair.c, setting));
}

void Judge::compare_levels(CaseMaker& maker, const Case& c, bool paragraphs) {
  const bool monitors = maker.percent(70);
  Pair pair{c, maker.make_setting(paragraphs ? level::kReal : level::kSupervisor, monitors), {}};
  pair.a.set(Knob::Cr0Pe, 0);  // the outer rings are of protected mode
  observer_.run_first(pair);
  note_control(pair, observer_.first(), pair.a);
  constexpr std::array<u8, 1> kV86 = {level::kV86};
  constexpr std::array<u8, 3> kRings = {level::kRing1, level::kRing2, level::kUser};
  for (const u8 outer : paragraphs ? std::span<const u8>(kV86) : std::span<const u8>(kRings)) {
    pair.b = pair.a;
    pair.b.set(Knob::Level, outer);
    compare_with_outer(pair);
  }
}

void Judge::compare_with_outer(const Pair& pair) {
  observer_.run_second(pair);
  const Outcome& a = observer_.first();
  const Outcome& b = observer_.second();
  note_control(pair, b, pair.b);
  const bool rings = pair.a.level() == level::kSupervisor;
  const bool counts = a.end != End::MemoryTrapped && b.end != End::MemoryTrapped && is_monitors(pair.a);
  if (counts) {
    Escape& escape = rings ? rings_ : paragraphs_;
    escape.inside = escape.inside || a.completed();
    escape.outside = escape.outside || b.completed();
    if (rings && a.completed() && !b.completed() && trapped_.size() < kTrapped) trapped_.push_back(pair);
  }
  for (const Evidence evidence : {Evidence::LevelResult, Evidence::LevelMissedTrap, Evidence::LevelEffect}) {
    if (!observer_.shown(pair, evidence)) continue;
    note(evidence, pair);
    // What an instruction does to the machine is control, whatever the level makes of it.
    findings_.by_mode = findings_.by_mode || evidence != Evidence::LevelEffect;
  }
}

void Judge::compare_modes(CaseMaker& maker, const Case& c, bool paragraphs) {
  const Setting setting = maker.make_setting(maker.choose_level(paragraphs), maker.percent(30));
  Pair pair{c, setting, setting};
  observer_.run_first(pair);
  note_control(pair, observer_.first(), pair.a);
  if (!observer_.first().completed()) return;
  constexpr std::array kTurns = {KnobKind::Mode, KnobKind::Mode, KnobKind::Mode, KnobKind::Location};
  for (const KnobKind kind : kTurns) {
    pair.b = maker.turn_some(setting, kind);
    observer_.run_second(pair);
    note_control(pair, observer_.second(), pair.b);
    const Evidence evidence = kind == KnobKind::Mode ? Evidence::ModeResult : Evidence::LocationResult;
    if (!observer_.second().completed() || !find_difference(observer_.first(), observer_.second())) continue;
    note_difference(pair, evidence);
  }
}

/// Of a result that changes by itself, other differences say nothing.
void Judge::note_difference(const Pair& pair, Evidence evidence) {
  if (observer_.shown(pair, evidence)) {
    note(evidence, pair);
    (evidence == Evidence::LocationResult ? findings_.by_location : findings_.by_mode) = true;
  } else {
    note(Evidence::LaterResult, single(pair.c, pair.a));
    findings_.by_mode = true;
  }
  findings_.user_sensitive = findings_.user_sensitive || level::is_user(pair.a.level());
}

void Judge::run_case(CaseMaker& maker) {
  const bool paragraphs = maker.chooses_paragraphs();
  const std::optional<Case> c = maker.make_case(!paragraphs);
  if (!c) return;
  compare_levels(maker, *c, paragraphs);
  compare_modes(maker, *c, paragraphs);
}

/// A choice is needed if an instruction completes outside ring 0 without it.
void Judge::find_choices() {
  for_each_knob([this](Knob knob) {
    if (!info_of(knob).monitors_choice) return;
    bool needed = false;
    for (const Pair& pair : trapped_) {
      for (u8 value = 1; value < info_of(knob).values.size(); ++value) {
        for (const u8 ring : {level::kRing1, level::kUser}) {
          Pair other = pair;
          other.b.set(knob, value);
          other.b.set(Knob::Level, ring);
          observer_.run(other);
          needed = needed || observer_.second().completed();
        }
      }
    }
    if (needed) findings_.choices.push_back(knob);
  });
}

void Judge::find_witnesses(const Subject& subject) {
  for (std::size_t i = 0; i < kEvidences; ++i) {
    const auto evidence = static_cast<Evidence>(i);
    std::optional<Pair> shortest;
    for (const Candidate& candidate : candidates_[i]) {
      const Pair shorter = shrink(observer_, subject, candidate.pair, evidence);
      if (!shortest || rank(shorter) < rank(*shortest)) shortest = shorter;
    }
    if (!shortest) continue;
    findings_.witnesses[i] = {observer_.describe(*shortest, evidence), remoteness_of(*shortest),
                              length_of(*shortest)};
  }
}

Findings Judge::judge(const Subject& subject) {
  findings_ = {};
  rings_ = {};
  paragraphs_ = {};
  trapped_.clear();
  for (std::vector<Candidate>& found : candidates_) found.clear();
  for (unsigned number = 0; number < cases_ * kThoroughness; ++number) {
    const bool innocuous = findings_.completes && !findings_.sensitive() && trapped_.empty();
    if (number >= cases_ && innocuous) break;
    CaseMaker maker(subject, seed_, number);
    run_case(maker);
  }
  findings_.privileged = rings_.inside && !rings_.outside;
  findings_.privileged_v86 = paragraphs_.inside && !paragraphs_.outside;
  if (findings_.privileged) find_choices();
  if (witnesses_ == Witnesses::Find) find_witnesses(subject);
  return findings_;
}

}  // namespace ringdown::classify
