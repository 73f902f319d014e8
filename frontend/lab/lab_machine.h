// The machine that an experiment runs a guest on.
#pragma once

#include <memory>

#include "frontend/machine/kernel_image.h"
#include "frontend/machine/machine.h"
#include "frontend/runner.h"

namespace ringdown {

/// `config` with the kernel that `kernel` names, if it names one, as its loader puts it there.
Result<MachineConfig> with_kernel(MachineConfig config, const KernelOptions& kernel);
/// Several runs of a guest find the same disks: what one writes is its own, and gone behind it.
void throw_changes_away(MachineConfig& config);
/// A machine with the kernel that `kernel` names.
Result<std::unique_ptr<Machine>> make_lab_machine(MachineConfig config, const KernelOptions& kernel,
                                                  Log& log);

/// Whether a run that ended so says nothing about the guest.
bool is_defect(EndReason reason);

}  // namespace ringdown
