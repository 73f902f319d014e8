// A block: the operations of a straight run of instructions within one page, and the links to its successors.
#pragma once

#include <vector>

#include "core/types.h"
#include "cpu/block_mode.h"
#include "cpu/operation.h"

namespace ringdown {

struct Block;

/// What stands behind the last operation of a block: where it can go. `eip` is fixed at decode; `target` is
/// filled in when the successor is known and may be followed without a look-up.
struct BlockExit {
  const Block* target[2] = {nullptr, nullptr};
  u32 eip[2] = {0, 0};
  /// The target lies in the block's own page (and below a limit that cannot change), so that `target` may be
  /// filled in; otherwise it is found through the jump cache each time.
  bool linkable[2] = {false, false};
};
static_assert(sizeof(BlockExit) == sizeof(Operation));

/// The two ways out of a direct branch.
enum class Way : u8 { FallThrough = 0, Taken = 1 };

struct Block {
  const Operation* operations = nullptr;  // at most instruction_count and one, then a BlockExit
  u32 instruction_count = 0;
  u32 eip = 0;       // of the first instruction
  u64 physical = 0;  // host frame number << 12 | offset of the first byte
  /// Frame of the second page of an instruction that crosses into it; such a block holds only that one.
  u32 second_frame = kNoFrame;
  u16 byte_length = 0;
  BlockMode mode;
  Block* next_in_bucket = nullptr;
  /// Places that point to this block; cleared when it goes.
  std::vector<const Block**> incoming;
  std::vector<Operation> storage;

  static constexpr u32 kNoFrame = 0xffff'ffff;
  bool crosses_page() const { return second_frame != kNoFrame; }
};

/// The exit behind the block-ending operation `op`.
inline BlockExit& exit_of(const Operation* op) {
  return *reinterpret_cast<BlockExit*>(const_cast<Operation*>(op + 1));
}

}  // namespace ringdown
