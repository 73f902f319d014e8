// What the counters of a machine say of a piece of work.
#pragma once

#include "frontend/lab/io/io_lab.h"
#include "frontend/machine/machine.h"

namespace ringdown {

/// The counters at one moment.
class IoCounts {
 public:
  IoCounts() = default;
  /// The machine must have a monitor.
  explicit IoCounts(Machine& machine);
  /// What was counted since `earlier`, which the guest marked by a port access, as it did this moment: one of
  /// the two is among these traps, and is taken out.
  IoTraps since(const IoCounts& earlier) const;

 private:
  MonitorStatistics statistics_;
  Technique technique_{};
  u64 interrupt_controllers_ = 0;
};

}  // namespace ringdown
