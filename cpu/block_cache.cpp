// Holds decoded blocks by where their bytes lie, and drops them when those bytes change.
#include "cpu/block_cache.h"

#include <algorithm>
#include <iterator>

namespace ringdown {

namespace {

u32 frame_of(u64 physical) { return static_cast<u32>(physical >> kPageShift); }

u64 size_of_block(const Block& block) {
  return sizeof(Block) + block.storage.capacity() * sizeof(Operation) + 8 * sizeof(void*);
}

void set_bits(std::array<u64, kPageSize / 64>& bits, u32 begin, u32 end) {
  for (u32 i = begin; i < end; ++i) bits[i / 64] |= u64{1} << (i % 64);
}

}  // namespace

BlockCache::BlockCache(GuestMemory& memory)
    : memory_(memory), buckets_(kBuckets, nullptr), pages_(memory.store().frame_count()) {}

BlockCache::~BlockCache() {
  on_remove_ = {};
  clear();
}

unsigned BlockCache::bucket(u64 physical, u32 eip, BlockMode mode) {
  u64 hash = physical * 0x9e37'79b9'7f4a'7c15u;
  hash ^= (static_cast<u64>(eip) << 16 | mode.value()) * 0xc2b2'ae3d'27d4'eb4fu;
  return static_cast<unsigned>(hash >> 48) & (kBuckets - 1);
}

BlockCache::Page& BlockCache::page(u32 frame) {
  std::unique_ptr<Page>& slot = pages_[frame];
  if (!slot) slot = std::make_unique<Page>();
  return *slot;
}

Block* BlockCache::find(u64 physical, u32 eip, BlockMode mode) const {
  for (Block* block = buckets_[bucket(physical, eip, mode)]; block != nullptr;
       block = block->next_in_bucket) {
    if (block->physical == physical && block->eip == eip && block->mode == mode) return block;
  }
  return nullptr;
}

u32 BlockCache::begin_in(const Block& block, u32 frame) {
  return frame == frame_of(block.physical) ? static_cast<u32>(block.physical) & kPageOffsetMask : 0;
}

u32 BlockCache::end_in(const Block& block, u32 frame) {
  const u32 end = (static_cast<u32>(block.physical) & kPageOffsetMask) + block.byte_length;
  if (frame == frame_of(block.physical)) return std::min(end, kPageSize);
  return end - kPageSize;
}

void BlockCache::enter_page(Block& block, u32 frame) {
  Page& entry = page(frame);
  if (entry.blocks.empty()) memory_.track(HostFrame(frame), Tracking::Code);
  entry.blocks.push_back(&block);
  set_bits(entry.code, begin_in(block, frame), end_in(block, frame));
}

void BlockCache::leave_page(Block& block, u32 frame) {
  Page& entry = page(frame);
  std::erase(entry.blocks, &block);
  entry.code.fill(0);
  for (const Block* other : entry.blocks)
    set_bits(entry.code, begin_in(*other, frame), end_in(*other, frame));
  if (entry.blocks.empty()) memory_.untrack(HostFrame(frame), Tracking::Code);
}

Block& BlockCache::insert(std::unique_ptr<Block> owned) {
  Block& block = *owned.release();
  Block*& head = buckets_[bucket(block.physical, block.eip, block.mode)];
  block.next_in_bucket = head;
  head = &block;
  enter_page(block, frame_of(block.physical));
  if (block.crosses_page()) enter_page(block, block.second_frame);
  memory_used_ += size_of_block(block);
  return block;
}

void BlockCache::remove(Block& block) {
  if (on_remove_) on_remove_(block);
  Block** link = &buckets_[bucket(block.physical, block.eip, block.mode)];
  while (*link != &block) link = &(*link)->next_in_bucket;
  *link = block.next_in_bucket;
  leave_page(block, frame_of(block.physical));
  if (block.crosses_page()) leave_page(block, block.second_frame);
  for (const Block** place : block.incoming) *place = nullptr;
  block.incoming.clear();
  // Its own exits are listed in their targets' `incoming`; those entries must not dangle.
  BlockExit& exit = exit_of(&block.storage[block.storage.size() - 2]);
  for (const Block*& target : exit.target) {
    if (target != nullptr) std::erase(const_cast<Block*>(target)->incoming, &target);
    target = nullptr;
  }
  memory_used_ -= std::min(memory_used_, size_of_block(block));
  removed_.emplace_back(&block);
}

void BlockCache::clear() {
  // Pages first: taking blocks out of them one by one would cost the square of their number.
  std::vector<Block*> blocks;
  for (u32 frame = 0; frame < pages_.size(); ++frame) {
    if (!pages_[frame] || pages_[frame]->blocks.empty()) continue;
    std::copy_if(pages_[frame]->blocks.begin(), pages_[frame]->blocks.end(), std::back_inserter(blocks),
                 [frame](const Block* block) { return frame == frame_of(block->physical); });
    pages_[frame]->blocks.clear();
    memory_.untrack(HostFrame(frame), Tracking::Code);
  }
  for (Block* block : blocks) remove(*block);
}

bool BlockCache::overlaps(const Page& page, u32 offset, u32 length) {
  for (u32 i = offset; i < offset + length; ++i) {
    if (((page.code[i / 64] >> (i % 64)) & 1) != 0) return true;
  }
  return false;
}

u32 BlockCache::bytes_written(HostFrame frame, u32 offset, u32 length) {
  if (frame.value >= pages_.size() || !pages_[frame.value]) return 0;
  Page& entry = *pages_[frame.value];
  if (!overlaps(entry, offset, length)) return 0;
  u32 count = 0;
  const std::vector<Block*> blocks = entry.blocks;
  for (Block* block : blocks) {
    if (begin_in(*block, frame.value) < offset + length && end_in(*block, frame.value) > offset) {
      remove(*block);
      ++count;
    }
  }
  return count;
}

void BlockCache::split_at(u64 physical) {
  const u32 offset = static_cast<u32>(physical) & kPageOffsetMask;
  Page& entry = page(frame_of(physical));
  entry.splits[offset / 64] |= u64{1} << (offset % 64);
  bytes_written(HostFrame(frame_of(physical)), offset, 1);
}

std::span<const u64> BlockCache::splits(HostFrame frame) const {
  const std::unique_ptr<Page>& entry = pages_[frame.value];
  return entry ? std::span<const u64>(entry->splits) : std::span<const u64>();
}

}  // namespace ringdown
