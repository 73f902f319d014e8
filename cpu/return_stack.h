// Predicts where RETs lead: to what stands behind the CALLs before them.
#pragma once

#include <array>

#include "cpu/block.h"

namespace ringdown {

/// A ring of the latest CALLs' links to what is behind them; what was pushed too long ago is lost. It only
/// saves look-ups: whoever pops compares the link with where the RET really goes.
class ReturnStack {
 public:
  ReturnStack() { clear(); }
  ReturnStack(const ReturnStack&) = delete;
  ReturnStack& operator=(const ReturnStack&) = delete;
  void push(BlockLink& behind_call) { links_[++top_ % kDepth] = &behind_call; }
  BlockLink& pop() { return *links_[top_-- % kDepth]; }
  void clear() { links_.fill(&none_); }

 private:
  static constexpr u32 kDepth = 16;
  u32 top_ = 0;
  std::array<BlockLink*, kDepth> links_;
  BlockLink none_;
};

}  // namespace ringdown
