// Whether anything can see the flags that an instruction sets (the decoder finds out: LoweringContext).
#pragma once

#include "core/types.h"

namespace ringdown {

enum class FlagUse : u8 { Dead, Live };

}  // namespace ringdown
