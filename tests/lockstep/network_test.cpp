// Debian's driver with frames under way: recorded in one run, they reach a bare and a deprivileged machine at
// the same instructions again, and both end as the first did.
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/lockstep/linux_boot.h"
#include "tests/support/crossed_adapters.h"
#include "tests/support/host_temporary.h"
#include "tests/support/network_work.h"

namespace ringdown::test {

namespace {

constexpr Ticks kLimit = 20'000'000'000;
constexpr Ticks kEvery = 250'000'000;
constexpr unsigned kKilobytes = 200;

/// The state at the end, while the inputs are recorded.
GuestState record(const MachineConfig& config, CrossedAdapters& cable, const std::string& path) {
  GuestMachine guest(config);
  cable.connect(guest.machine().inputs());
  REQUIRE(guest.machine().inputs().record_to(path));
  guest.run_to(kLimit);
  INFO(guest.console() << guest.output());
  REQUIRE(guest.last_stop().reason == StopReason::Exit);
  REQUIRE(guest.last_stop().exit_code == 0);
  REQUIRE(cable.frames() > kKilobytes * 1024 / 1500);
  return guest_state(guest.machine());
}

void check_replay(NicModel model) {
  const std::string path = temporary_path("ringdown_frames.record").string();
  CrossedAdapters cable;
  MachineConfig config;
  config.memory_bytes = u64{64} << 20;
  config.paging.sync = ShadowSync::Strict;
  config.debug_console = [](u8) {};  // as the sides of a lockstep have one, and firmware looks
  cable.plug_into(config, model);
  config = with_linux(config, network_work(kKilobytes));
  const GuestState recorded = record(config, cable, path);

  CrossedAdapters loose_cable;
  config.nics.clear();
  loose_cable.plug_into(config, model);
  LockstepSetup setup;
  setup.guest = config;
  setup.every = kEvery;
  setup.prepare = [&](LockstepSide& reference, LockstepSide& other) {
    for (LockstepSide* side : {&reference, &other}) REQUIRE(side->machine().inputs().replay_from(path));
  };
  Lockstep lockstep(std::move(setup));
  const Result<LockstepResult> result = lockstep.run();
  std::filesystem::remove(path);
  REQUIRE(result);
  CHECK_FALSE(result->divergence);
  CHECK(result->end == "exit 0");
  CHECK(difference(recorded, guest_state(lockstep.other().machine())) == "");
}

}  // namespace

TEST_CASE("Frames between two RTL8029s are replayed, bare and deprivileged alike") {
  check_replay(NicModel::Rtl8029);
}

}  // namespace ringdown::test
