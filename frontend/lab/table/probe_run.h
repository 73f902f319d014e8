// Runs the guest of the probes (roms/lab/probes.asm) and reads what each of them reported.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

/// One instruction in a kernel's place, and what it showed.
struct Probe {
  std::string instruction;  // as ProbedInstruction::name has it
  std::string operands;
  std::string form;  // of the instruction table, to let it through; "-": it is no sensitive unprivileged one
  GuestLinear address = GuestLinear(0);  // of the instruction
  std::string value;                     // "CS=0008", or an exception: "#GP 0018"
};

/// Whether a value is an exception.
bool is_exception(const std::string& value);

/// Every probe with what it reports on this machine, in the guest's order. A guest that does not come to its
/// end leaves some out. The error is that of the machine that could not be built.
Result<std::vector<Probe>> run_probes(MachineConfig config);

/// The same on a deprivileging machine whose monitor stands back from each probe's instruction, and from
/// nothing else: it is let through, and an exception that it raises goes to the guest, not to the monitor's
/// emulation. `probes` says where the instructions are.
Result<std::vector<Probe>> run_probes_through(MachineConfig config, const std::vector<Probe>& probes);

}  // namespace ringdown
