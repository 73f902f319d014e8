// Pairs of an arithmetic or logic instruction and the conditional jump behind it, run as one operation.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {

/// A handler for `first` and the direct Jcc `branch` behind it, or nullptr if the pair has none. The fused
/// operation is `first` (whose registers this arranges as its own lowering would) with the block's exit
/// behind it. Only for code that needs no limit check. If the memory operand of `first` faults, nothing has
/// happened.
Handler fuse(const LoweringContext& first, Operation& op, ZydisMnemonic branch);

}  // namespace ringdown
