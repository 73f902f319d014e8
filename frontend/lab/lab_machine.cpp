// The machine that an experiment runs a guest on.
#include "frontend/lab/lab_machine.h"

namespace ringdown {

Result<std::unique_ptr<Machine>> make_lab_machine(MachineConfig config, const KernelOptions& kernel,
                                                  Log& log) {
  if (!kernel.kernel_path.empty()) {
    Result<KernelBoot> boot = prepare_kernel(kernel, config.memory_bytes);
    if (!boot) return boot.error();
    add_kernel(config, std::move(*boot));
  }
  return Machine::create(config, log);
}

bool is_defect(EndReason reason) {
  return reason == EndReason::HostError || reason == EndReason::Refused ||
         reason == EndReason::ShadowDifference || reason == EndReason::Invariant;
}

}  // namespace ringdown
