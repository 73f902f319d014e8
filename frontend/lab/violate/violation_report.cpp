// Tells of the first wrong result, and of what came of it.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "frontend/lab/lockstep/divergence_report.h"
#include "frontend/lab/violate/violation.h"

namespace ringdown {

namespace {

using Json = nlohmann::ordered_json;

constexpr SideNames kSides{"bare", "through"};
/// Lines of a console that are shown from where the two part.
constexpr std::size_t kShownLines = 24;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      lines.push_back(std::exchange(line, {}));
    } else if (c >= ' ' || c == '\t') {
      line += c;
    }
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

std::string console_text(const std::string& name, const AfterSide& side, std::size_t common) {
  const std::vector<std::string> lines = lines_of(side.output);
  std::string text = fmt::format("\n{}, {} instructions further:\n", name, side.instructions);
  const std::size_t left = lines.size() - common;
  for (std::size_t i = common; i < lines.size(); ++i) {
    if (i == common + kShownLines / 2 && left > kShownLines) {
      text += fmt::format("  | ({} lines)\n", left - kShownLines);
      i += left - kShownLines;
    }
    text += fmt::format("  | {}\n", lines[i]);
  }
  if (left == 0) text += "  (says nothing more)\n";
  return text + fmt::format("  end: {}\n", side.end);
}

std::string aftermath_text(const Violation::Aftermath& aftermath) {
  const std::vector<std::string> bare = lines_of(aftermath.bare.output);
  const std::vector<std::string> through = lines_of(aftermath.through.output);
  const auto parting = std::mismatch(bare.begin(), bare.end(), through.begin(), through.end());
  const auto common = static_cast<std::size_t>(parting.first - bare.begin());
  std::string text = "\nWhat each then did:";
  if (common != 0)
    text += fmt::format(" {} the same; then they part:",
                        common == 1 ? "the next line is" : fmt::format("the next {} lines are", common));
  return text + "\n" + console_text("bare", aftermath.bare, common) +
         console_text("let through", aftermath.through, common);
}

std::string events_or_none(const std::string& events) { return events.empty() ? "no exception" : events; }

std::string wrong_result(const Divergence& d) {
  if (d.reference_events != d.other_events) {
    return fmt::format("in truth {} gives {}; the guest got {}", d.step.disassembly,
                       events_or_none(d.reference_events), events_or_none(d.other_events));
  }
  if (d.differences.empty()) return "a difference that cannot be named";
  const GuestDifference& first = d.differences.front();
  const std::string place = first.place.empty() ? "" : fmt::format(" ({})", first.place);
  return fmt::format("in truth {}{} is {} behind {}; the guest has {}", first.item, place, first.reference,
                     d.step.disassembly, first.other);
}

std::string never_wrong(const Violation& violation) {
  const LockstepResult& run = violation.run;
  const std::string where =
      run.end == "limit" ? fmt::format("in {} instructions", run.instructions)
                         : fmt::format("in {} instructions to its end ({})", run.instructions, run.end);
  if (violation.met == 0)
    return fmt::format("the guest comes to no {} where the monitor would have stopped it, {}",
                       violation.instructions, where);
  return fmt::format("the guest came to {} {} time{}, and never got a wrong result, {}",
                     violation.instructions, violation.met, violation.met == 1 ? "" : "s", where);
}

}  // namespace

std::string violation_summary(const Violation& violation) {
  return violation.run.divergence ? wrong_result(*violation.run.divergence) : never_wrong(violation);
}

std::string violation_text(const Violation& violation) {
  std::string text = fmt::format("{} let through, {}:\n{}.\n", violation.instructions, violation.guest,
                                 violation_summary(violation));
  if (!violation.run.divergence) return text;
  text += "\n" + divergence_text(*violation.run.divergence, kSides);
  if (violation.aftermath) text += aftermath_text(*violation.aftermath);
  return text;
}

std::string violation_json(const Violation& violation) {
  Json json;
  json["instruction"] = violation.instructions;
  json["guest"] = violation.guest;
  json["met"] = violation.met;
  const std::string summary = violation_summary(violation);
  if (!violation.run.divergence) {
    json["instructions"] = violation.run.instructions;
    json["end"] = violation.run.end;
    json["missing"] = summary;
    return json.dump(2);
  }
  json["summary"] = summary;
  json.update(divergence_json(*violation.run.divergence, kSides));
  if (violation.aftermath) {
    for (const auto& [name, side] : {std::pair("bare", &violation.aftermath->bare),
                                     std::pair("through", &violation.aftermath->through)}) {
      json["aftermath"][name] = {
          {"end", side->end}, {"output", side->output}, {"instructions", side->instructions}};
    }
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ringdown
