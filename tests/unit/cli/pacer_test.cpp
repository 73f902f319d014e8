// Real-time pacing on a simulated host: the guest's clock beside the host's under loads, stalls and jitter.
#include "frontend/pacer.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

namespace ringdown {
namespace {

using namespace std::chrono_literals;
using Duration = Pacer::HostDuration;

/// A host with a clock of its own that runs a guest as Runner does: slices, waits and halts.
class Host {
 public:
  Host(MissedTicks missed, std::optional<u64> governed, u64 first_rate) : pacer(missed), rate(first_rate) {
    pacer.govern(governed);
    pacer.restart(now, guest);
  }

  /// A slice at `speed` instructions per second, `stall` of it the host's own.
  void run_slice(u64 speed, Duration stall = 0ns) {
    const Ticks ticks = Pacer::slice_at(rate);
    const Duration busy = Duration(ticks * 1'000'000'000 / speed) + stall;
    now += busy;
    guest += time_of_cycle(ticks, rate);
    const u64 wanted = pacer.ran(ticks, busy, now, guest, rate);
    changes += wanted != rate ? 1 : 0;
    rate = wanted;
    now += pacer.wait(now, guest);
    note();
  }
  void run(u64 speed, Duration duration) {
    for (const Pacer::HostTime end = now + duration; now < end;) run_slice(speed);
  }
  /// Halted until a timer's interrupt `duration` later; the host's sleep is `late`.
  void idle(Picoseconds duration, Duration late = 0ns) {
    const Picoseconds wake = guest + duration;
    while (guest < wake) {
      if (pacer.guest_time(now) < wake) now = std::max(now, pacer.host_time(wake)) + late;
      guest = std::max(guest, std::min(pacer.guest_time(now), wake));
      pacer.idled(now, guest);
    }
    note();
  }
  void stall(Duration duration) { now += duration; }

  /// The guest's clock minus the host's, since the start.
  double difference_ms() const {
    return (static_cast<double>(guest) / 1e3 -
            static_cast<double>(Duration(now.time_since_epoch()).count())) /
           1e6;
  }
  void forget_extremes() { worst_ms = 0; }

  Pacer pacer;
  Pacer::HostTime now{};
  Picoseconds guest = 0;
  u64 rate;
  unsigned changes = 0;
  double worst_ms = 0;

 private:
  void note() { worst_ms = std::max(worst_ms, std::abs(difference_ms())); }
};

constexpr u64 kMillion = 1'000'000;
constexpr double kPromised_ms = 20;

TEST_CASE("An ungoverned guest's clock stays within 20 ms of the host's while the host's speed changes") {
  const MissedTicks missed = GENERATE(MissedTicks::Slew, MissedTicks::Drop, MissedTicks::Burst);
  Host host(missed, {}, 400 * kMillion);
  std::minstd_rand random(1);
  for (int i = 0; i < 100; ++i) {
    // Between a quarter and four times the speed that it was thought to have.
    host.run((100 + random() % 300) * kMillion, 300ms);
    CHECK(static_cast<double>(host.rate) == Approx(250e6).margin(200e6));
  }
  CHECK(host.worst_ms < kPromised_ms);
}

TEST_CASE("Guests that halt and run by turns stay within 20 ms, with a host that wakes up late") {
  const MissedTicks missed = GENERATE(MissedTicks::Slew, MissedTicks::Drop, MissedTicks::Burst);
  const std::optional<u64> governed = GENERATE(std::optional<u64>(), std::optional<u64>(10'000'000));
  Host host(missed, governed, governed.value_or(400 * kMillion));
  std::minstd_rand random(2);
  for (int i = 0; i < 3000; ++i) {
    if (random() % 2 == 0) {
      host.run_slice((150 + random() % 100) * kMillion, std::chrono::microseconds(random() % 2000));
    } else {
      host.idle(microseconds(random() % 12'000), std::chrono::microseconds(random() % 3000));
    }
  }
  CHECK(host.worst_ms < kPromised_ms);
  if (governed) CHECK(host.rate == *governed);
}

TEST_CASE("A governed guest on a fast host is held to its rate") {
  const MissedTicks missed = GENERATE(MissedTicks::Slew, MissedTicks::Drop, MissedTicks::Burst);
  Host host(missed, 9'900'000, 9'900'000);
  host.run(300 * kMillion, 5s);
  CHECK(host.changes == 0);
  CHECK(host.worst_ms < 1);
}

TEST_CASE("On a host that is too slow only Slew lowers the rate, and gives it back") {
  Host slewed(MissedTicks::Slew, 200 * kMillion, 200 * kMillion);
  slewed.run(100 * kMillion, 5s);
  CHECK(slewed.worst_ms < kPromised_ms);
  CHECK(static_cast<double>(slewed.rate) == Approx(1e8).epsilon(0.1));
  slewed.run(400 * kMillion, 5s);
  CHECK(slewed.rate == 200 * kMillion);
  CHECK(slewed.difference_ms() == Approx(0).margin(1));

  Host dropped(MissedTicks::Drop, 200 * kMillion, 200 * kMillion);
  dropped.run(100 * kMillion, 5s);
  CHECK(dropped.changes == 0);
  CHECK(dropped.difference_ms() == Approx(-2500).margin(50));
  dropped.run(400 * kMillion, 5s);
  CHECK(dropped.difference_ms() == Approx(-2500).margin(50));  // what is lost is lost

  Host burst(MissedTicks::Burst, 200 * kMillion, 200 * kMillion);
  burst.run(100 * kMillion, 5s);
  CHECK(burst.changes == 0);
  CHECK(burst.difference_ms() == Approx(-2500).margin(50));
  burst.run(400 * kMillion, 3s);
  CHECK(burst.difference_ms() == Approx(0).margin(1));  // as fast as the host can
}

struct Stalled {
  double behind_at_once;  // right after the stall, in ms
  double behind_after;    // half its length of host time later
  double behind_at_last;
};

/// What a stall of 400 ms does to a guest that runs on.
Stalled stall_running(MissedTicks missed, std::optional<u64> governed) {
  Host host(missed, governed, governed.value_or(200 * kMillion));
  host.run(200 * kMillion, 1s);
  host.run_slice(200 * kMillion, 400ms);
  Stalled result{host.difference_ms(), 0, 0};
  host.run(200 * kMillion, 200ms);
  result.behind_after = host.difference_ms();
  host.run(200 * kMillion, 3s);
  result.behind_at_last = host.difference_ms();
  return result;
}

TEST_CASE("After a stall time is slewed, dropped or made up in a burst") {
  const std::optional<u64> governed = GENERATE(std::optional<u64>(), std::optional<u64>(10'000'000));
  const Stalled slewed = stall_running(MissedTicks::Slew, governed);
  CHECK(slewed.behind_at_once == Approx(-400).margin(15));
  CHECK(slewed.behind_after == Approx(-200).margin(50));  // twice as fast, no more
  CHECK(slewed.behind_at_last == Approx(0).margin(kPromised_ms));

  const Stalled dropped = stall_running(MissedTicks::Drop, governed);
  CHECK(dropped.behind_after == Approx(-400).margin(30));
  CHECK(dropped.behind_at_last == Approx(-400).margin(30));

  const Stalled burst = stall_running(MissedTicks::Burst, governed);
  CHECK(burst.behind_after == Approx(0).margin(kPromised_ms));
  CHECK(burst.behind_at_last == Approx(0).margin(kPromised_ms));
}

TEST_CASE("A halted guest's ticks after a stall come twice as fast, not at all, or at once") {
  const auto ticks_during = [](MissedTicks missed) {
    Host host(missed, {}, 200 * kMillion);
    for (int i = 0; i < 20; ++i) host.idle(milliseconds(10));
    host.stall(500ms);
    int ticks = 0;
    for (const Pacer::HostTime end = host.now + 200ms; host.now < end; ++ticks) host.idle(milliseconds(10));
    return ticks;
  };
  CHECK(ticks_during(MissedTicks::Slew) == Approx(40).margin(2));
  CHECK(ticks_during(MissedTicks::Drop) == Approx(21).margin(2));
  CHECK(ticks_during(MissedTicks::Burst) == Approx(70).margin(2));
}

TEST_CASE("What is ten seconds behind was no missed tick") {
  const MissedTicks missed = GENERATE(MissedTicks::Slew, MissedTicks::Drop, MissedTicks::Burst);
  Host host(missed, {}, 200 * kMillion);
  host.run(200 * kMillion, 1s);
  host.run_slice(200 * kMillion, 3600s);
  host.run(200 * kMillion, 1s);
  CHECK(host.difference_ms() == Approx(-3'600'000).margin(30));
}

TEST_CASE("Host and guest times convert into each other from the common start") {
  Pacer pacer(MissedTicks::Drop);
  const Pacer::HostTime start{1000s};
  pacer.restart(start, milliseconds(7));
  CHECK(pacer.guest_time(start + 3ms) == milliseconds(10));
  CHECK((pacer.host_time(milliseconds(10)) == start + 3ms));
  CHECK((pacer.host_time(0) == start));
  CHECK((pacer.host_time(kNeverTime) <= start + 1h));
}

}  // namespace
}  // namespace ringdown
