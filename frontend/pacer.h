// Keeps the guest's time beside the host's clock in real-time mode.
#pragma once

#include <chrono>
#include <optional>

#include "core/scheduler.h"
#include "core/types.h"

namespace ringdown {

/// Pure arithmetic on two clocks; the owner reads the host's. Without a fixed rate, the declared speed
/// follows what the host achieves, so that a second of the guest takes a second.
class Pacer {
 public:
  using HostTime = std::chrono::steady_clock::time_point;
  using HostDuration = std::chrono::nanoseconds;

  /// `fixed_rate`: the declared speed in ticks per second stays; a slow host then makes the guest's time lag.
  explicit Pacer(std::optional<u64> fixed_rate) : fixed_rate_(fixed_rate) {}

  /// From here on both clocks go together: at the start, after a pause, and where they are too far apart.
  void restart(HostTime host, Picoseconds guest);

  /// The guest's time at a host time, and back.
  Picoseconds guest_time(HostTime host) const;
  HostTime host_time(Picoseconds guest) const;

  /// A slice of `ticks` instructions took the host `busy`; the clocks now stand at `host` and `guest`, the
  /// rate is `rate`. Returns the rate to declare from now on.
  u64 ran(Ticks ticks, HostDuration busy, HostTime host, Picoseconds guest, u64 rate);

  /// Instructions that about `kSlice` of the guest's time hold.
  static Ticks slice_at(u64 rate);

 private:
  std::optional<u64> fixed_rate_;
  HostTime host_base_{};
  Picoseconds guest_base_ = 0;
  // Since the rate was last decided.
  Ticks measured_ticks_ = 0;
  HostDuration measured_busy_{0};
};

}  // namespace ringdown
