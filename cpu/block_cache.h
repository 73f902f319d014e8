// Holds decoded blocks by where their bytes lie, and says which must be decoded again when bytes change.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/memory.h"
#include "cpu/block.h"

namespace ringdown {

/// Blocks by page and identity. Frames that hold code are tracked (Tracking::Code). A block whose bytes are
/// written is brought in line with them, or becomes stale: it keeps its place and the links that lead to it,
/// and is decoded again in that place when it is entered. Where stores go on without it being entered, what
/// is there is no code any more, and blocks go.
class BlockCache {
 public:
  struct Observer {
    /// Asked to bring a block in line with bytes that were written in the page of its first; else it becomes
    /// stale.
    std::function<bool(Block&, u32 offset, u32 length)> update;
    // Called for every block that becomes stale or goes, before it does.
    std::function<void(const Block&)> on_stale;
    std::function<void(const Block&)> on_remove;
  };

  explicit BlockCache(GuestMemory& memory, u64 memory_limit = kMemoryLimit);
  ~BlockCache();

  /// The block, perhaps stale, or nullptr.
  Block* find(const BlockIdentity& identity) const;
  /// Makes a block of what was decoded; there must be none with that identity.
  Block& insert(const BlockIdentity& identity, u32 second_frame, const DecodedBlock& decoded);
  /// Puts what the bytes of a stale block mean now in its place, if it has the room, or else makes a new
  /// block.
  Block& renew(Block& stale, u32 second_frame, const DecodedBlock& decoded);
  /// Removes one block.
  void remove(Block& block);
  /// Removes everything.
  void clear();
  /// Before a block is made: if all of them hold more host memory than they may, removes those of pages that
  /// have not been looked up lately. Returns whether it had to.
  bool make_room();

  /// Bytes of a tracked frame were written: the blocks that contain any are brought in line or become stale.
  void bytes_written(HostFrame frame, u32 offset, u32 length);
  /// Whether such a write would concern any block.
  bool holds_code(HostFrame frame, u32 offset, u32 length) const;

  /// Makes the instruction at this address end its block from now on; those that hold it become stale.
  void split_at(u64 physical);
  /// Instructions of the frame that end their block: bit per byte, or empty.
  std::span<const u64> splits(HostFrame frame) const;

  /// Removed blocks may still be running; they are freed here, between blocks.
  void free_removed() { removed_.clear(); }
  bool has_removed() const { return !removed_.empty(); }
  /// Host bytes held by blocks and what is known of their pages.
  u64 memory_used() const { return memory_used_; }

  void observe(Observer observer) { observer_ = std::move(observer); }

 private:
  static constexpr u64 kMemoryLimit = u64{48} << 20;
  static constexpr unsigned kWordsPerPage = kPageSize / 64;
  static constexpr unsigned kLineBytes = 32;
  /// Stores that a block is brought in line with before it becomes stale; and to a stale block, or to a page
  /// whose blocks are all stale, before they go.
  static constexpr unsigned kPatience = 16;

  struct Page {
    std::array<Block*, kPageSize / kLineBytes> lines{};  // blocks by where they begin
    std::array<u64, kWordsPerPage> splits{};
    Block* across = nullptr;  // blocks whose instruction crosses from another page into this one
    u32 blocks = 0;
    u32 fresh = 0;           // blocks that are not stale
    u32 longest = 0;         // bytes of a block
    u32 idle_stores = 0;     // since no block was fresh
    bool looked_up = false;  // since make_room came by
  };

  /// Where a block is listed: the page in which it begins, or the one into which it crosses. Both may show
  /// the same frame.
  enum class Part : u8 { Home, Across };

  Page& page(u32 frame);
  void enter_page(Block& block, Part part);
  void leave_page(Block& block, Part part);
  void renewed_in(const Block& block, u32 frame);
  void make_stale(Block& block);
  void remove_page(u32 frame);
  static u32 frame_of(const Block& block, Part part);
  static Block*& head(Page& page, const Block& block, Part part);
  static Block*& next(Block& block, Part part);
  /// Calls `visit(block)` for each block with a byte in the range, until it returns false.
  template <class Visit>
  static void visit_overlapping(const Page& page, u32 offset, u32 length, Visit visit);

  GuestMemory& memory_;
  const u64 memory_limit_;
  std::vector<std::unique_ptr<Page>> pages_;
  std::vector<BlockPointer> removed_;
  std::vector<Block*> hit_;  // by the write at hand
  u64 memory_used_ = 0;
  u32 hand_ = 0;  // the frame that make_room looks at next
  Observer observer_;
};

}  // namespace ringdown
