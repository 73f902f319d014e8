// Contexts: the paging roots whose translations are kept side by side, and parts of linear space to tell what
// two of them share.
#pragma once

#include <array>
#include <bit>

#include "core/types.h"

namespace ringdown {

/// So many roots at a time have user translations of their own. What is translated for supervisors is kept
/// once, for the active root.
inline constexpr u32 kContexts = 64;

/// One bit for each context.
using ContextSet = u64;
constexpr ContextSet only(u32 context) { return ContextSet{1} << context; }

/// Whose translations something concerns.
struct Reach {
  ContextSet users = 0;
  bool supervisors = false;
};

/// Calls `visit(n)` for each bit n of `bits`.
template <class Visit>
void for_each_bit(u64 bits, Visit visit) {
  for (; bits != 0; bits &= bits - 1) visit(static_cast<u32>(std::countr_zero(bits)));
}

/// A set of spans of linear space: what one directory entry of 32-bit paging translates, two of PAE paging.
class SpanSet {
 public:
  static constexpr u32 kSpanShift = 22;
  static constexpr u32 kSpans = 1u << (32 - kSpanShift);
  static constexpr u32 span_of(u32 linear) { return linear >> kSpanShift; }

  void add(u32 span) { words_[span / 64] |= u64{1} << (span % 64); }
  bool contains(u32 span) const { return (words_[span / 64] >> (span % 64) & 1) != 0; }
  bool within(const SpanSet& other) const {
    u64 outside = 0;
    for (u32 i = 0; i < words_.size(); ++i) outside |= words_[i] & ~other.words_[i];
    return outside == 0;
  }
  SpanSet& operator&=(const SpanSet& other) {
    for (u32 i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  SpanSet& operator|=(const SpanSet& other) {
    for (u32 i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (u32 i = 0; i < words_.size(); ++i) for_each_bit(words_[i], [&](u32 bit) { visit(i * 64 + bit); });
  }

 private:
  std::array<u64, kSpans / 64> words_{};
};

}  // namespace ringdown
