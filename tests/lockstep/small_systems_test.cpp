// The system tests' whole small systems run bare and deprivileged, compared after each instruction.
#include <catch2/catch.hpp>

#include "tests/lockstep/lockstep_run.h"

namespace ringdown::test {

namespace {

void check_same(const std::string& system, Deprivilege deprivilege, u64 at_least) {
  INFO(system << (deprivilege == Deprivilege::Ring1 ? " at ring 1" : " at ring 3"));
  LockstepSetup setup;
  setup.guest.memory_bytes = u64{16} << 20;
  setup.guest.firmware_path = RINGDOWN_SYSTEM_ROMS "/" + system + ".rom";
  setup.guest.deprivilege = deprivilege;
  setup.guest.paging.sync = ShadowSync::Strict;
  setup.every = 1;
  const LockstepResult result = run_lockstep(std::move(setup));
  CHECK_FALSE(result.divergence);
  CHECK(result.end == "exit 0");
  CHECK(result.instructions > at_least);
}

}  // namespace

TEST_CASE("Old systems see the same deprivileged, after every instruction") {
  for (const char* const system : {"v86_monitor", "ring1_kernel", "ring2_kernel", "segmented_16",
                                   "task_per_process", "unreal_loader", "iopl3_user"}) {
    const std::string rom = std::string("small_systems/") + system;
    check_same(rom, Deprivilege::Ring1, 100'000);
    check_same(rom, Deprivilege::Ring3, 100'000);
  }
}

TEST_CASE("SMI handlers see the same deprivileged, after every instruction") {
  for (const char* const rom : {"management/blocked", "management/halt_and_io", "board/init",
                                "management/modes", "management/protected_handler", "management/smram"}) {
    check_same(rom, Deprivilege::Ring1, 1'000);
    check_same(rom, Deprivilege::Ring3, 1'000);
  }
}

}  // namespace ringdown::test
