// The machine that an experiment runs a guest on.
#pragma once

#include <memory>

#include "frontend/machine/kernel_image.h"
#include "frontend/machine/machine.h"

namespace ringdown {

/// A machine with the kernel that `kernel` names, if it names one, as its loader puts it there.
Result<std::unique_ptr<Machine>> make_lab_machine(MachineConfig config, const KernelOptions& kernel,
                                                  Log& log);

}  // namespace ringdown
