// Pairs of stack instructions run as one operation: what functions begin and end with.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {

/// A handler that runs `op` and the operation behind it, `second`, or nullptr if the two are no such pair.
/// Both have been lowered and stay in the block: where the pair cannot run at once, they run one by one.
Handler pair_on_stack(BlockMode mode, const InstructionRow& first, const Operation& op,
                      const InstructionRow& second, const Operation& second_op);

}  // namespace ringdown
