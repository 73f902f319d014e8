// Debian's driver with frames under way, replayed in lockstep.
#include <catch2/catch.hpp>

#include "tests/lockstep/network_lockstep.h"

namespace ringdown::test {

TEST_CASE("Frames between two virtio adapters are replayed, bare and deprivileged alike") {
  check_frames_in_lockstep(NicModel::Virtio, 1000);
}

}  // namespace ringdown::test
