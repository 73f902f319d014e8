// Fuzzes what the devices accept as their saved state.
#include "tests/fuzz/rig_pair.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ringdown::test::play_forged(ringdown::test::RigBoard::Drives, std::span(data, size));
  return 0;
}
