// The processor's blocks: found where EIP stands, decoded where there is none, cut where they must end.
#include <algorithm>

#include "cpu/block_cache.h"
#include "cpu/handler.h"
#include "cpu/processor.h"

namespace ringdown {

void Processor::observe_blocks() {
  blocks_->observe({
      .update = [this](Block& block, u32 offset, u32 length) { return update_values(block, offset, length); },
      .on_stale =
          [this](const Block& block) {
            ++counters_.blocks_invalidated;
            // The storing instruction itself: a repetition goes on with what lies there now.
            if (block.holds(storing)) request_attention();
          },
      .on_remove =
          [this](const Block& block) {
            jump_cache.forget(block);
            forget_links();
            if (!block.stale) ++counters_.blocks_invalidated;
          },
  });
}

bool Processor::update_values(Block& block, u32 offset, u32 length) {
  // A handler may look at its own operation after its store.
  if (block.crosses_page() || block.holds(storing)) return false;
  const u32 eip = block.identity.eip + (offset - block.offset());
  for (Operation& op : std::span(block.operations(), block.operation_count)) {
    const u32 first = eip - op.eip;
    if (first >= op.length) continue;
    const u32 at = offset - first;
    const u8* const page = memory.memory().store().page(HostFrame(block.frame()));
    return decoder_.update_values(op, {page + at, kPageSize - at}, block.identity.mode, first, length);
  }
  return false;
}

void Processor::forget_links() {
  open_link = nullptr;
  returns.clear();
}

void Processor::frame_written(HostFrame frame, u32 offset, u32 length) {
  blocks_->bytes_written(frame, offset, length);
}

bool Processor::concerns(HostFrame frame, u32 offset, u32 length) const {
  return blocks_->holds_code(frame, offset, length);
}

Block* Processor::find_block(bool single) {
  if (!single) {
    Block* const block = jump_cache.find(registers.eip, state.segment(Segment::Cs).base, jump_tag());
    if (block != nullptr && !block->stale) return block;
  }
  return look_up_block(single);
}

Block* Processor::fetch_failed(const Fault& failure) {
  fault_before_instruction(failure);
  return nullptr;
}

struct Processor::LookUp {
  u32 linear = 0;
  Resolution page;  // of that
  BlockIdentity identity;
  /// Every translation on the way is kept: what is not may change without another tag.
  bool kept = false;
  bool beyond_limit = false;  // the instruction crosses CS's limit
};

Block* Processor::look_up_block(bool single) {
  const SegmentRegister& cs = state.segment(Segment::Cs);
  const u32 eip = registers.eip;
  if (eip > cs.limit) return fetch_failed(general_protection());
  const u32 linear = cs.base + eip;
  const GuestLinear second_page((linear | kPageOffsetMask) + 1);
  memory.effects_allowed = true;
  const Resolution page = memory.fetch(GuestLinear(linear), privilege);
  if (page.kind == Resolution::Kind::Fault) return fetch_failed(Fault::page(linear, page.error_code));

  LookUp at{linear, page, {}, page.keep_read};
  BlockIdentity& identity = at.identity;
  identity = {(static_cast<u64>(page.page.read_frame) << kPageShift) | (linear & kPageOffsetMask), eip,
              mode_};
  identity.mode.single = single;
  const bool cacheable = page.kind == Resolution::Kind::Memory;
  Block* block = cacheable ? blocks_->find(identity) : nullptr;
  if (block != nullptr && block->crosses_page()) {
    const Resolution second = memory.fetch(second_page, privilege);
    at.kept = at.kept && second.keep_read;
    block = blocks_->find(identity);  // setting an accessed bit is a store, and may have been to this code
    if (block != nullptr &&
        (second.kind != Resolution::Kind::Memory || second.page.read_frame != block->second_frame)) {
      blocks_->remove(*block);
      block = nullptr;
    }
  }
  if (block != nullptr && !block->stale && eip + (block->byte_length - 1u) > cs.limit) {
    // Decoded under a larger limit.
    if (!single) return look_up_block(true);
    blocks_->remove(*block);
    block = nullptr;
  }
  if (block == nullptr || block->stale) {
    block = decode_block(at, block);
    if (at.beyond_limit) return fetch_failed(general_protection());
    if (block == nullptr) return nullptr;
  }
  if (!single && at.kept && block != uncached_.get() && (identity.mode.flat_code || identity.mode.code64k))
    jump_cache.put(cs.base, jump_tag(), *block);
  return block;
}

namespace {

constexpr u32 kMaximumInstructionLength = 15;

}  // namespace

Block* Processor::decode_block(LookUp& at, Block* stale) {
  const BlockIdentity& identity = at.identity;
  const Resolution& page = at.page;
  if (stale == nullptr && blocks_->make_room()) ++counters_.cache_flushes;
  DecodeRequest request;
  request.eip = identity.eip;
  request.mode = identity.mode;
  request.last_eip = state.segment(Segment::Cs).limit;
  request.page_offset = at.linear & kPageOffsetMask;

  std::array<u8, 2 * kMaximumInstructionLength> bytes;
  const u32 rest_of_page = kPageSize - request.page_offset;
  const bool from_memory = page.kind == Resolution::Kind::Memory;
  if (from_memory) {
    const HostFrame frame(page.page.read_frame);
    request.bytes =
        std::span<const u8>(memory.memory().store().page(frame) + request.page_offset, rest_of_page);
    request.splits = blocks_->splits(frame);
  } else {
    // Code in device memory: one instruction, from bytes read now, kept for this execution only.
    request.mode.single = true;
    const std::span<u8> head = std::span(bytes).first(std::min(kMaximumInstructionLength, rest_of_page));
    memory.memory().read(GuestPhysical(page.physical.value + request.page_offset),
                         std::as_writable_bytes(head));
    request.bytes = head;
  }

  bool cacheable = from_memory;
  u32 second_frame = Block::kNoFrame;
  DecodeStatus status = decoder_.decode(request, decoded_);
  if (status == DecodeStatus::NeedsNextPage) {
    const u32 next_page = (at.linear | kPageOffsetMask) + 1;
    const Resolution second = memory.fetch(GuestLinear(next_page), privilege);
    at.kept = at.kept && second.keep_read;
    if (stale != nullptr) stale = blocks_->find(identity);  // it may be gone, see above
    if (second.kind == Resolution::Kind::Fault)
      return fetch_failed(Fault::page(next_page, second.error_code));
    const std::size_t head = request.bytes.size();
    std::ranges::copy(request.bytes, bytes.begin());
    const std::span<u8> tail = std::span(bytes).subspan(head, kMaximumInstructionLength);
    if (second.kind == Resolution::Kind::Memory) {
      second_frame = second.page.read_frame;
      std::memcpy(tail.data(), memory.memory().store().page(HostFrame(second_frame)), tail.size());
    } else {
      cacheable = false;
      memory.memory().read(second.physical, std::as_writable_bytes(tail));
    }
    request.bytes = std::span<const u8>(bytes).first(head + kMaximumInstructionLength);
    request.splits = {};
    request.mode.single = true;
    status = decoder_.decode(request, decoded_);
  }
  if (status != DecodeStatus::Done) {
    at.beyond_limit = true;
    return nullptr;
  }
  ++counters_.blocks_decoded;
  if (!cacheable) {
    forget_links();
    uncached_ = Block::create(identity, second_frame, decoded_);
    return uncached_.get();
  }
  if (stale == nullptr) return &blocks_->insert(identity, second_frame, decoded_);
  forget_links();
  return &blocks_->renew(*stale, second_frame, decoded_);
}

void Processor::split_block_at(u32 eip) {
  const u32 linear = state.segment(Segment::Cs).base + eip;
  const Resolution page = memory.fetch(GuestLinear(linear), privilege);
  if (page.kind != Resolution::Kind::Memory) return;
  ++counters_.block_splits;
  blocks_->split_at((static_cast<u64>(page.page.read_frame) << kPageShift) | (linear & kPageOffsetMask));
}

}  // namespace ringdown
