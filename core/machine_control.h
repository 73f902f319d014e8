// What a device may ask of the machine as a whole: reset, power off, exit with a code.
#pragma once

#include "core/types.h"

namespace ringdown {

/// Implemented by the machine. Every request takes effect at the boundary after the current instruction.
class MachineControl {
 public:
  virtual ~MachineControl() = default;
  /// A hard reset of processor and devices: CPURST and PCIRST# (CF9h, ACPI's reset register).
  virtual void request_reset() = 0;
  /// INIT#: the processor alone begins at its reset vector; memory, devices and address line 20 stay as they
  /// are (keyboard controller, port 92h, CF9h). Where nobody tells the two apart, a hard reset.
  virtual void request_processor_reset() { request_reset(); }
  /// ACPI S5: the power goes off; `run` exits with status 0.
  virtual void request_power_off() = 0;
  /// isa-debug-exit: the process exits with `code`.
  virtual void request_exit(u8 code) = 0;
};

}  // namespace ringdown
