// Bookkeeping of used page-table entries: allocation, epochs and limits.
#include "mmu/table_uses.h"

namespace ringdown {

TableUses::TableUses(GuestMemory& memory) : memory_(memory), heads_(memory.store().frame_count(), kNone) {}

TableUses::~TableUses() {
  forget_all();
  sweep();
}

bool TableUses::note(HostFrame frame, Use use, u32 slot, u32 context) {
  const u32 index = find_or_make(frame, use);
  if (index == kNone) return false;
  Record& record = records_[index];
  record.contexts |= only(context);
  u64& word = record.used[slot / 64];
  const u64 bit = u64{1} << (slot % 64);
  if ((word & bit) == 0) {
    word |= bit;
    ++record.used_count;
  }
  return true;
}

u32 TableUses::find_or_make(HostFrame frame, Use use) {
  u32 count = 0;
  u32 reusable = kNone;
  for (u32 index = heads_[frame.value]; index != kNone; index = records_[index].next) {
    Record& record = records_[index];
    if (record.epoch != epoch_) {
      reusable = index;
    } else if (record.use == use) {
      return index;
    }
    ++count;
  }
  if (reusable == kNone) {
    if (count >= kMaxUsesPerFrame) return kNone;
    reusable = allocate();
    if (reusable == kNone) return kNone;
    records_[reusable].next = heads_[frame.value];
    heads_[frame.value] = reusable;
    memory_.track(frame, Tracking::PageTable);
  }
  Record& record = records_[reusable];
  record.epoch = epoch_;
  record.used_count = 0;
  record.frame = frame;
  record.use = use;
  record.contexts = 0;
  record.used.fill(0);
  return reusable;
}

u32 TableUses::allocate() {
  if (free_ == kNone && records_.size() >= kMaxRecords) sweep();
  if (free_ == kNone) {
    if (records_.size() >= kMaxRecords) return kNone;
    records_.emplace_back();
    return static_cast<u32>(records_.size() - 1);
  }
  const u32 index = free_;
  free_ = records_[index].next;
  return index;
}

void TableUses::release(u32* link) {
  const u32 index = *link;
  *link = records_[index].next;
  records_[index].next = free_;
  records_[index].epoch = 0;
  free_ = index;
}

void TableUses::sweep() {
  for (u32 index = 0; index < records_.size(); ++index) {
    // Releasing clears the epoch: a free record has none.
    if (records_[index].epoch == 0 || records_[index].epoch == epoch_) continue;
    const HostFrame frame = records_[index].frame;
    u32* link = &heads_[frame.value];
    while (*link != index) link = &records_[*link].next;
    release(link);
    if (heads_[frame.value] == kNone) memory_.untrack(frame, Tracking::PageTable);
  }
}

}  // namespace ringdown
