// What pairs show, and in words.
#include "frontend/lab/classify/engine/witness.h"

#include <fmt/core.h>

#include <algorithm>

namespace ringdown::classify {

namespace {

/// Whether the same resources end up with the same values.
bool same_effect(const Outcome& a, const Outcome& b) {
  return std::equal(
      a.changes.begin(), a.changes.end(), b.changes.begin(), b.changes.end(),
      [](const Change& x, const Change& y) { return x.resource == y.resource && x.after == y.after; });
}

/// The change that only one of them makes, or makes otherwise.
const Change* find_other_change(const Outcome& of, const Outcome& other) {
  const auto found = std::find_if(of.changes.begin(), of.changes.end(), [&other](const Change& change) {
    return std::none_of(other.changes.begin(), other.changes.end(), [&change](const Change& x) {
      return x.resource == change.resource && x.after == change.after;
    });
  });
  return found == of.changes.end() ? nullptr : &*found;
}

std::string effect_text(const Outcome& a, const Outcome& b) {
  if (const Change* change = find_other_change(a, b))
    return fmt::format("{} / no such change", change_text(*change));
  if (const Change* change = find_other_change(b, a))
    return fmt::format("no such change / {}", change_text(*change));
  return "the same";
}

bool compares_two(Evidence evidence) {
  switch (evidence) {
    case Evidence::LevelResult:
    case Evidence::LevelMissedTrap:
    case Evidence::LevelEffect:
    case Evidence::ModeResult:
    case Evidence::LocationResult:
      return true;
    case Evidence::LaterResult:
    case Evidence::UserControl:
    case Evidence::SupervisorControl:
      return false;
  }
  return false;
}

std::string state_text(const Pair& pair, Evidence evidence) {
  const std::string level(info_of(Knob::Level).values[pair.a.level()]);
  const std::string difference = difference_text(pair.a, pair.b);
  const std::string common = common_text(pair.a, pair.b);
  std::string text = pair.a.level() != pair.b.level() ? difference : level;
  if (pair.a.level() == pair.b.level() && compares_two(evidence)) text += ", " + difference;
  if (evidence == Evidence::LaterResult) text += ", the same state later";
  if (!common.empty()) text += " with " + common;
  return text;
}

}  // namespace

bool Observer::changes_by_itself(const Pair& pair) {
  machine_.run(pair.c, pair.a, again_);
  return a_.completed() && again_.completed() && find_difference(a_, again_).has_value();
}

bool Observer::shown(const Pair& pair, Evidence evidence) {
  switch (evidence) {
    case Evidence::LevelResult:
    case Evidence::ModeResult:
    case Evidence::LocationResult:
      return a_.completed() && b_.completed() && find_difference(a_, b_) && !changes_by_itself(pair);
    case Evidence::LevelMissedTrap:
      return a_.end == End::Trapped && b_.completed();
    case Evidence::LevelEffect:
      return a_.completed() && b_.completed() && !same_effect(a_, b_);
    case Evidence::LaterResult:
      return changes_by_itself(pair);
    case Evidence::UserControl:
    case Evidence::SupervisorControl:
      return a_.completed() && !a_.changes.empty();
  }
  return false;
}

bool Observer::shows(const Pair& pair, Evidence evidence) {
  run_first(pair);
  if (compares_two(evidence)) run_second(pair);
  return shown(pair, evidence);
}

std::string Observer::result_text(const Pair& pair, Evidence evidence) {
  switch (evidence) {
    case Evidence::LevelResult:
    case Evidence::ModeResult:
    case Evidence::LocationResult:
      if (const auto difference = find_difference(a_, b_))
        return fmt::format("{} {} / {}", difference->what, difference->first, difference->second);
      break;
    case Evidence::LevelMissedTrap:
      return fmt::format("{} / no trap", vector_text(a_.vector));
    case Evidence::LevelEffect:
      return effect_text(a_, b_);
    case Evidence::LaterResult:
      // The values depend on how long the machine has run.
      if (changes_by_itself(pair)) return fmt::format("{} differs", find_difference(a_, again_)->what);
      break;
    case Evidence::UserControl:
    case Evidence::SupervisorControl:
      if (!a_.changes.empty()) return change_text(a_.changes.front());
      break;
  }
  return "nothing";
}

std::string Observer::describe(const Pair& pair, Evidence evidence) {
  run(pair);
  const std::string operands = operand_text(pair.c);
  return fmt::format("{}: {}{}: {}", state_text(pair, evidence), disassembly(pair.c),
                     operands.empty() ? "" : fmt::format(" ({})", operands), result_text(pair, evidence));
}

unsigned length_of(const Pair& pair) {
  constexpr unsigned kDiffering = 100, kUnusual = 20;
  unsigned length = pair.c.length + pair.b.level();
  for_each_knob([&](Knob knob) {
    if (pair.a[knob] != pair.b[knob]) {
      length += kDiffering + static_cast<unsigned>(knob);
    } else if (knob != Knob::Level && pair.a.has(knob)) {
      length += kUnusual;
    }
  });
  const std::array<u32, 8> plain = plain_registers();
  constexpr unsigned kOperand = 4;
  const auto count = [&](const auto& values) {
    return static_cast<unsigned>(std::count_if(values.begin(), values.end(), [](u32 v) { return v != 0; }));
  };
  for (std::size_t i = 0; i < plain.size(); ++i) length += pair.c.gpr[i] != plain[i] ? kOperand : 0;
  length += kOperand * (count(pair.c.stack) + count(pair.c.data));
  if (pair.c.flags != 0) length += kOperand;
  if (pair.c.floats != 0) length += kUnusual;
  return length;
}

}  // namespace ringdown::classify
