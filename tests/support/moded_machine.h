// A processor with memory and nothing else, in each of the modes that suites of single instructions run in:
// bare or under a monitor, which takes over the state that the suite has set.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bus.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/result.h"
#include "cpu/monitor/monitor.h"
#include "cpu/processor.h"

namespace ringdown::test {

enum class MachineMode : u8 { Bare, BareSteps, TrapRing1, TrapRing3 };
inline constexpr std::array<MachineMode, 4> kMachineModes = {MachineMode::Bare, MachineMode::BareSteps,
                                                             MachineMode::TrapRing1, MachineMode::TrapRing3};
/// As records and command lines have it.
std::string_view mode_name(MachineMode mode);
/// The modes of these names, all of them if there are none; an error names the first that is no mode.
Result<std::vector<MachineMode>> find_modes(std::span<const std::string> names);

class ModedMachine {
 public:
  /// `ram_size` bytes from address 0 on.
  ModedMachine(MachineMode mode, u64 ram_size, const CpuModel& model = CpuModel::standard());
  ModedMachine(const ModedMachine&) = delete;
  ModedMachine& operator=(const ModedMachine&) = delete;

  Processor& cpu() { return *cpu_; }
  GuestMemory& memory() { return memory_; }

  /// Takes the guest from the monitor, if there is one, so that the processor's own state may be set; and
  /// gives it back.
  void detach();
  void attach();

 private:
  Log log_;
  Bus ports_{"port", log_};
  Bus devices_{"memory", log_};
  MemoryStore store_;
  GuestMemory memory_{store_, devices_};
  std::unique_ptr<Processor> cpu_;
  std::optional<Monitor> monitor_;
  bool attached_ = false;
};

}  // namespace ringdown::test
