// The processor's blocks: found where EIP stands, decoded where there is none, cut where they must end.
#include <algorithm>

#include "cpu/block_cache.h"
#include "cpu/handler.h"
#include "cpu/processor.h"

namespace ringdown {

const Block* Processor::find_block(bool single) {
  if (!single) {
    const JumpEntry& entry = jump_cache[jump_index(registers.eip)];
    if (entry.eip == registers.eip && entry.tag == jump_tag() &&
        entry.code_base == state.segment(Segment::Cs).base && entry.block != nullptr) {
      return entry.block;
    }
  }
  return look_up_block(single);
}

const Block* Processor::fetch_failed(const Fault& failure) {
  fault_before_instruction(failure);
  return nullptr;
}

const Block* Processor::look_up_block(bool single) {
  const SegmentRegister& cs = state.segment(Segment::Cs);
  const u32 eip = registers.eip;
  if (eip > cs.limit) return fetch_failed(general_protection());
  const u32 linear = cs.base + eip;
  memory.effects_allowed = true;
  const Resolution page = memory.fetch(GuestLinear(linear), privilege);
  if (page.kind == Resolution::Kind::Fault) return fetch_failed(Fault::page(linear, page.error_code));

  BlockMode mode = mode_;
  mode.single = single;
  const bool cacheable = page.kind == Resolution::Kind::Memory;
  const u64 physical = (static_cast<u64>(page.page.read_frame) << kPageShift) | (linear & kPageOffsetMask);
  Block* block = cacheable ? blocks_->find(physical, eip, mode) : nullptr;
  if (block != nullptr && block->crosses_page()) {
    const Resolution second = memory.fetch(GuestLinear((linear | kPageOffsetMask) + 1), privilege);
    if (second.kind != Resolution::Kind::Memory || second.page.read_frame != block->second_frame) {
      blocks_->remove(*block);
      block = nullptr;
    }
  }
  if (block != nullptr && eip + (block->byte_length - 1u) > cs.limit) {
    // Decoded under a larger limit.
    if (!single) return look_up_block(true);
    blocks_->remove(*block);
    block = nullptr;
  }
  const Block* found = block;
  if (found == nullptr) {
    bool beyond_limit = false;
    found = decode_block(mode, linear, page, beyond_limit);
    if (beyond_limit) return fetch_failed(general_protection());
    if (found == nullptr) return nullptr;
  }
  if (!single && !found->crosses_page() && cacheable && page.keep_read && (mode.flat_code || mode.code64k)) {
    jump_cache[jump_index(eip)] = {eip, cs.base, jump_tag(), found};
  }
  return found;
}

namespace {

constexpr u32 kMaximumInstructionLength = 15;
/// Blocks beyond this many bytes are all dropped: cheaper than choosing.
constexpr u64 kBlockMemoryLimit = u64{48} << 20;

}  // namespace

const Block* Processor::decode_block(BlockMode mode, u32 linear, const Resolution& page, bool& beyond_limit) {
  const SegmentRegister& cs = state.segment(Segment::Cs);
  if (blocks_->memory_used() > kBlockMemoryLimit) {
    blocks_->clear();
    ++counters_.cache_flushes;
  }
  auto block = std::make_unique<Block>();
  block->eip = registers.eip;
  block->mode = mode;
  const u32 offset = linear & kPageOffsetMask;
  DecodeRequest request;
  request.eip = registers.eip;
  request.mode = mode;
  request.last_eip = cs.limit;

  std::array<u8, kPageSize + kMaximumInstructionLength> bytes;
  const bool from_memory = page.kind == Resolution::Kind::Memory;
  if (from_memory) {
    const HostFrame frame(page.page.read_frame);
    block->physical = (static_cast<u64>(frame.value) << kPageShift) | offset;
    request.bytes = std::span<const u8>(memory.memory().store().page(frame) + offset, kPageSize - offset);
    request.splits = blocks_->splits(frame);
    request.first_split_bit = offset;
  } else {
    // Code in device memory: one instruction, from bytes read now, kept for this execution only.
    request.mode.single = true;
    const u32 count = std::min(kMaximumInstructionLength, kPageSize - offset);
    memory.memory().read(GuestPhysical(page.physical.value + offset),
                         std::as_writable_bytes(std::span<u8>(bytes).first(count)));
    request.bytes = std::span<const u8>(bytes).first(count);
  }

  DecodeStatus status = decoder_.decode(request, *block);
  if (status == DecodeStatus::NeedsNextPage) {
    const u32 next_page = (linear | kPageOffsetMask) + 1;
    const Resolution second = memory.fetch(GuestLinear(next_page), privilege);
    if (second.kind == Resolution::Kind::Fault)
      return fetch_failed(Fault::page(next_page, second.error_code));
    const u32 head = static_cast<u32>(request.bytes.size());
    std::copy(request.bytes.begin(), request.bytes.end(), bytes.begin());
    if (second.kind == Resolution::Kind::Memory) {
      block->second_frame = second.page.read_frame;
      std::memcpy(bytes.data() + head, memory.memory().store().page(HostFrame(second.page.read_frame)),
                  kMaximumInstructionLength);
    } else {
      block->second_frame = 0;  // never cached below; marks the block as crossing
      memory.memory().read(second.physical, std::as_writable_bytes(std::span<u8>(bytes).subspan(
                                                head, kMaximumInstructionLength)));
    }
    request.bytes = std::span<const u8>(bytes).first(head + kMaximumInstructionLength);
    request.splits = {};
    request.mode.single = true;
    status = decoder_.decode(request, *block);
    if (second.kind != Resolution::Kind::Memory) {
      ++counters_.blocks_decoded;
      beyond_limit = status == DecodeStatus::BeyondLimit;
      uncached_ = std::move(block);
      return beyond_limit ? nullptr : uncached_.get();
    }
  }
  if (status != DecodeStatus::Done) {
    beyond_limit = true;
    return nullptr;
  }
  ++counters_.blocks_decoded;
  if (!from_memory) {
    uncached_ = std::move(block);
    return uncached_.get();
  }
  return &blocks_->insert(std::move(block));
}

void Processor::split_block_at(u32 eip) {
  const u32 linear = state.segment(Segment::Cs).base + eip;
  const Resolution page = memory.fetch(GuestLinear(linear), privilege);
  if (page.kind != Resolution::Kind::Memory) return;
  ++counters_.block_splits;
  blocks_->split_at((static_cast<u64>(page.page.read_frame) << kPageShift) | (linear & kPageOffsetMask));
}

}  // namespace ringdown
