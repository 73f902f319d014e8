// Where each block of an overlay's disk is: a table in memory, of which only used parts exist.
#pragma once

#include <bitset>
#include <memory>
#include <vector>

#include "frontend/images/overlay_format.h"

namespace ringdown::overlay {

class Map {
 public:
  /// One block of the disk.
  struct Slot {
    Place place = kNowhere;
    u32 sum = 0;
  };
  /// `Fresh`: no record names its place yet. `Verified`: its data was seen to match its sum.
  enum Flag : unsigned { Fresh, Verified };

  explicit Map(u32 blocks) : blocks_(blocks), leaves_(blocks / kLeafBlocks + 1) {}

  u32 blocks() const { return blocks_; }
  u32 mapped() const { return mapped_; }

  Slot at(u32 block) const {
    const auto& leaf = leaves_[block / kLeafBlocks];
    return leaf ? leaf->slots[block % kLeafBlocks] : Slot{};
  }
  bool has(Flag flag, u32 block) const {
    const auto& leaf = leaves_[block / kLeafBlocks];
    return leaf && leaf->flags[flag][block % kLeafBlocks];
  }
  void put(u32 block, Slot slot) {
    Slot& old = leaf_of(block).slots[block % kLeafBlocks];
    if (old.place == kNowhere) ++mapped_;
    old = slot;
  }
  void set(Flag flag, u32 block, bool value) { leaf_of(block).flags[flag][block % kLeafBlocks] = value; }
  void clear() {
    for (auto& leaf : leaves_) leaf.reset();
    mapped_ = 0;
  }

  /// Calls `visit(block, slot)` for each mapped block in order; ends early when that returns false.
  template <class Visit>
  void each(Visit&& visit) const {
    for (u32 block = 0; block < blocks_; ++block) {
      if (!leaves_[block / kLeafBlocks]) {
        block |= kLeafBlocks - 1;
        continue;
      }
      const Slot slot = at(block);
      if (slot.place != kNowhere && !visit(block, slot)) return;
    }
  }

 private:
  static constexpr u32 kLeafBlocks = 512;
  struct Leaf {
    std::array<Slot, kLeafBlocks> slots{};
    std::array<std::bitset<kLeafBlocks>, 2> flags;
  };
  Leaf& leaf_of(u32 block) {
    auto& leaf = leaves_[block / kLeafBlocks];
    if (!leaf) leaf = std::make_unique<Leaf>();
    return *leaf;
  }

  u32 blocks_;
  u32 mapped_ = 0;
  std::vector<std::unique_ptr<Leaf>> leaves_;
};

}  // namespace ringdown::overlay
