// The battery clock continued in nanoseconds.
#include "frontend/network/guest_clock.h"

#include <chrono>
#include <optional>

namespace ringdown {

namespace {

/// What is no date, or one before 1970, counts from 1970 on.
u64 nanoseconds_since_1970(const CivilTime& shown) {
  const CivilTime time = civil_time_of(to_payload(shown)).value_or(CivilTime{1970, 1, 1, 0, 0, 0});
  using namespace std::chrono;
  const sys_days day =
      year(static_cast<int>(time.year)) / static_cast<int>(time.month) / static_cast<int>(time.day);
  const auto moment = day + hours(time.hour) + minutes(time.minute) + seconds(time.second);
  const s64 count = duration_cast<std::chrono::nanoseconds>(moment.time_since_epoch()).count();
  return count < 0 ? 0 : static_cast<u64>(count);
}

}  // namespace

std::function<u64()> guest_clock(Machine& machine) {
  return [&machine, origin = std::optional<u64>()]() mutable {
    const u64 now = machine.scheduler().now() / ringdown::nanoseconds(1);
    if (!origin) origin = nanoseconds_since_1970(machine.board().battery_time()) - now;
    return *origin + now;
  };
}

}  // namespace ringdown
