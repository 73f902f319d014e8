// The machine that an experiment runs a guest on.
#include "frontend/lab/lab_machine.h"

namespace ringdown {

Result<MachineConfig> with_kernel(MachineConfig config, const KernelOptions& kernel) {
  if (kernel.kernel_path.empty()) return config;
  Result<KernelBoot> boot = prepare_kernel(kernel, config.memory_bytes);
  if (!boot) return boot.error();
  add_kernel(config, std::move(*boot));
  return config;
}

void throw_changes_away(MachineConfig& config) {
  for (DiskConfig& disk : config.disks) disk.snapshot = true;
  for (DiskConfig& floppy : config.floppies) floppy.snapshot = true;
}

Result<std::unique_ptr<Machine>> make_lab_machine(MachineConfig config, const KernelOptions& kernel,
                                                  Log& log) {
  const Result<MachineConfig> complete = with_kernel(std::move(config), kernel);
  if (!complete) return complete.error();
  return Machine::create(*complete, log);
}

bool is_defect(EndReason reason) {
  return reason == EndReason::HostError || reason == EndReason::Refused ||
         reason == EndReason::ShadowDifference || reason == EndReason::Invariant;
}

}  // namespace ringdown
