// Disks, a CD and a floppy disk at work under the laboratory's lockstep.
#pragma once

#include "frontend/lab/lab_machine.h"
#include "tests/lockstep/linux_boot.h"
#include "tests/support/storage_work.h"

namespace ringdown::test {

/// Debian's kernel with `rounds` of storage_work(). All of memory is compared every `every` instructions,
/// which takes its time; what differs once in RAM or on a disk stays so.
inline LockstepResult storage_in_lockstep(unsigned rounds, Ticks every) {
  const StorageImages images("ringdown-lockstep-" + std::to_string(rounds));
  MachineConfig config;
  config.memory_bytes = u64{64} << 20;
  images.plug_into(config);
  throw_changes_away(config);
  LockstepSetup setup = lockstep_of(storage_work(rounds), config);
  setup.every = every;
  return run_lockstep(std::move(setup));
}

}  // namespace ringdown::test
