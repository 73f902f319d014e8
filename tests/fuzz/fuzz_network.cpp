// Fuzzes network adapters and virtio disks on a whole board.
#include "tests/fuzz/rig_pair.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ringdown::test::play_on_two(ringdown::test::RigBoard::Network, std::span(data, size));
  return 0;
}
