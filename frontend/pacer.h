// Keeps the guest's time beside the host's clock in real-time mode.
#pragma once

#include <chrono>
#include <optional>

#include "core/scheduler.h"
#include "core/types.h"

namespace ringdown {

/// What becomes of time that the host could not give the guest when it was due (docs/time.md).
enum class MissedTicks : u8 {
  Slew,   // the guest's time passes up to twice as fast until it is even again
  Drop,   // it is lost: the guest's clocks stay behind
  Burst,  // made up at once, as fast as the host can
};

/// Pure arithmetic on two clocks; the owner reads the host's. The guest's time is governed by a fixed rate of
/// instructions, or its declared rate follows what the host achieves, so that a second of the guest takes a
/// second. Every change of the rate is the owner's to post as an input.
class Pacer {
 public:
  using HostTime = std::chrono::steady_clock::time_point;
  using HostDuration = std::chrono::nanoseconds;

  explicit Pacer(MissedTicks missed) : missed_(missed) {}

  /// The rate in instructions per second that is kept from now on; nothing: as fast as the host can.
  void govern(std::optional<u64> rate) { governed_ = rate; }

  /// From here on both clocks go together: at the start, after a pause, and where they are too far apart.
  void restart(HostTime host, Picoseconds guest);

  /// The guest's time has stood still for this long, which is not made up for.
  void waited(HostDuration duration) {
    host_base_ += duration;
    host_seen_ += duration;
  }

  /// The latest time that the guest's clock may show at a host time, and the earliest host time at which it
  /// may show a time.
  Picoseconds guest_time(HostTime host) const;
  HostTime host_time(Picoseconds guest) const;

  /// A slice of `ticks` instructions took the host `busy`; the clocks now stand at `host` and `guest`, the
  /// rate is `rate`. Returns the rate to declare from now on.
  u64 ran(Ticks ticks, HostDuration busy, HostTime host, Picoseconds guest, u64 rate);
  /// The guest was halted; the clocks now stand at `host` and `guest`.
  void idled(HostTime host, Picoseconds guest);
  /// How long the host should wait before the next slice, for a guest that is ahead of it.
  HostDuration wait(HostTime host, Picoseconds guest) const;

  /// Instructions that about `kSlice` of the guest's time hold.
  static Ticks slice_at(u64 rate);

 private:
  HostDuration lag(HostTime host, Picoseconds guest) const;
  /// Notes where the clocks are, and gives up what is not to be made up.
  void see(HostTime host, Picoseconds guest);
  u64 wanted_rate(double speed, HostDuration behind) const;

  MissedTicks missed_;
  std::optional<u64> governed_;
  HostTime host_base_{};
  Picoseconds guest_base_ = 0;
  // Where the clocks were last seen: Slew limits how fast the guest's goes from there.
  HostTime host_seen_{};
  Picoseconds guest_seen_ = 0;
  // Since the rate was last decided.
  Ticks measured_ticks_ = 0;
  HostDuration measured_busy_{0};
};

}  // namespace ringdown
