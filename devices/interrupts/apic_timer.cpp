// Counting of the local APIC timer.
#include "devices/interrupts/apic_timer.h"

#include <algorithm>
#include <bit>

namespace ringdown {

void ApicTimer::start(u64 cycle, u32 initial) {
  initial_ = initial;
  origin_ = cycle;
  origin_count_ = initial;
}

void ApicTimer::set_divisor(u64 cycle, u32 divisor) {
  origin_count_ = current(cycle);
  origin_ = cycle;
  divisor_ = divisor;
}

u32 ApicTimer::current(u64 cycle) const {
  const u64 counted = (cycle - std::min(cycle, origin_)) / divisor_;
  return origin_count_ - static_cast<u32>(std::min<u64>(counted, origin_count_));
}

std::optional<u64> ApicTimer::next_expiry() const {
  if (origin_count_ == 0) return std::nullopt;
  return origin_ + u64{origin_count_} * divisor_;
}

bool ApicTimer::expire(u64 cycle, bool periodic) {
  const std::optional<u64> expiry = next_expiry();
  if (!expiry || cycle < *expiry) return false;
  if (periodic && initial_ != 0) {
    const u64 period = u64{initial_} * divisor_;
    origin_ = *expiry + (cycle - *expiry) / period * period;
    origin_count_ = initial_;
  } else {
    origin_count_ = 0;
  }
  return true;
}

void ApicTimer::serialize(Archive& archive) {
  archive(initial_, divisor_, origin_, origin_count_);
  if (!std::has_single_bit(divisor_) || divisor_ > 128) {
    archive.fail("APIC timer divisor is impossible");
    *this = ApicTimer();
  }
}

}  // namespace ringdown
