// The two clocks' arithmetic.
#include "frontend/pacer.h"

#include <algorithm>

#include "core/clock_rate.h"

namespace ringdown {

namespace {

using std::chrono::milliseconds;
using Nanoseconds = Pacer::HostDuration;

constexpr milliseconds kSlice{4};
/// How much running, by either clock, is measured before the rate changes.
constexpr milliseconds kMeasured{8};
/// A difference is made up over about this time.
constexpr milliseconds kCatchUp{200};
/// An ungoverned guest may be so much ahead: its rate evens it out.
constexpr milliseconds kAhead{10};
/// Drop loses what is more than this; below, differences are the jitter of two clocks.
constexpr milliseconds kDropped{20};
/// What is behind so far was no missed tick: the host slept, or the program was stopped.
constexpr std::chrono::seconds kGivenUp{10};
/// How many times faster than the host's time Slew lets the guest's pass.
constexpr int kSlewFactor = 2;
/// The shares of its speed by which an ungoverned guest's rate is lowered and raised.
constexpr double kSlewed = 1.0 - 1.0 / kSlewFactor;
constexpr double kBurst = 0.98;
constexpr u64 kSlowest = 1'000'000;
constexpr u64 kPicosecondsPerNanosecond = 1000;
/// Nobody waits longer than this at a time.
constexpr Picoseconds kFarthest = kPicosecondsPerSecond * 3600;

Nanoseconds nanoseconds_between(Picoseconds from, Picoseconds to) {
  return Nanoseconds(static_cast<s64>(to - from) / static_cast<s64>(kPicosecondsPerNanosecond));
}

/// Zero if `to` comes first.
Nanoseconds host_duration(Picoseconds from, Picoseconds to) {
  return Nanoseconds(std::min(to - std::min(to, from), kFarthest) / kPicosecondsPerNanosecond);
}

Picoseconds later_by(Picoseconds time, Nanoseconds duration) {
  return time + static_cast<u64>(std::max(duration, Nanoseconds(0)).count()) * kPicosecondsPerNanosecond;
}

}  // namespace

void Pacer::restart(HostTime host, Picoseconds guest) {
  host_base_ = host_seen_ = host;
  guest_base_ = guest_seen_ = guest;
  measured_ticks_ = 0;
  measured_busy_ = Nanoseconds(0);
}

Picoseconds Pacer::guest_time(HostTime host) const {
  const Picoseconds even = later_by(guest_base_, host - host_base_);
  if (missed_ != MissedTicks::Slew) return even;
  return std::min(even, later_by(guest_seen_, kSlewFactor * (host - host_seen_)));
}

Pacer::HostTime Pacer::host_time(Picoseconds guest) const {
  const HostTime even = host_base_ + host_duration(guest_base_, guest);
  if (missed_ != MissedTicks::Slew) return even;
  return std::max(even, host_seen_ + host_duration(guest_seen_, guest) / kSlewFactor);
}

Pacer::HostDuration Pacer::lag(HostTime host, Picoseconds guest) const {
  return nanoseconds_between(guest, later_by(guest_base_, host - host_base_));
}

Ticks Pacer::slice_at(u64 rate) {
  return std::max<Ticks>(rate / 1000 * static_cast<u64>(kSlice.count()), 1000);
}

void Pacer::see(HostTime host, Picoseconds guest) {
  // A guest that came here sooner than Slew lets it waits for that time before it goes on.
  host_seen_ = std::max(host, host_seen_ + host_duration(guest_seen_, guest) / kSlewFactor);
  guest_seen_ = guest;
  const Nanoseconds behind = lag(host, guest);
  const bool dropped = missed_ == MissedTicks::Drop && behind > kDropped;
  if (dropped || behind > kGivenUp || behind < -kGivenUp) restart(host, guest);
}

void Pacer::idled(HostTime host, Picoseconds guest) { see(host, guest); }

Pacer::HostDuration Pacer::wait(HostTime host, Picoseconds guest) const {
  const Nanoseconds ahead = host_time(guest) - host;
  const Nanoseconds allowed = governed_ ? Nanoseconds(0) : Nanoseconds(kAhead);
  return std::max(ahead - allowed, Nanoseconds(0));
}

u64 Pacer::wanted_rate(double speed, Nanoseconds behind) const {
  // Fewer ticks to the second make the guest's time pass faster.
  const bool burst = missed_ == MissedTicks::Burst && behind > kDropped;
  const double share =
      static_cast<double>(behind.count()) / static_cast<double>(Nanoseconds(kCatchUp).count());
  const double correction = burst ? kBurst : std::clamp(share, -kSlewed, kSlewed);
  const u64 wanted = std::clamp(static_cast<u64>(speed * (1.0 - correction)), kSlowest, kFastestClock);
  return governed_ ? std::min(wanted, *governed_) : wanted;
}

u64 Pacer::ran(Ticks ticks, Nanoseconds busy, HostTime host, Picoseconds guest, u64 rate) {
  see(host, guest);
  // Only Slew gives up a governed rate, where the host is slower than that.
  if (governed_ && missed_ != MissedTicks::Slew) return *governed_;
  measured_ticks_ += ticks;
  measured_busy_ += busy;
  const bool measured = measured_busy_ >= kMeasured ||
                        nanoseconds_between(0, time_of_cycle(measured_ticks_, rate)) >= kMeasured;
  if (!measured || measured_busy_.count() <= 0) return rate;
  const double speed =
      static_cast<double>(measured_ticks_) * 1e9 / static_cast<double>(measured_busy_.count());
  measured_ticks_ = 0;
  measured_busy_ = Nanoseconds(0);
  const u64 wanted = wanted_rate(speed, lag(host, guest));
  if (wanted == governed_) return wanted;
  // Every change is a recorded input: small ones are not worth one.
  const u64 difference = wanted > rate ? wanted - rate : rate - wanted;
  return difference < rate / 32 ? rate : wanted;
}

}  // namespace ringdown
