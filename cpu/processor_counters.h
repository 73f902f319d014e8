// What the processor counts.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

struct ProcessorCounters {
  u64 blocks_decoded = 0;
  u64 blocks_invalidated = 0;
  u64 block_splits = 0;
  u64 cache_flushes = 0;
  std::array<u64, 4> retired_at_cpl{};  // physical CPL, read as instructions retire
  // What reached the guest through its IDT, by vector; INT n is an instruction, not counted here.
  std::array<u64, 256> exceptions{};
  std::array<u64, 256> interrupts{};

  void serialize(Archive& archive) {
    archive(blocks_decoded, blocks_invalidated, block_splits, cache_flushes, retired_at_cpl, exceptions,
            interrupts);
  }
};

}  // namespace ringdown
