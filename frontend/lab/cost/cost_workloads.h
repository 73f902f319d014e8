// What each workload runs, and how each remedy is put in force.
#pragma once

#include "frontend/lab/cost/cost.h"
#include "frontend/lab/scratch_disk.h"

namespace ringdown {

/// A guest that does some work and ends.
struct CostGuest {
  Options options;
  u64 operations = 0;
};

CostGuest guest_of(Workload workload, const CostRequest& request, const ScratchDisk& disk);

/// Puts it in force.
void apply(Remedy remedy, MachineConfig& config);

}  // namespace ringdown
