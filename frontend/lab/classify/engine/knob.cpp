// The table of knobs, and what differs in words.
#include "frontend/lab/classify/engine/knob.h"

#include <fmt/core.h>

namespace ringdown::classify {

namespace {

#define RINGDOWN_KNOB_VALUES(id, kind, name, choice, ...) \
  constexpr std::string_view k##id##Values[] = {__VA_ARGS__};
RINGDOWN_CLASSIFY_KNOBS(RINGDOWN_KNOB_VALUES)
#undef RINGDOWN_KNOB_VALUES

constexpr KnobInfo kKnobTable[] = {
#define RINGDOWN_KNOB_ROW(id, kind, name, choice, ...) {KnobKind::kind, name, choice, k##id##Values},
    RINGDOWN_CLASSIFY_KNOBS(RINGDOWN_KNOB_ROW)
#undef RINGDOWN_KNOB_ROW
};

std::string value_text(Knob knob, u8 value) {
  const KnobInfo& info = info_of(knob);
  return info.name.empty() ? std::string(info.values[value])
                           : fmt::format("{} {}", info.name, info.values[value]);
}

void append(std::string& list, const std::string& item) { list += (list.empty() ? "" : ", ") + item; }

}  // namespace

const KnobInfo& info_of(Knob knob) { return kKnobTable[static_cast<std::size_t>(knob)]; }

bool is_monitors(const Setting& setting) {
  for (std::size_t i = 0; i < kKnobs; ++i) {
    if (kKnobTable[i].monitors_choice && setting.has(static_cast<Knob>(i))) return false;
  }
  return true;
}

std::string difference_text(const Setting& from, const Setting& to) {
  std::string text;
  for_each_knob([&](Knob knob) {
    if (from[knob] == to[knob]) return;
    std::string_view next = info_of(knob).values[to[knob]];
    constexpr std::string_view kCpl = "CPL ";
    if (next.starts_with(kCpl)) next.remove_prefix(kCpl.size());
    append(text, fmt::format("{} -> {}", value_text(knob, from[knob]), next));
  });
  return text;
}

std::string common_text(const Setting& from, const Setting& to) {
  std::string text;
  for_each_knob([&](Knob knob) {
    if (knob != Knob::Level && from[knob] == to[knob] && from.has(knob))
      append(text, value_text(knob, from[knob]));
  });
  return text;
}

}  // namespace ringdown::classify
