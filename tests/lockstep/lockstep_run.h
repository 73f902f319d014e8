// Runs of the laboratory's lockstep as its tests make them.
#pragma once

#include <catch2/catch.hpp>
#include <utility>

#include "frontend/lab/lab_guests.h"
#include "frontend/lab/lockstep/lockstep.h"

namespace ringdown::test {

/// A guest of the laboratory's own, its shadow synchronised strictly.
inline LockstepSetup lockstep_of(std::string_view lab_guest) {
  LockstepSetup setup;
  setup.guest = lab_guest_config(*find_lab_guest(lab_guest));
  setup.guest.paging.sync = ShadowSync::Strict;
  return setup;
}

inline LockstepResult run_lockstep(LockstepSetup setup) {
  Lockstep lockstep(std::move(setup));
  Result<LockstepResult> result = lockstep.run();
  INFO((result ? std::string() : result.error().message));
  REQUIRE(result);
  return std::move(*result);
}

}  // namespace ringdown::test
