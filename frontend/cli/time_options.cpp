// How fast the guest's time passes, and where it begins.
#include "frontend/cli/time_options.h"

#include <fmt/core.h>

#include <chrono>
#include <cstdio>

#include "frontend/cli/option_values.h"

namespace ringdown {

void read_time(OptionReader& reader, Options& options) {
  reader.choose<ClockMode>(
      "clock", {{"instructions", ClockMode::Instructions}, {"realtime", ClockMode::RealTime}}, options.clock);
  if (const auto speed = reader.text("speed"); speed && *speed != "unlimited") {
    u64 thousands = 0;
    const Result<u64> count = parse_count(*speed + "M", "--speed");
    thousands = count ? *count : 0;
    constexpr u64 kSlowest = 100'000;
    constexpr u64 kFastest = 100'000'000'000;
    if (thousands < kSlowest || thousands > kFastest) {
      reader.fail(Error{fmt::format(
          "--speed {}: use 0.1 to 100000 (million instructions per second) or unlimited", *speed)});
    }
    options.instructions_per_second = thousands;
    options.machine.ticks_per_second = thousands;
  }
  if (const auto rtc = reader.text("rtc")) {
    CivilTime& t = options.machine.time;
    char end = 0;
    const bool complete = std::sscanf(rtc->c_str(), "%4u-%2u-%2uT%2u:%2u:%2u%c", &t.year, &t.month, &t.day,
                                      &t.hour, &t.minute, &t.second, &end) == 6;
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(t.year)),
                                           std::chrono::month(t.month), std::chrono::day(t.day));
    if (!complete || t.year < 1 || !date.ok() || t.hour > 23 || t.minute > 59 || t.second > 59) {
      reader.fail(Error{fmt::format("--rtc {}: no date: use e.g. 1999-12-31T23:59:00", *rtc)});
    }
    options.rtc_given = true;
  }
}

}  // namespace ringdown
