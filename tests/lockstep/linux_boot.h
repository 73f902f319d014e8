// Debian's kernels under the laboratory's lockstep.
#pragma once

#include "tests/lockstep/lockstep_run.h"
#include "tests/support/guest_machine.h"

namespace ringdown::test {

inline LockstepSetup lockstep_of(const LinuxBoot& boot, const MachineConfig& config = {}) {
  LockstepSetup setup;
  setup.guest = with_linux(config, boot);
  setup.guest.paging.sync = ShadowSync::Strict;
  return setup;
}

}  // namespace ringdown::test
