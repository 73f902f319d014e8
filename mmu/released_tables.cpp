// Bookkeeping of released page tables.
#include "mmu/released_tables.h"

#include <algorithm>
#include <cstring>

namespace ringdown {

void ReleasedTables::add(HostFrame frame, const u8* page) {
  std::unique_ptr<Copy> copy;
  if (spare_.empty()) {
    copy = std::make_unique<Copy>();
  } else {
    copy = std::move(spare_.back());
    spare_.pop_back();
  }
  std::memcpy(copy->data(), page, copy->size());
  copies_.emplace(frame.value, std::move(copy));
  frames_.push_back(frame);
}

void ReleasedTables::accept(HostFrame frame, u32 offset, u32 length, const u8* page) {
  const auto found = copies_.find(frame.value);
  if (found != copies_.end()) std::memcpy(found->second->data() + offset, page + offset, length);
}

void ReleasedTables::remove(HostFrame frame) {
  const auto found = copies_.find(frame.value);
  if (found == copies_.end()) return;
  spare_.push_back(std::move(found->second));
  copies_.erase(found);
  if (frames_.back() == frame) {
    frames_.pop_back();
  } else {
    std::erase(frames_, frame);
  }
}

void ReleasedTables::clear() {
  copies_.clear();
  frames_.clear();
}

}  // namespace ringdown
