// Values that meet the edges of their formats often.
#pragma once

#include "tests/oracle/fx_image.h"
#include "tests/oracle/random.h"

namespace ringdown::test {

/// An integer near an edge of a width, or any.
u32 edge_value(OracleRandom& random);
/// The low `bytes` bytes of a float of that many bits, or of packed ones; at most 16.
std::array<u8, 16> float_value(OracleRandom& random, unsigned bits);
/// x87, MMX and SSE state: often the initial one with other registers, sometimes anything.
FxImage fx_value(OracleRandom& random);
u32 eflags_value(OracleRandom& random);

}  // namespace ringdown::test
