// A code machine with a monitor on it.
#pragma once

#include <catch2/catch.hpp>
#include <optional>
#include <string_view>

#include "cpu/monitor/monitor.h"
#include "tests/support/code_machine.h"

namespace ringdown::test {

struct MonitoredMachine : CodeMachine {
  using CodeMachine::CodeMachine;

  /// Takes over the guest that the test has set up.
  Monitor& attach(std::string_view let_through = "", Deprivilege deprivilege = Deprivilege::Ring1,
                  std::optional<GuestLinear> handover = {}) {
    Policy policy;
    REQUIRE(policy.let_through(let_through));
    monitor.emplace(cpu, memory, deprivilege, policy, handover);
    monitor->attach();
    return *monitor;
  }
  const MonitorStatistics& statistics() { return monitor->statistics(); }
  u64 traps(TrapCause cause) { return monitor->statistics().by_cause[static_cast<std::size_t>(cause)]; }
  /// Traps of all rows of that name.
  u64 traps(std::string_view name) {
    u64 sum = 0;
    const std::span<const InstructionRow> table = instruction_table();
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (table[i].name == name) sum += monitor->statistics().by_instruction[i];
    }
    return sum;
  }

  std::optional<Monitor> monitor;
};

}  // namespace ringdown::test
