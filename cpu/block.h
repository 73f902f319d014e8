// A block: the operations of a straight run of instructions within one page, and the links to its successors.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <span>

#include "core/types.h"
#include "cpu/block_mode.h"
#include "cpu/operation.h"

namespace ringdown {

struct Block;

/// One way out of a block, or the way back to it behind a CALL. `eip` is fixed at decode; where it leads is
/// filled in when it is known: to `target` whatever happens, or to `far_target` as long as the tag under
/// which the jump cache knows blocks is the one that it was found under. A block lists the links that lead to
/// it, so that they are cut when it goes.
struct BlockLink {
  static constexpr u64 kNoTag = ~u64{0};

  Block* target = nullptr;
  Block* far_target = nullptr;
  u64 tag = kNoTag;
  BlockLink* next = nullptr;    // of the links to the same block
  BlockLink** place = nullptr;  // what points to this one in their list
  u32 eip = 0;
  /// The target lies in the block's own page (and below a limit that cannot change), so that `target` may be
  /// filled in.
  bool linkable = false;

  void connect(Block& to);
  void connect_under(u64 jump_tag, Block& to);
  void cut();

 private:
  void enlist(Block& to);
};

/// The two ways out of a direct branch.
enum class Way : u8 { FallThrough = 0, Taken = 1 };

/// What stands behind the last operation of a block: where it can go.
struct BlockExit {
  std::array<BlockLink, 2> links;
  BlockLink& link(Way way) { return links[static_cast<unsigned>(way)]; }
};
static_assert(sizeof(BlockExit) % sizeof(Operation) == 0 && alignof(BlockExit) == alignof(Operation));

/// What a block is known by: the same bytes are another block at another address or in another mode.
struct BlockIdentity {
  u64 physical = 0;  // host frame number << 12 | offset of the first byte
  u32 eip = 0;       // of the first instruction
  BlockMode mode;
  friend bool operator==(const BlockIdentity&, const BlockIdentity&) = default;
};

/// One decoded block before it is given a place: at most instruction_count and one operations, and the exit.
struct DecodedBlock {
  static constexpr unsigned kMaximumInstructions = 48;

  std::array<Operation, kMaximumInstructions + 1> storage;
  u32 operation_count = 0;
  u32 instruction_count = 0;
  u16 byte_length = 0;
  BlockExit exit;

  std::span<const Operation> operations() const { return std::span(storage).first(operation_count); }
};

struct BlockDeleter {
  void operator()(Block* block) const;
};
using BlockPointer = std::unique_ptr<Block, BlockDeleter>;

/// The operations follow the header, and the exit them, in one piece of host memory. They begin with a line
/// of the host's cache: two share one, and entering a block touches no other.
struct alignas(64) Block {
  BlockIdentity identity;
  /// Frame of the second page of an instruction that crosses into it; such a block holds only that one.
  u32 second_frame = kNoFrame;
  u16 byte_length = 0;
  u16 operation_count = 0;
  u16 room = 0;  // for operations
  /// Its bytes have changed since: what enters it comes back to the loop, which decodes them again.
  bool stale = false;
  u8 stores = 0;                  // to its bytes, since it was decoded or became stale
  Block* next_in_line = nullptr;  // that begins in the same line of its page
  Block* next_across = nullptr;   // that crosses into the same second page
  BlockLink* incoming = nullptr;

  static constexpr u32 kNoFrame = 0xffff'ffff;
  static BlockPointer create(const BlockIdentity& identity, u32 second_frame, const DecodedBlock& decoded);
  /// Takes over what was decoded; links to the same successors stay. Only if it fits.
  void assign(const DecodedBlock& decoded);
  bool fits(const DecodedBlock& decoded) const { return decoded.operation_count <= room; }

  /// In the first operation, so that entering a block looks at nothing else.
  u32 instruction_count() const { return operations()->remaining; }
  Operation* operations() { return reinterpret_cast<Operation*>(this + 1); }
  const Operation* operations() const { return reinterpret_cast<const Operation*>(this + 1); }
  bool holds(const Operation* op) const { return op >= operations() && op < operations() + operation_count; }
  BlockExit& exit() { return *std::launder(reinterpret_cast<BlockExit*>(operations() + operation_count)); }
  bool crosses_page() const { return second_frame != kNoFrame; }
  u32 frame() const { return static_cast<u32>(identity.physical >> kPageShift); }
  u32 offset() const { return static_cast<u32>(identity.physical) & kPageOffsetMask; }
  std::size_t host_bytes() const { return host_bytes(room); }
  static std::size_t host_bytes(std::size_t operations) {
    return sizeof(Block) + operations * sizeof(Operation) + sizeof(BlockExit);
  }
};
static_assert(sizeof(Block) % alignof(Operation) == 0);

/// The exit behind the block-ending operation `op`.
inline BlockExit& exit_of(const Operation* op) {
  return *reinterpret_cast<BlockExit*>(const_cast<Operation*>(op + 1));
}

}  // namespace ringdown
