// A guest in another machine than the one that saved it.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "tests/support/guest_machine.h"

namespace ringdown::test {

/// A new machine that goes on from where `state` was saved.
inline std::unique_ptr<GuestMachine> restored(const MachineConfig& config,
                                              const std::vector<std::byte>& state) {
  auto guest = std::make_unique<GuestMachine>(config);
  const Result<void> loaded = guest->machine().load_state(state, "the state");
  INFO((loaded ? std::string() : loaded.error().message));
  REQUIRE(loaded);
  return guest;
}

}  // namespace ringdown::test
