// Two rigs of one board, one of which goes on from a saved state of the other.
#pragma once

#include <span>

#include "tests/fuzz/device_operations.h"

namespace ringdown::test {

/// Plays the records of `input`: any sequence of accesses, DMA descriptors, inputs and resets leaves a
/// machine that works, and one restored in the middle goes on as the one that was saved. Reports what does
/// not. `board` is the same at each call of a process.
void play_on_two(RigBoard board, std::span<const u8> input);

/// Plays some records, forges what the rest of the board's devices saved, and plays on: whatever a state file
/// holds is refused, or gives a machine that can be reset, saved and restored.
void play_forged(RigBoard board, std::span<const u8> input);

}  // namespace ringdown::test
