// A journey as a table: a line for each crossing, and below it what the monitor did and what changed by it.
#include <fmt/core.h>

#include <cctype>

#include "frontend/lab/journey/journey.h"
#include "frontend/lab/wrapped_lines.h"
#include "frontend/paging/paging_text.h"

namespace ringdown {

namespace {

constexpr std::size_t kWidth = 116;
constexpr std::size_t kIndent = 4;

std::string indented(std::string_view text) {
  std::string lines;
  for (const std::string& line : wrapped_lines(text, kWidth - kIndent))
    lines += fmt::format("{:{}}{}\n", "", kIndent, line);
  return lines;
}

/// `text` in a column: what is too long is cut.
std::string fitted(std::string text, std::size_t width) {
  if (text.size() > width) text = text.substr(0, width - 2) + "..";
  return text;
}

std::string way(const Crossing& crossing) {
  const auto name = [](u8 ring) { return ring == 3 ? "app" : "kernel"; };
  return fmt::format("{} -> {}", name(crossing.virtual_ring_before), name(crossing.virtual_ring_after));
}

std::string crossing_text(std::size_t number, const Crossing& crossing) {
  std::string text = fmt::format(
      "{:>3} {:<16} {} -> {}   {} -> {}   {:04x}:{:08x} {:<30} {:<13} {:>6} {:>6} {:>7}\n", number,
      way(crossing), crossing.virtual_ring_before, crossing.virtual_ring_after, crossing.physical_ring_before,
      crossing.physical_ring_after, crossing.cs, crossing.eip, fitted(instruction_text(crossing), 30),
      name_of(crossing.cause), crossing.instructions_since, crossing.host_ns_since, crossing.host_ns_inside);
  text += indented(crossing.did);
  if (!crossing.changes.empty()) text += indented(changes_text(crossing));
  return text;
}

std::string under_vtx(const Journey& journey) {
  const u64 exits = journey.exits_under_vtx();
  if (exits == 0)
    return "Under VT-x with extended page tables the kernel runs at a ring 0 of its own on page tables of "
           "its own, "
           "and the monitor would not be entered once.";
  std::string which;
  for (const Crossing& crossing : journey.crossings) {
    if (!crossing.exits_under_vtx) continue;
    which += fmt::format("{}{}", which.empty() ? "" : ", ", instruction_text(crossing));
  }
  return fmt::format("Under VT-x with extended page tables the monitor would be entered {} of {} times: {}.",
                     exits, journey.crossings.size(), which);
}

}  // namespace

std::string journey_text(const Journey& journey) {
  std::string text = fmt::format(
      "{} (number {} of this run; kernel at ring {}, {} paging)\n\n", describe(journey.kind), journey.number,
      journey.deprivilege == Deprivilege::Ring1 ? 1 : 3, name_of(journey.technique));
  text[0] = static_cast<char>(std::toupper(text[0]));
  text += fmt::format("{:>3} {:<16} {:<8} {:<9}{:<13} {:<30} {:<13} {:>6} {:>6} {:>7}\n", "#", "way",
                      "virtual", "physical", "CS:EIP", "instruction", "cause", "instr.", "ns", "monitor");
  for (std::size_t i = 0; i < journey.crossings.size(); ++i)
    text += crossing_text(i + 1, journey.crossings[i]);
  const u64 inside = journey.host_ns_inside();
  const std::string summary = fmt::format(
      "{} crossings for {} guest instructions, of which {} ran without the monitor. The monitor took {} ns, "
      "the guest "
      "between its traps {} ns. {}",
      journey.crossings.size(), journey.instructions, journey.direct_instructions(), inside,
      journey.host_ns_outside(), under_vtx(journey));
  return text + "\n" + indented(summary);
}

}  // namespace ringdown
