// Debian's drivers with disks, a CD and a floppy disk at work, bare and deprivileged.
#include <catch2/catch.hpp>

#include "frontend/lab/lab_machine.h"
#include "tests/lockstep/linux_boot.h"
#include "tests/support/storage_work.h"

namespace ringdown::test {

TEST_CASE("Debian's kernel sees the same deprivileged while disks, a CD and a floppy disk are at work") {
  const StorageImages images("ringdown-lockstep");
  MachineConfig config;
  config.memory_bytes = u64{64} << 20;
  images.plug_into(config);
  throw_changes_away(config);
  LockstepSetup setup = lockstep_of(storage_work(1), config);
  // Comparing all of memory takes its time; what differs once in RAM or on a disk stays so.
  setup.every = 50'000'000;
  const LockstepResult result = run_lockstep(std::move(setup));
  CHECK_FALSE(result.divergence);
  CHECK(result.end == "exit 0");
}

}  // namespace ringdown::test
