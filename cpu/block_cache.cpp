// Holds decoded blocks by where their bytes lie, and says which must be decoded again when bytes change.
#include "cpu/block_cache.h"

#include <algorithm>

#include "cpu/execute/terminators.h"

namespace ringdown {

namespace {

/// Begin and end of a block's bytes in the page of its first, and in the second one.
struct Bytes {
  u32 begin;
  u32 end;
  bool overlap(u32 offset, u32 length) const { return begin < offset + length && end > offset; }
};

Bytes bytes_at_home(const Block& block) {
  return {block.offset(), std::min(block.offset() + block.byte_length, kPageSize)};
}

Bytes bytes_across(const Block& block) { return {0, block.offset() + block.byte_length - kPageSize}; }

}  // namespace

BlockCache::BlockCache(GuestMemory& memory, u64 memory_limit)
    : memory_(memory), memory_limit_(memory_limit), pages_(memory.store().frame_count()) {}

BlockCache::~BlockCache() {
  observer_ = {};
  clear();
}

Block* BlockCache::find(const BlockIdentity& identity) const {
  Page* const page = pages_[identity.physical >> kPageShift].get();
  if (page == nullptr) return nullptr;
  page->looked_up = true;
  const u32 offset = static_cast<u32>(identity.physical) & kPageOffsetMask;
  Block* block = page->lines[offset / kLineBytes];
  while (block != nullptr && !(block->identity == identity)) block = block->next_in_line;
  return block;
}

BlockCache::Page& BlockCache::page(u32 frame) {
  std::unique_ptr<Page>& slot = pages_[frame];
  if (!slot) {
    slot = std::make_unique<Page>();
    memory_used_ += sizeof(Page);
  }
  return *slot;
}

u32 BlockCache::frame_of(const Block& block, Part part) {
  return part == Part::Home ? block.frame() : block.second_frame;
}

Block*& BlockCache::head(Page& page, const Block& block, Part part) {
  return part == Part::Home ? page.lines[block.offset() / kLineBytes] : page.across;
}

Block*& BlockCache::next(Block& block, Part part) {
  return part == Part::Home ? block.next_in_line : block.next_across;
}

void BlockCache::enter_page(Block& block, Part part) {
  const u32 frame = frame_of(block, part);
  Page& entry = page(frame);
  if (entry.blocks++ == 0) memory_.track(HostFrame(frame), Tracking::Code);
  Block*& first = head(entry, block, part);
  next(block, part) = first;
  first = &block;
  renewed_in(block, frame);
}

void BlockCache::renewed_in(const Block& block, u32 frame) {
  Page& entry = *pages_[frame];
  ++entry.fresh;
  entry.idle_stores = 0;
  entry.looked_up = true;
  entry.longest = std::max<u32>(entry.longest, block.byte_length);
}

void BlockCache::leave_page(Block& block, Part part) {
  const u32 frame = frame_of(block, part);
  Page& entry = *pages_[frame];
  Block** link = &head(entry, block, part);
  while (*link != &block) link = &next(**link, part);
  *link = next(block, part);
  if (!block.stale) --entry.fresh;
  if (--entry.blocks != 0) return;
  memory_.untrack(HostFrame(frame), Tracking::Code);
  pages_[frame].reset();
  memory_used_ -= sizeof(Page);
}

Block& BlockCache::insert(const BlockIdentity& identity, u32 second_frame, const DecodedBlock& decoded) {
  Block& block = *Block::create(identity, second_frame, decoded).release();
  enter_page(block, Part::Home);
  if (block.crosses_page()) enter_page(block, Part::Across);
  memory_used_ += block.host_bytes();
  return block;
}

Block& BlockCache::renew(Block& stale, u32 second_frame, const DecodedBlock& decoded) {
  const bool crosses = stale.crosses_page() || second_frame != Block::kNoFrame;
  if (crosses || !stale.fits(decoded)) {
    const BlockIdentity identity = stale.identity;
    remove(stale);
    return insert(identity, second_frame, decoded);
  }
  stale.assign(decoded);
  renewed_in(stale, stale.frame());
  return stale;
}

void BlockCache::remove(Block& block) {
  if (observer_.on_remove) observer_.on_remove(block);
  leave_page(block, Part::Home);
  if (block.crosses_page()) leave_page(block, Part::Across);
  while (block.incoming != nullptr) block.incoming->cut();
  for (BlockLink& link : block.exit().links) link.cut();
  memory_used_ -= block.host_bytes();
  removed_.emplace_back(&block);
}

void BlockCache::make_stale(Block& block) {
  if (observer_.on_stale) observer_.on_stale(block);
  block.stale = true;
  block.stores = 0;
  block.operations()->handler = &decode_again;
  --pages_[block.frame()]->fresh;
  if (block.crosses_page()) --pages_[block.second_frame]->fresh;
}

void BlockCache::remove_page(u32 frame) {
  hit_.clear();
  for (Block* block : pages_[frame]->lines) {
    for (; block != nullptr; block = block->next_in_line) hit_.push_back(block);
  }
  for (Block* block = pages_[frame]->across; block != nullptr; block = block->next_across) {
    if (block->frame() != frame) hit_.push_back(block);
  }
  for (Block* block : hit_) remove(*block);
  // There may have been splits alone.
  if (pages_[frame]) memory_used_ -= sizeof(Page);
  pages_[frame].reset();
}

void BlockCache::clear() {
  for (u32 frame = 0; frame < pages_.size(); ++frame) {
    if (pages_[frame]) remove_page(frame);
  }
}

bool BlockCache::make_room() {
  if (memory_used_ <= memory_limit_) return false;
  const u64 enough = memory_limit_ - memory_limit_ / 8;
  while (memory_used_ > enough) {
    if (Page* const entry = pages_[hand_].get(); entry != nullptr && !std::exchange(entry->looked_up, false))
      remove_page(hand_);
    hand_ = (hand_ + 1) % static_cast<u32>(pages_.size());
  }
  return true;
}

template <class Visit>
void BlockCache::visit_overlapping(const Page& page, u32 offset, u32 length, Visit visit) {
  const u32 earliest = offset - std::min(offset, page.longest - 1);
  for (u32 line = earliest / kLineBytes; line <= (offset + length - 1) / kLineBytes; ++line) {
    for (Block* block = page.lines[line]; block != nullptr; block = block->next_in_line) {
      if (bytes_at_home(*block).overlap(offset, length) && !visit(*block)) return;
    }
  }
  for (Block* block = page.across; block != nullptr; block = block->next_across) {
    if (bytes_across(*block).overlap(offset, length) && !visit(*block)) return;
  }
}

void BlockCache::bytes_written(HostFrame frame, u32 offset, u32 length) {
  Page* const entry = pages_[frame.value].get();
  if (entry == nullptr || entry->blocks == 0) return;
  if (entry->fresh == 0 && ++entry->idle_stores > kPatience) return remove_page(frame.value);
  hit_.clear();
  visit_overlapping(*entry, offset, length, [this](Block& block) {
    if (std::ranges::find(hit_, &block) == hit_.end()) hit_.push_back(&block);
    return true;
  });
  for (Block* block : hit_) {
    const bool patient = ++block->stores <= kPatience;
    if (block->stale) {
      if (!patient) remove(*block);
    } else if (!patient || !observer_.update || !observer_.update(*block, offset, length)) {
      make_stale(*block);
    }
  }
}

bool BlockCache::holds_code(HostFrame frame, u32 offset, u32 length) const {
  const Page* const entry = pages_[frame.value].get();
  if (entry == nullptr || entry->fresh == 0) return false;
  bool found = false;
  visit_overlapping(*entry, offset, length, [&found](const Block& block) {
    found = !block.stale;
    return !found;
  });
  return found;
}

void BlockCache::split_at(u64 physical) {
  const u32 offset = static_cast<u32>(physical) & kPageOffsetMask;
  const HostFrame frame(static_cast<u32>(physical >> kPageShift));
  page(frame.value).splits[offset / 64] |= u64{1} << (offset % 64);
  bytes_written(frame, offset, 1);
}

std::span<const u64> BlockCache::splits(HostFrame frame) const {
  const std::unique_ptr<Page>& entry = pages_[frame.value];
  return entry ? std::span<const u64>(entry->splits) : std::span<const u64>();
}

}  // namespace ringdown
