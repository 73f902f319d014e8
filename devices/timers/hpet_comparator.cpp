// Configuration and matches of one HPET timer.
#include "devices/timers/hpet_comparator.h"

namespace ringdown {
namespace {

using LevelTriggered = Field<u64, 1>;   // Tn_INT_TYPE_CNF
using InterruptEnable = Field<u64, 2>;  // Tn_INT_ENB_CNF
using Periodic = Field<u64, 3>;         // Tn_TYPE_CNF
using PeriodicCapable = Field<u64, 4>;  // Tn_PER_INT_CAP
using Wide = Field<u64, 5>;             // Tn_SIZE_CAP: 64 bits
using ValueSet = Field<u64, 6>;         // Tn_VAL_SET_CNF
using Narrowed = Field<u64, 8>;         // Tn_32MODE_CNF
using Route = Field<u64, 9, 5>;         // Tn_INT_ROUTE_CNF
using RouteCapabilities = Field<u64, 32, 32>;
// Interrupts by the front side bus (Tn_FSB_INT_DEL_CAP) are not offered: their enable bit stays 0.
constexpr u64 kWritable = LevelTriggered::kMask | InterruptEnable::kMask | Periodic::kMask | ValueSet::kMask |
                          Narrowed::kMask | Route::kMask;
constexpr u64 kCapabilities =
    RouteCapabilities::with(PeriodicCapable::kMask | Wide::kMask, HpetComparator::kRoutes);
constexpr u64 kNarrow = 0xffff'ffff;

/// 0, the value after reset, is in no timer's capabilities; software must choose before it enables.
bool routable(u64 configuration) {
  const u64 route = Route::get(configuration);
  return route == 0 || (HpetComparator::kRoutes >> route & 1) != 0;
}

}  // namespace

bool HpetComparator::level_triggered() const { return LevelTriggered::get(configuration_); }
bool HpetComparator::interrupt_enabled() const { return InterruptEnable::get(configuration_); }
unsigned HpetComparator::route() const { return static_cast<unsigned>(Route::get(configuration_)); }
bool HpetComparator::periodic() const { return Periodic::get(configuration_); }
u64 HpetComparator::width_mask() const { return Narrowed::get(configuration_) ? kNarrow : ~u64{0}; }

u64 HpetComparator::configuration() const {
  // Tn_VAL_SET_CNF reads 0.
  return (configuration_ & ~ValueSet::kMask) | kCapabilities;
}

void HpetComparator::set_configuration(u64 value, u64 mask) {
  mask &= kWritable;
  u64 wanted = (configuration_ & ~mask) | (value & mask);
  if (!routable(wanted)) wanted = Route::with(wanted, Route::get(configuration_));
  configuration_ = wanted;
  comparator_ &= width_mask();
  period_ &= width_mask();
}

void HpetComparator::set_comparator(u64 value, u64 mask) {
  mask &= width_mask();
  const auto replace = [&](u64& target) { target = (target & ~mask) | (value & mask); };
  // "The value in this register will be increased by the last value written to it": a periodic timer keeps
  // every value as its period; the comparator itself takes it only when Tn_VAL_SET_CNF allows that.
  if (!periodic() || ValueSet::get(configuration_)) replace(comparator_);
  if (periodic()) replace(period_);
  configuration_ = ValueSet::with(configuration_, false);
}

u64 HpetComparator::distance(u64 counter) const {
  const u64 counts = (comparator_ - counter) & width_mask();
  return counts != 0 ? counts : width_mask() + 1;
}

void HpetComparator::matched(u64 counter) {
  if (!periodic() || period_ == 0) return;
  const u64 late = (counter - comparator_) & width_mask();
  comparator_ = (comparator_ + (late / period_ + 1) * period_) & width_mask();
}

void HpetComparator::serialize(Archive& archive) {
  archive(configuration_, comparator_, period_);
  if ((configuration_ & ~kWritable) != 0 || !routable(configuration_) ||
      ((comparator_ | period_) & ~width_mask()) != 0) {
    archive.fail("HPET timer state is impossible");
    *this = HpetComparator();
  }
}

}  // namespace ringdown
