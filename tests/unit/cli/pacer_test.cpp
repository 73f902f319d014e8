// Real-time pacing: the declared rate follows the host's speed and makes differences up.
#include "frontend/pacer.h"

#include <catch2/catch.hpp>

namespace ringdown {
namespace {

/// A host that runs `speed` instructions per second, paced for `slices` slices.
struct Simulation {
  Pacer pacer;
  Pacer::HostTime host{};
  Picoseconds guest = 0;
  u64 rate;

  Simulation(std::optional<u64> fixed, u64 first_rate) : pacer(fixed), rate(first_rate) {
    pacer.restart(host, guest);
  }

  void run(u64 speed, int slices) {
    for (int i = 0; i < slices; ++i) {
      const Ticks ticks = Pacer::slice_at(rate);
      const Pacer::HostDuration busy(ticks * 1'000'000'000 / speed);
      host += busy;
      guest += time_of_cycle(ticks, rate);
      rate = pacer.ran(ticks, busy, host, guest, rate);
    }
  }
  double difference_ms() const {
    return (static_cast<double>(guest) - static_cast<double>(pacer.guest_time(host))) / 1e9;
  }
};

}  // namespace

TEST_CASE("without a fixed rate the guest's clock goes with the host's") {
  Simulation simulation({}, 400'000'000);
  simulation.run(100'000'000, 500);
  CHECK(simulation.difference_ms() == Approx(0).margin(10));
  CHECK(static_cast<double>(simulation.rate) == Approx(1e8).epsilon(0.1));
  simulation.run(300'000'000, 500);
  CHECK(simulation.difference_ms() == Approx(0).margin(10));
  CHECK(static_cast<double>(simulation.rate) == Approx(3e8).epsilon(0.1));
}

TEST_CASE("a fixed rate stays, and a host that is too slow is not caught up with") {
  Simulation simulation(u64{400'000'000}, 400'000'000);
  simulation.run(100'000'000, 500);
  CHECK(simulation.rate == 400'000'000);
  CHECK(simulation.difference_ms() > -520);
}

TEST_CASE("host and guest times convert into each other from the common start") {
  using HostMilliseconds = std::chrono::milliseconds;
  Pacer pacer({});
  const Pacer::HostTime start{std::chrono::seconds(1000)};
  pacer.restart(start, milliseconds(7));
  CHECK(pacer.guest_time(start + HostMilliseconds(3)) == milliseconds(10));
  CHECK((pacer.host_time(milliseconds(10)) == start + HostMilliseconds(3)));
  CHECK((pacer.host_time(0) == start));
  CHECK((pacer.host_time(kNeverTime) <= start + std::chrono::hours(1)));
}

}  // namespace ringdown
