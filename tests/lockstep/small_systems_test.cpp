// The system tests' whole small systems run bare and deprivileged, compared after each instruction.
#include <catch2/catch.hpp>

#include "tests/lockstep/lockstep_run.h"

namespace ringdown::test {

namespace {

void check_same(const std::string& system, Deprivilege deprivilege) {
  INFO(system << (deprivilege == Deprivilege::Ring1 ? " at ring 1" : " at ring 3"));
  LockstepSetup setup;
  setup.guest.memory_bytes = u64{16} << 20;
  setup.guest.firmware_path = RINGDOWN_SYSTEM_ROMS "/small_systems/" + system + ".rom";
  setup.guest.deprivilege = deprivilege;
  setup.guest.paging.sync = ShadowSync::Strict;
  setup.every = 1;
  const LockstepResult result = run_lockstep(std::move(setup));
  CHECK_FALSE(result.divergence);
  CHECK(result.end == "exit 0");
  CHECK(result.instructions > 100'000);
}

}  // namespace

TEST_CASE("Old systems see the same deprivileged, after every instruction") {
  for (const char* const system : {"v86_monitor", "ring1_kernel", "ring2_kernel", "segmented_16",
                                   "task_per_process", "unreal_loader", "iopl3_user"}) {
    check_same(system, Deprivilege::Ring1);
    check_same(system, Deprivilege::Ring3);
  }
}

}  // namespace ringdown::test
