// Tells of a difference between two machines.
#include "frontend/lab/lockstep/divergence_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace ringdown {

namespace {

using Json = nlohmann::ordered_json;

/// Rows of the short state: so many of its items stand on a line.
constexpr std::array<std::size_t, 5> kRows{4, 4, 3, 6, 4};
constexpr std::size_t kSideWidth = 58;

std::string_view where_text(Divergence::Where where) {
  switch (where) {
    case Divergence::Where::Instruction:
      return "instruction";
    case Divergence::Where::Delivery:
      return "delivery";
    case Divergence::Where::Blocks:
      return "blocks";
  }
  return "";
}

std::string headline(const Divergence& d) {
  switch (d.where) {
    case Divergence::Where::Instruction:
      return "They differ behind this instruction";
    case Divergence::Where::Delivery:
      return fmt::format("They differ behind the delivery of {}, at or before this instruction",
                         d.reference_events.empty() ? d.other_events : d.reference_events);
    case Divergence::Where::Blocks:
      return "They differ behind this instruction, if those before it run in blocks (not if each runs alone)";
  }
  return {};
}

std::string events_text(const Divergence& d, const SideNames& names) {
  if (d.reference_events == d.other_events) return {};
  const auto named = [](const std::string& events) { return events.empty() ? "none" : events; };
  return fmt::format("  events delivered: {}: {}; {}: {}\n", names.reference, named(d.reference_events),
                     names.other, named(d.other_events));
}

std::string differences_text(const Divergence& d, const SideNames& names) {
  std::size_t item_width = 14;
  std::size_t value_width = 12;
  for (const GuestDifference& difference : d.differences) {
    item_width = std::max(item_width, difference.item.size());
    value_width = std::max(value_width, difference.reference.size());
  }
  std::string text = fmt::format("  {:<{}}  {:<{}}  {}\n", "what differs", item_width, names.reference,
                                 value_width, names.other);
  for (const GuestDifference& difference : d.differences) {
    text += fmt::format("  {:<{}}  {:<{}}  {}{}\n", difference.item, item_width, difference.reference,
                        value_width, difference.other,
                        difference.place.empty() ? "" : fmt::format("  ({})", difference.place));
  }
  return text;
}

/// A line of one side's state; values that differ are marked.
std::string state_line(std::span<const Divergence::StateRow> rows, std::string Divergence::StateRow::*value) {
  std::string text;
  for (const Divergence::StateRow& row : rows) {
    text += fmt::format("{} {}{} ", row.item, row.*value, row.reference == row.other ? " " : "*");
  }
  return text;
}

std::string state_text(const Divergence& d, const SideNames& names) {
  std::string text = fmt::format("  {:<{}}{}\n", names.reference, kSideWidth, names.other);
  std::span<const Divergence::StateRow> left = d.state;
  for (const std::size_t count : kRows) {
    const auto rows = left.first(std::min(count, left.size()));
    left = left.subspan(rows.size());
    if (rows.empty()) break;
    std::string other = state_line(rows, &Divergence::StateRow::other);
    other.erase(other.find_last_not_of(' ') + 1);
    text +=
        fmt::format("  {:<{}}{}\n", state_line(rows, &Divergence::StateRow::reference), kSideWidth, other);
  }
  return text;
}

Json step_json(const StepRecord& step) {
  Json json;
  json["ticks"] = step.ticks;
  json["cs"] = fmt::format("{:04x}", step.cs);
  json["eip"] = fmt::format("{:08x}", step.eip);
  json["address"] = fmt::format("{:08x}", step.linear);
  json["bytes"] = step.hex();
  json["disassembly"] = step.disassembly;
  return json;
}

}  // namespace

std::string step_line(const StepRecord& step) {
  return fmt::format("{:04x}:{:08x}  {:<20} {}", step.cs, step.eip, step.hex(), step.disassembly);
}

std::string divergence_text(const Divergence& d, const SideNames& names) {
  std::string text =
      fmt::format("{}, after {} instructions:\n  {}\n", headline(d), d.ticks, step_line(d.step));
  text += events_text(d, names);
  text += "\n" + differences_text(d, names);
  text += "\nThe state behind it, differences marked *:\n" + state_text(d, names);
  text += "\nWhat ran before it, the last line last:\n";
  for (const StepRecord& step : d.history) {
    text += fmt::format("  {}{}\n", step_line(step),
                        step.events.empty() ? "" : fmt::format("  <- {} delivered", step.events));
  }
  return text;
}

Json divergence_json(const Divergence& d, const SideNames& names) {
  const std::string reference(names.reference);
  const std::string other(names.other);
  Json json = step_json(d.step);
  json["ticks"] = d.ticks;
  json["where"] = where_text(d.where);
  json["events"] = {{reference, d.reference_events}, {other, d.other_events}};
  json["differences"] = Json::array();
  for (const GuestDifference& difference : d.differences) {
    json["differences"].push_back({{"item", difference.item},
                                   {reference, difference.reference},
                                   {other, difference.other},
                                   {"place", difference.place}});
  }
  json["state"] = Json::array();
  for (const Divergence::StateRow& row : d.state)
    json["state"].push_back({{"item", row.item}, {reference, row.reference}, {other, row.other}});
  json["history"] = Json::array();
  for (const StepRecord& step : d.history) {
    Json entry = step_json(step);
    entry["events"] = step.events;
    json["history"].push_back(std::move(entry));
  }
  return json;
}

}  // namespace ringdown
