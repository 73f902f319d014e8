// Blocks in host memory, and the lists of links that lead to them.
#include "cpu/block.h"

#include <algorithm>

namespace ringdown {

void BlockLink::connect(Block& to) {
  cut();
  target = &to;
  enlist(to);
}

void BlockLink::connect_under(u64 jump_tag, Block& to) {
  cut();
  far_target = &to;
  tag = jump_tag;
  enlist(to);
}

void BlockLink::enlist(Block& to) {
  next = to.incoming;
  place = &to.incoming;
  if (next != nullptr) next->place = &next;
  to.incoming = this;
}

void BlockLink::cut() {
  if (place == nullptr) return;
  *place = next;
  if (next != nullptr) next->place = place;
  target = nullptr;
  far_target = nullptr;
  tag = kNoTag;
  next = nullptr;
  place = nullptr;
}

namespace {

constexpr std::align_val_t kAlignment{alignof(Block)};

}  // namespace

void BlockDeleter::operator()(Block* block) const {
  ::operator delete(static_cast<void*>(block), kAlignment);
}

BlockPointer Block::create(const BlockIdentity& identity, u32 second_frame, const DecodedBlock& decoded) {
  void* const place = ::operator new(host_bytes(decoded.operation_count), kAlignment);
  BlockPointer block(new (place) Block);
  block->identity = identity;
  block->second_frame = second_frame;
  block->room = static_cast<u16>(decoded.operation_count);
  new (block->operations()) BlockExit;
  block->assign(decoded);
  return block;
}

void Block::assign(const DecodedBlock& decoded) {
  std::array<Block*, 2> successors{};
  for (unsigned way = 0; way < successors.size(); ++way) {
    BlockLink& link = exit().links[way];
    if (link.eip == decoded.exit.links[way].eip && decoded.exit.links[way].linkable)
      successors[way] = link.target;
    link.cut();
  }
  std::uninitialized_copy_n(decoded.storage.begin(), decoded.operation_count, operations());
  operation_count = static_cast<u16>(decoded.operation_count);
  byte_length = decoded.byte_length;
  stale = false;
  stores = 0;
  new (&exit()) BlockExit(decoded.exit);
  for (unsigned way = 0; way < successors.size(); ++way) {
    if (successors[way] != nullptr) exit().links[way].connect(*successors[way]);
  }
}

}  // namespace ringdown
