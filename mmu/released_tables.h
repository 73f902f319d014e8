// Guest page tables that are stored to without a trap, and what the shadow knew of them.
#pragma once

#include <array>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/memory.h"

namespace ringdown {

/// Frames of page tables whose write protection is lifted for a while. The shadow goes on resting on a copy
/// of each: what differs from it has not been synchronised, as a TLB's entries are behind memory.
class ReleasedTables {
 public:
  using Copy = std::array<u8, kPageSize>;

  bool empty() const { return copies_.empty(); }
  /// In the order in which they were released.
  const std::vector<HostFrame>& frames() const { return frames_; }
  /// nullptr: the frame is not released.
  const Copy* find(HostFrame frame) const {
    const auto found = copies_.find(frame.value);
    return found == copies_.end() ? nullptr : found->second.get();
  }
  void add(HostFrame frame, const u8* page);
  /// The shadow now rests on the bytes [offset, offset + length) that `page` holds.
  void accept(HostFrame frame, u32 offset, u32 length, const u8* page);
  void remove(HostFrame frame);
  void clear();

 private:
  std::unordered_map<u32, std::unique_ptr<Copy>> copies_;
  std::vector<HostFrame> frames_;
  std::vector<std::unique_ptr<Copy>> spare_;
};

}  // namespace ringdown
