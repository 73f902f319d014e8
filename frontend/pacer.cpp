// The two clocks' arithmetic.
#include "frontend/pacer.h"

#include <algorithm>

namespace ringdown {

namespace {

using std::chrono::milliseconds;
using Nanoseconds = Pacer::HostDuration;

constexpr milliseconds kSlice{4};
/// How much running is measured before the rate changes.
constexpr milliseconds kMeasured{20};
/// A difference is made up over about this time.
constexpr milliseconds kCatchUp{200};
/// Beyond this nothing is made up: the host slept or is overloaded.
constexpr milliseconds kTooFar{500};
constexpr u64 kSlowest = 1'000'000;
constexpr u64 kFastest = 100'000'000'000;
constexpr u64 kPicosecondsPerNanosecond = 1000;

Nanoseconds nanoseconds_between(Picoseconds from, Picoseconds to) {
  return Nanoseconds(static_cast<s64>(to - from) / static_cast<s64>(kPicosecondsPerNanosecond));
}

}  // namespace

void Pacer::restart(HostTime host, Picoseconds guest) {
  host_base_ = host;
  guest_base_ = guest;
  measured_ticks_ = 0;
  measured_busy_ = Nanoseconds(0);
}

Picoseconds Pacer::guest_time(HostTime host) const {
  const Nanoseconds elapsed = host - host_base_;
  return guest_base_ + static_cast<u64>(elapsed.count()) * kPicosecondsPerNanosecond;
}

Pacer::HostTime Pacer::host_time(Picoseconds guest) const {
  constexpr Picoseconds kFarthest = kPicosecondsPerSecond * 3600;
  const Picoseconds distance = std::min(guest - std::min(guest, guest_base_), kFarthest);
  return host_base_ + Nanoseconds(distance / kPicosecondsPerNanosecond);
}

Ticks Pacer::slice_at(u64 rate) {
  return std::max<Ticks>(rate / 1000 * static_cast<u64>(kSlice.count()), 1000);
}

u64 Pacer::ran(Ticks ticks, Nanoseconds busy, HostTime host, Picoseconds guest, u64 rate) {
  const Nanoseconds behind = nanoseconds_between(guest, guest_time(host));
  if (behind > kTooFar || behind < -kTooFar) {
    restart(host, guest);
    return rate;
  }
  if (fixed_rate_) return rate;
  measured_ticks_ += ticks;
  measured_busy_ += busy;
  if (measured_busy_ < kMeasured) return rate;
  const double speed =
      static_cast<double>(measured_ticks_) * 1e9 / static_cast<double>(measured_busy_.count());
  measured_ticks_ = 0;
  measured_busy_ = Nanoseconds(0);
  // Fewer ticks to the second make the guest's time pass faster.
  const double correction = std::clamp(
      static_cast<double>(behind.count()) / static_cast<double>(Nanoseconds(kCatchUp).count()), -0.5, 0.5);
  const u64 wanted = std::clamp(static_cast<u64>(speed * (1.0 - correction)), kSlowest, kFastest);
  // Every change is a recorded input: small ones are not worth one.
  const u64 difference = wanted > rate ? wanted - rate : rate - wanted;
  return difference < rate / 32 ? rate : wanted;
}

}  // namespace ringdown
