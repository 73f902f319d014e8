// Finds the block behind a branch whose target is not linked: no look-up of its page.
#pragma once

#include <vector>

#include "cpu/block.h"

namespace ringdown {

/// Direct-mapped by EIP. An entry holds under the tag it was made with: whatever could lead the same EIP to
/// another block changes the tag.
class JumpCache {
 public:
  /// The block at `eip` of a code segment with that base, or nullptr.
  Block* find(u32 eip, u32 code_base, u64 tag) const {
    const Entry& entry = entries_[index(eip)];
    return entry.eip == eip && entry.tag == tag && entry.code_base == code_base ? entry.block : nullptr;
  }
  void put(u32 code_base, u64 tag, Block& block) {
    const u32 eip = block.identity.eip;
    entries_[index(eip)] = {eip, code_base, tag, &block};
  }
  /// Before a block goes.
  void forget(const Block& block) {
    Entry& entry = entries_[index(block.identity.eip)];
    if (entry.block == &block) entry = {};
  }

 private:
  struct Entry {
    u32 eip = 0;
    u32 code_base = 0;
    u64 tag = 0;
    Block* block = nullptr;
  };
  /// More than blocks fit in the processor's caches; a program touches only what its own branches need.
  static constexpr u32 kEntries = 131072;
  static constexpr u32 kHalf = kEntries / 2;
  /// Functions are aligned: higher bits fill the low ones that are 0 in most, so that entries stand side by
  /// side. Code 4 MiB further on has the other half.
  static constexpr u32 index(u32 eip) { return (eip ^ (eip >> 16)) % kHalf + (eip >> 22) % 2 * kHalf; }

  std::vector<Entry> entries_ = std::vector<Entry>(kEntries);
};

}  // namespace ringdown
