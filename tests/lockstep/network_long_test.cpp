// Debian's other drivers with frames under way, replayed in lockstep.
#include <catch2/catch.hpp>

#include "frontend/machine/nic_models.h"
#include "tests/lockstep/network_lockstep.h"

namespace ringdown::test {

TEST_CASE("Frames between two adapters of every model on PCI are replayed, bare and deprivileged alike") {
  constexpr unsigned kKilobytes = 1000;
  for (const NicModelRow& row : nic_models()) {
    if (row.bus != NicBus::Pci) continue;
    INFO(row.name);
    check_frames_in_lockstep(row.model, kKilobytes);
  }
}

}  // namespace ringdown::test
