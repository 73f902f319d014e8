// Values that meet the edges of their formats often.
#pragma once

#include "core/seeded_random.h"
#include "tests/oracle/fx_image.h"

namespace ringdown::test {

/// An integer near an edge of a width, or any.
u32 edge_value(SeededRandom& random);
/// The low `bytes` bytes of a float of that many bits, or of packed ones; at most 16.
std::array<u8, 16> float_value(SeededRandom& random, unsigned bits);
/// x87, MMX and SSE state: often the initial one with other registers, sometimes anything.
FxImage fx_value(SeededRandom& random);
u32 eflags_value(SeededRandom& random);

}  // namespace ringdown::test
