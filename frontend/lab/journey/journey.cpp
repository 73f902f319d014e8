// Journeys added up, and as JSON.
#include "frontend/lab/journey/journey.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "frontend/paging/paging_text.h"

namespace ringdown {

namespace {

template <class Value>
u64 sum(const Journey& journey, Value value) {
  return std::accumulate(journey.crossings.begin(), journey.crossings.end(), u64{0},
                         [&](u64 so_far, const Crossing& crossing) { return so_far + value(crossing); });
}

nlohmann::ordered_json crossing_json(const Crossing& crossing) {
  nlohmann::ordered_json changes = nlohmann::ordered_json::array();
  for (const StateChange& change : crossing.changes)
    changes.push_back({{"item", change.item}, {"before", change.before}, {"after", change.after}});
  const auto or_null = [](const auto& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  return {{"from", runs_at(crossing.virtual_ring_before)},
          {"to", runs_at(crossing.virtual_ring_after)},
          {"cause", name_of(crossing.cause)},
          {"instruction", crossing.instruction},
          {"vector", or_null(crossing.vector)},
          {"error_code", or_null(crossing.error_code)},
          {"virtual_ring_before", crossing.virtual_ring_before},
          {"virtual_ring_after", crossing.virtual_ring_after},
          {"physical_ring_before", crossing.physical_ring_before},
          {"physical_ring_after", crossing.physical_ring_after},
          {"cs", crossing.cs},
          {"eip", crossing.eip},
          {"did", crossing.did},
          {"changes", changes},
          {"instructions_since", crossing.instructions_since},
          {"host_ns_since", crossing.host_ns_since},
          {"host_ns_inside", crossing.host_ns_inside},
          {"exits_under_vtx", crossing.exits_under_vtx}};
}

}  // namespace

std::string_view name_of(JourneyKind kind) {
#define RINGDOWN_JOURNEY_NAME(id, name, text) std::string_view(name),
  static constexpr std::array kNames{RINGDOWN_JOURNEYS(RINGDOWN_JOURNEY_NAME)};
#undef RINGDOWN_JOURNEY_NAME
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view describe(JourneyKind kind) {
#define RINGDOWN_JOURNEY_TEXT(id, name, text) std::string_view(text),
  static constexpr std::array kTexts{RINGDOWN_JOURNEYS(RINGDOWN_JOURNEY_TEXT)};
#undef RINGDOWN_JOURNEY_TEXT
  return kTexts[static_cast<std::size_t>(kind)];
}

std::string instruction_text(const Crossing& crossing) {
  if (crossing.instruction.empty()) return fmt::format("({})", name_of(crossing.cause));
  // An operand's size shows by the register beside it, or does not matter here.
  constexpr std::string_view kSize = "dword ptr ";
  std::string text = crossing.instruction;
  if (const std::size_t at = text.find(kSize); at != std::string::npos) text.erase(at, kSize.size());
  return text;
}

std::string changes_text(const Crossing& crossing) {
  std::string text;
  for (const StateChange& change : crossing.changes)
    text += fmt::format("{}{} {} -> {}", text.empty() ? "" : ", ", change.item, change.before, change.after);
  return text;
}

u64 Journey::direct_instructions() const {
  const u64 between = sum(*this, [](const Crossing& crossing) { return crossing.instructions_since; });
  return kind == JourneyKind::PageFault ? between + 1 : between;
}
u64 Journey::host_ns_inside() const {
  return sum(*this, [](const Crossing& crossing) { return crossing.host_ns_inside; });
}
u64 Journey::host_ns_outside() const {
  return sum(*this, [](const Crossing& crossing) { return crossing.host_ns_since; });
}
u64 Journey::exits_under_vtx() const {
  return sum(*this, [](const Crossing& crossing) { return crossing.exits_under_vtx ? 1 : 0; });
}

std::string journeys_json(const std::vector<Journey>& journeys) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Journey& journey : journeys) {
    nlohmann::ordered_json crossings = nlohmann::ordered_json::array();
    for (const Crossing& crossing : journey.crossings) crossings.push_back(crossing_json(crossing));
    all.push_back({{"kind", name_of(journey.kind)},
                   {"number", journey.number},
                   {"technique", name_of(journey.technique)},
                   {"deprivilege", name_of(journey.deprivilege)},
                   {"instructions", journey.instructions},
                   {"direct_instructions", journey.direct_instructions()},
                   {"host_ns_inside", journey.host_ns_inside()},
                   {"host_ns_outside", journey.host_ns_outside()},
                   {"exits_under_vtx", journey.exits_under_vtx()},
                   {"crossings", crossings}});
  }
  constexpr int kIndent = 2;
  return all.dump(kIndent) + "\n";
}

}  // namespace ringdown
