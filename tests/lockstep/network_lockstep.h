// Two network adapters of one machine at work under the laboratory's lockstep.
#pragma once

#include <filesystem>

#include "tests/lockstep/linux_boot.h"
#include "tests/support/crossed_adapters.h"
#include "tests/support/host_temporary.h"
#include "tests/support/network_work.h"

namespace ringdown::test {

/// The guest's state at its end, while its inputs are recorded to `path`.
inline GuestState record_frames(const MachineConfig& config, CrossedAdapters& cable, unsigned kilobytes,
                                const std::string& path) {
  constexpr Ticks kLimit = 20'000'000'000;
  GuestMachine guest(config);
  cable.connect(guest.machine().inputs());
  REQUIRE(guest.machine().inputs().record_to(path));
  guest.run_to(kLimit);
  INFO(guest.console() << guest.output());
  REQUIRE(guest.last_stop().reason == StopReason::Exit);
  REQUIRE(guest.last_stop().exit_code == 0);
  REQUIRE(cable.frames() > kilobytes * 1024 / kLongestFrame);
  return guest_state(guest.machine());
}

/// Records frames between two adapters of `model`, and replays them bare and deprivileged: both end as the
/// first run did.
inline void check_frames_in_lockstep(NicModel model, unsigned kilobytes) {
  constexpr Ticks kEvery = 250'000'000;
  const std::string path = temporary_path("ringdown_frames.record").string();
  CrossedAdapters cable;
  MachineConfig config;
  config.memory_bytes = u64{64} << 20;
  config.paging.sync = ShadowSync::Strict;
  config.debug_console = [](u8) {};  // as the sides of a lockstep have one, and firmware looks
  cable.plug_into(config, model);
  config = with_linux(config, network_work(kilobytes));
  const GuestState recorded = record_frames(config, cable, kilobytes, path);

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

}  // namespace ringdown::test
