// Differences between counters, by what they are owed to.
#include "frontend/lab/io/io_counts.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include "cpu/instruction_table.h"
#include "cpu/monitor/vtx_exits.h"

namespace ringdown {

namespace {

constexpr std::array<std::string_view, 4> kPortAccesses{"in", "out", "ins", "outs"};
/// Of a handler and of the code that waits for it.
constexpr std::array<std::string_view, 4> kAroundInterrupts{"iret", "cli", "sti", "hlt"};

u64 of_instructions(const MonitorStatistics& statistics, std::span<const std::string_view> names) {
  u64 count = 0;
  for (std::size_t id = 0; id < statistics.by_instruction.size(); ++id) {
    const bool named = std::ranges::find(names, instruction_table()[id].name) != names.end();
    if (named) count += statistics.by_instruction[id];
  }
  return count;
}

void subtract(MonitorStatistics& from, const MonitorStatistics& what) {
  for (std::size_t cause = 0; cause < from.by_cause.size(); ++cause)
    from.by_cause[cause] -= what.by_cause[cause];
  for (std::size_t id = 0; id < what.by_instruction.size(); ++id)
    from.by_instruction[id] -= what.by_instruction[id];
}

}  // namespace

IoCounts::IoCounts(Machine& machine)
    : statistics_(machine.monitor()->statistics()), technique_(machine.monitor()->paging().technique()) {
  const std::map<std::string, u64>& accesses = machine.ports().access_counts();
  if (const auto pic = accesses.find("pic"); pic != accesses.end()) interrupt_controllers_ = pic->second;
}

IoTraps IoCounts::since(const IoCounts& earlier) const {
  constexpr u64 kMark = 1;
  MonitorStatistics passed = statistics_;
  subtract(passed, earlier.statistics_);
  const u64 controllers = interrupt_controllers_ - earlier.interrupt_controllers_;
  IoTraps traps;
  traps.ports = of_instructions(passed, kPortAccesses) - controllers - kMark;
  traps.memory = passed.cause(TrapCause::Device);
  traps.interrupts =
      passed.cause(TrapCause::Interrupt) + of_instructions(passed, kAroundInterrupts) + controllers;
  const u64 all = std::accumulate(passed.by_cause.begin(), passed.by_cause.end(), u64{0}) - kMark;
  traps.others = all - traps.ports - traps.memory - traps.interrupts;
  traps.under_vtx = exits_under_vtx(passed, technique_) - kMark;
  return traps;
}

}  // namespace ringdown
