// Holds decoded blocks by where their bytes lie, and drops them when those bytes change.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/memory.h"
#include "cpu/block.h"

namespace ringdown {

/// Blocks by (physical address, EIP, mode). Frames that hold code are tracked (Tracking::Code); a bitmap per
/// frame says which bytes are code, so that writes to data beside code drop nothing.
class BlockCache {
 public:
  explicit BlockCache(GuestMemory& memory);
  ~BlockCache();

  /// The block, or nullptr.
  Block* find(u64 physical, u32 eip, BlockMode mode) const;
  /// Takes a decoded block in. The caller has set all its fields.
  Block& insert(std::unique_ptr<Block> block);
  /// Removes one block.
  void remove(Block& block);
  /// Removes everything.
  void clear();

  /// Bytes of a tracked frame were written: removes the blocks that contain any. Returns how many.
  u32 bytes_written(HostFrame frame, u32 offset, u32 length);

  /// Makes the instruction at this address end its block from now on, and removes the blocks that hold it.
  void split_at(u64 physical);
  /// Instructions of the frame that end their block: bit per byte, or empty.
  std::span<const u64> splits(HostFrame frame) const;

  /// Removed blocks may still be running; they are freed here, between blocks.
  void free_removed() { removed_.clear(); }
  bool has_removed() const { return !removed_.empty(); }
  /// Host bytes held by blocks.
  u64 memory_used() const { return memory_used_; }

  /// Called for every block that goes, before it goes.
  template <class F>
  void on_remove(F callback) {
    on_remove_ = std::move(callback);
  }

 private:
  static constexpr unsigned kBuckets = 1u << 16;
  static constexpr unsigned kWordsPerPage = kPageSize / 64;

  struct Page {
    std::array<u64, kWordsPerPage> code{};
    std::array<u64, kWordsPerPage> splits{};
    std::vector<Block*> blocks;
  };

  static unsigned bucket(u64 physical, u32 eip, BlockMode mode);
  Page& page(u32 frame);
  void enter_page(Block& block, u32 frame);
  void leave_page(Block& block, u32 frame);
  static bool overlaps(const Page& page, u32 offset, u32 length);
  static u32 begin_in(const Block& block, u32 frame);
  static u32 end_in(const Block& block, u32 frame);

  GuestMemory& memory_;
  std::vector<Block*> buckets_;
  std::vector<std::unique_ptr<Page>> pages_;
  std::vector<std::unique_ptr<Block>> removed_;
  u64 memory_used_ = 0;
  std::function<void(const Block&)> on_remove_;
};

}  // namespace ringdown
