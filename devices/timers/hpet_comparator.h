// One timer of an HPET: its configuration, comparator and periodic accumulator.
#pragma once

#include "core/archive.h"
#include "core/field.h"
#include "core/types.h"

namespace ringdown {

/// Pure arithmetic on values of the main counter. Source: Intel IA-PC HPET Specification 1.0a, section 2.3.8
/// ("Timer N Configuration and Capabilities Register") and 2.3.9.
class HpetComparator {
 public:
  /// The I/O APIC inputs that a timer can be routed to, as ICH chipsets have it.
  static constexpr u32 kRoutes = 0x00f0'0000;

  u64 configuration() const;
  /// Replaces the bits of `mask`. A route that the timer lacks is not taken.
  void set_configuration(u64 value, u64 mask);
  u64 comparator() const { return comparator_; }
  /// Replaces the bits of `mask` of the comparator, of the period, or of both, as the mode says.
  void set_comparator(u64 value, u64 mask);

  bool level_triggered() const;
  bool interrupt_enabled() const;
  unsigned route() const;

  /// Counts from `counter` to the next match: at least one, a whole turn if they are equal now. 0 stands for
  /// the 2^64 of a whole turn.
  u64 distance(u64 counter) const;
  /// There was a match; the counter now stands at `counter`. A periodic timer gets its next comparator,
  /// beyond it: several periods that passed at once count as one.
  void matched(u64 counter);

  void serialize(Archive& archive);

 private:
  bool periodic() const;
  u64 width_mask() const;

  u64 configuration_ = 0;  // the writable bits
  u64 comparator_ = ~u64{0};
  u64 period_ = 0;
};

}  // namespace ringdown
