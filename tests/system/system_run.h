// One run of a system test's ROM on a headless PC.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "frontend/machine/machine.h"

namespace ringdown::test {

/// A way to run a guest; what it can see must not depend on it.
struct SystemMode {
  std::string name;
  RunMode mode = RunMode::Bare;
  Deprivilege deprivilege = Deprivilege::Ring1;
  bool single_instruction_blocks = false;
  PagingOptions paging{};
};

struct SystemOutcome {
  std::vector<std::string> log;    // lines the guest wrote; the last in brackets if it did not end by itself
  Ticks ticks = 0;                 // instructions retired in all
  std::set<std::string> executed;  // rows of the instruction table that were reached, if it was asked for
};

enum class RowTracing : u8 { Off, On };

/// Runs from reset to the write to the exit port, or to what else stops the guest. With tracing the machine
/// is stepped, and `executed` filled in. The error says what is wrong with the ROM or the processor model.
Result<SystemOutcome> run_system_test(const std::filesystem::path& rom, const std::string& cpu_model,
                                      const SystemMode& mode, RowTracing tracing);

}  // namespace ringdown::test
