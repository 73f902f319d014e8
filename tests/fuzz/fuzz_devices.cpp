// Fuzzes the devices of a whole board: drives and what is around them.
#include "tests/fuzz/rig_pair.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ringdown::test::play_on_two(ringdown::test::RigBoard::Drives, std::span(data, size));
  return 0;
}
