// Builds the machine of a mode.
#include "tests/support/moded_machine.h"

#include <fmt/core.h>

#include <algorithm>

namespace ringdown::test {

namespace {

MemoryStore make_store(u64 ram_size) {
  Result<MemoryStore> store = MemoryStore::create(ram_size, 0);
  return std::move(*store);
}

}  // namespace

std::string_view mode_name(MachineMode mode) {
  switch (mode) {
    case MachineMode::Bare:
      return "bare";
    case MachineMode::BareSteps:
      return "bare, blocks of one";
    case MachineMode::TrapRing1:
      return "trap, ring 1";
    case MachineMode::TrapRing3:
      return "trap, ring 3";
  }
  return "";
}

Result<std::vector<MachineMode>> find_modes(std::span<const std::string> names) {
  if (names.empty()) return std::vector(kMachineModes.begin(), kMachineModes.end());
  std::vector<MachineMode> modes;
  for (const std::string& name : names) {
    const auto* found = std::find_if(kMachineModes.begin(), kMachineModes.end(),
                                     [&name](MachineMode mode) { return mode_name(mode) == name; });
    if (found == kMachineModes.end()) return Error{fmt::format("no mode '{}'; --help lists them", name)};
    modes.push_back(*found);
  }
  return modes;
}

ModedMachine::ModedMachine(MachineMode mode, u64 ram_size, const CpuModel& model)
    : store_(make_store(ram_size)),
      cpu_(std::make_unique<Processor>(
          memory_, ports_, model,
          ProcessorConfig{.single_instruction_blocks = mode == MachineMode::BareSteps})) {
  memory_.map_ram(GuestPhysical(0), ram_size, HostFrame(0));
  if (mode == MachineMode::TrapRing1 || mode == MachineMode::TrapRing3) {
    const bool ring1 = mode == MachineMode::TrapRing1;
    monitor_.emplace(*cpu_, memory_, ring1 ? Deprivilege::Ring1 : Deprivilege::Ring3, Policy());
  }
}

void ModedMachine::detach() {
  if (attached_) monitor_->detach();
  attached_ = false;
}

void ModedMachine::attach() {
  if (monitor_) {
    monitor_->attach();
    attached_ = true;
  } else {
    cpu_->state_changed();
  }
}

}  // namespace ringdown::test
