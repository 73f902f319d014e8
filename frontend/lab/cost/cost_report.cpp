// Costs as tables and as JSON.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "cpu/instruction_table.h"
#include "frontend/lab/cost/cost.h"

namespace ringdown {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t kCauses = static_cast<std::size_t>(TrapCause::Count);

/// Of the results of one workload, the causes that any of them has.
std::vector<TrapCause> causes_met(std::span<const CostResult> results) {
  std::vector<TrapCause> met;
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    const auto has = [&](const CostResult& result) { return result.causes[cause].count != 0; };
    if (std::any_of(results.begin(), results.end(), has)) met.push_back(static_cast<TrapCause>(cause));
  }
  return met;
}

std::string per_operation(const CostResult& result, u64 count) {
  if (result.operations == 0) return "-";
  return fmt::format("{:.2f}", static_cast<double>(count) / static_cast<double>(result.operations));
}

std::string totals_table(std::span<const CostResult> results) {
  const std::string_view unit = unit_of(results.front().workload);
  std::string text = fmt::format("  {:<12} {:>13} {:>8} {:>10} {:>11} {:>9} {:>10} {:>8} {:>8} {:>7}\n",
                                 "remedy", "instructions", "direct", "traps", "per million",
                                 unit.empty() ? std::string("-") : fmt::format("per {}", unit), "under VT-x",
                                 "seconds", "bare", "slower");
  for (const CostResult& r : results) {
    text += fmt::format(
        "  {:<12} {:>13} {:>7.2f}% {:>10} {:>11.0f} {:>9} {:>10} {:>8.3f} {:>8.3f} {:>7.2f}\n",
        name_of(r.remedy), r.instructions, 100 * r.direct_share(), r.traps(), r.per_million(r.traps()),
        per_operation(r, r.traps()), r.exits_under_vtx, r.host_seconds, r.bare_host_seconds, r.slowdown());
  }
  return text;
}

std::string causes_table(std::span<const CostResult> results) {
  std::string text;
  const std::vector<TrapCause> met = causes_met(results);
  text += fmt::format("  {:<12}", "");
  for (const TrapCause cause : met) text += fmt::format(" {:>14}", name_of(cause));
  text += "\n";
  for (const CostResult& r : results) {
    text += fmt::format("  {:<12}", name_of(r.remedy));
    for (const TrapCause cause : met) {
      const TrapCost& cost = r.causes[static_cast<std::size_t>(cause)];
      text += fmt::format(
          " {:>14}",
          cost.count == 0 ? "-" : fmt::format("{:.0f} x {} ns", r.per_million(cost.count), cost.each_ns()));
    }
    text += "\n";
  }
  return text;
}

ordered_json cost_entry(const CostResult& result, const TrapCost& cost) {
  return {{"count", cost.count}, {"per_million", result.per_million(cost.count)}, {"ns", cost.each_ns()}};
}

ordered_json causes_json(const CostResult& result) {
  ordered_json causes = ordered_json::object();
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    causes[std::string(name_of(static_cast<TrapCause>(cause)))] = cost_entry(result, result.causes[cause]);
  return causes;
}

/// Rows of one name are one.
ordered_json instructions_json(const CostResult& result) {
  std::vector<std::pair<std::string_view, TrapCost>> named;
  for (std::size_t id = 0; id < result.by_instruction.size(); ++id) {
    const TrapCost& cost = result.by_instruction[id];
    if (cost.count == 0) continue;
    const std::string_view name = instruction_table()[id].name;
    auto found =
        std::find_if(named.begin(), named.end(), [&](const auto& entry) { return entry.first == name; });
    if (found == named.end()) found = named.insert(named.end(), {name, {}});
    found->second.add(cost);
  }
  ordered_json json = ordered_json::object();
  for (const auto& [name, cost] : named) json[std::string(name)] = cost_entry(result, cost);
  return json;
}

ordered_json timeline_json(const CostTimeline& timeline) {
  ordered_json samples = ordered_json::array();
  for (const CostTimeline::Sample& sample : timeline.samples) {
    ordered_json causes = ordered_json::object();
    for (std::size_t cause = 0; cause < kCauses; ++cause)
      causes[std::string(name_of(static_cast<TrapCause>(cause)))] = sample.traps[cause];
    samples.push_back({{"instructions", sample.instructions}, {"causes", causes}});
  }
  return {{"interval", timeline.interval}, {"samples", samples}};
}

}  // namespace

std::string cost_table(const std::vector<CostResult>& results) {
  std::string text;
  for (auto first = results.begin(); first != results.end();) {
    const auto last = std::find_if(first, results.end(),
                                   [&](const CostResult& r) { return r.workload != first->workload; });
    const std::span<const CostResult> of_workload(first, last);
    text += fmt::format("{}{}: {}\n", text.empty() ? "" : "\n", name_of(first->workload),
                        describe(first->workload));
    text += totals_table(of_workload);
    text += "  traps per million instructions, and host time in the monitor for each:\n";
    text += causes_table(of_workload);
    first = last;
  }
  return text;
}

std::string cost_json(const std::vector<CostResult>& results) {
  ordered_json rows = ordered_json::array();
  for (const CostResult& r : results) {
    ordered_json row{{"workload", name_of(r.workload)},
                     {"remedy", name_of(r.remedy)},
                     {"operations", r.operations == 0 ? ordered_json() : ordered_json(r.operations)},
                     {"unit", unit_of(r.workload)},
                     {"instructions", r.instructions},
                     {"direct_share", r.direct_share()},
                     {"traps", r.traps()},
                     {"traps_per_million", r.per_million(r.traps())},
                     {"causes", causes_json(r)},
                     {"by_instruction", instructions_json(r)},
                     {"host_seconds", r.host_seconds},
                     {"bare_host_seconds", r.bare_host_seconds},
                     {"bare_instructions", r.bare_instructions},
                     {"slowdown", r.slowdown()},
                     {"exits_under_vtx", r.exits_under_vtx}};
    if (r.timeline) row["timeline"] = timeline_json(*r.timeline);
    rows.push_back(std::move(row));
  }
  constexpr int kIndent = 2;
  return rows.dump(kIndent) + "\n";
}

}  // namespace ringdown
