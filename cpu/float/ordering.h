// What comparisons of floating-point numbers say, and what they think of NaNs.
#pragma once

#include "core/types.h"

namespace ringdown {

/// Results of comparisons.
enum class Ordering : u8 { Less, Equal, Greater, Unordered };

/// Whether quiet NaNs raise the invalid exception (FCOM, COMISS, CMPLTPS) or only signaling ones do (FUCOM,
/// UCOMISS, CMPEQPS). Unsupported encodings of the x87 always raise it.
enum class QuietNans : u8 { Invalid, Accepted };

}  // namespace ringdown
