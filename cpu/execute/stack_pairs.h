// Pairs of stack instructions run as one operation: what functions begin and end with.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {

/// A handler that runs `op` and the operation behind it, `second`, or nullptr if the two are no such pair.
/// Both stay in the block: where the pair cannot run at once, they run one by one.
Handler pair_on_stack(const LoweringContext& first, Operation& op, const LoweringContext& second,
                      Operation& second_op);

}  // namespace ringdown
