// A bitmap, searched from where the last search ended.
#include "frontend/images/overlay_space.h"

#include <algorithm>
#include <bit>

namespace ringdown::overlay {

bool Space::take(Place place) {
  if (place >= end_) {
    free_ += place - end_;
    end_ = place + 1;
    bits_.resize(end_ / kBits + 1);
  } else if (used(place)) {
    return false;
  } else {
    --free_;
  }
  bits_[place / kBits] |= u64{1} << (place % kBits);
  return true;
}

void Space::release(Place place) {
  bits_[place / kBits] &= ~(u64{1} << (place % kBits));
  ++free_;
}

Space::Run Space::allocate(u32 wanted, Growth growth) {
  // A file that grows stays in one piece; one whose free quarter is used stays small.
  constexpr u32 kFewBlocks = 64;
  constexpr u32 kQuarter = 4;
  constexpr Place kHighestEnd = 0xfff0'0000;
  if (growth == Growth::Forbidden || end_ > kHighestEnd || (free_ > kFewBlocks && free_ > end_ / kQuarter))
    return allocate_inside(wanted);
  const Run run{end_, wanted};
  for (u32 i = 0; i < wanted; ++i) take(run.first + i);
  return run;
}

Place Space::next_free(Place from) const {
  for (Place place = from; place < end_;) {
    const u64 word = ~bits_[place / kBits] >> (place % kBits);
    if (word != 0) return std::min(place + static_cast<Place>(std::countr_zero(word)), end_);
    place = (place / kBits + 1) * kBits;
  }
  return end_;
}

Space::Run Space::allocate_inside(u32 wanted) {
  if (free_ == 0) return {};
  Place place = next_free(std::min(cursor_, end_));
  if (place == end_) place = next_free(0);
  Run run{place, 0};
  while (run.count < wanted && place < end_ && take(place)) {
    ++run.count;
    ++place;
  }
  cursor_ = place;
  return run;
}

void Space::give_back(Run run) {
  for (u32 i = 0; i < run.count; ++i) release(run.first + i);
  if (run.first + run.count == end_) cut(run.first);
}

void Space::cut(Place place) {
  for (Place i = place; i < end_; ++i) {
    if (!used(i)) --free_;
    bits_[i / kBits] &= ~(u64{1} << (i % kBits));
  }
  end_ = std::min(end_, place);
}

}  // namespace ringdown::overlay
