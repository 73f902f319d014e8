// The countdown of a local APIC timer as an exact function of the bus clock.
#pragma once

#include <optional>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

/// Counts in bus cycles since the machine began; each call's cycle is at or after the one before. Source:
/// Intel SDM vol. 3, "APIC Timer".
class ApicTimer {
 public:
  /// A write of the initial count; 0 stops the timer.
  void start(u64 cycle, u32 initial);
  /// Bus cycles per count. The count continues from where it is.
  void set_divisor(u64 cycle, u32 divisor);
  u32 initial() const { return initial_; }
  u32 current(u64 cycle) const;
  /// The cycle at which the count reaches zero; nothing while stopped.
  std::optional<u64> next_expiry() const;
  /// Whether the count has reached zero by `cycle`; then it stops, or starts again if `periodic`. Several
  /// periods that passed at once count as one.
  bool expire(u64 cycle, bool periodic);

  void serialize(Archive& archive);

 private:
  u32 initial_ = 0;
  u32 divisor_ = 2;
  u64 origin_ = 0;        // bus cycle at which the count was ...
  u32 origin_count_ = 0;  // ... this; 0 while stopped
};

}  // namespace ringdown
