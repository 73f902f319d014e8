// How fast the guest's time passes, and where it begins.
#include "frontend/cli/time_options.h"

#include <fmt/core.h>

#include <cstdio>

namespace ringdown {

namespace {

Result<CivilTime> parse_date(const std::string& text) {
  CivilTime t;
  char end = 0;
  const bool complete = std::sscanf(text.c_str(), "%4u-%2u-%2uT%2u:%2u:%2u%c", &t.year, &t.month, &t.day,
                                    &t.hour, &t.minute, &t.second, &end) == 6;
  if (complete && civil_time_of(to_payload(t))) return t;
  return Error{fmt::format("--rtc {}: no date: use utc, local or e.g. 1999-12-31T23:59:00", text)};
}

void read_rtc(OptionReader& reader, Options& options) {
  const auto rtc = reader.text("rtc");
  if (!rtc) return;
  if (*rtc == "utc") {
    options.rtc = RtcStart::Utc;
  } else if (*rtc == "local") {
    options.rtc = RtcStart::Local;
  } else {
    options.rtc = RtcStart::Given;
    reader.take(parse_date(*rtc), options.machine.time);
  }
}

}  // namespace

void read_time(OptionReader& reader, Options& options) {
  reader.choose<ClockMode>(
      "clock", {{"instructions", ClockMode::Instructions}, {"realtime", ClockMode::RealTime}}, options.clock);
  if (const auto text = reader.text("speed")) {
    const Result<Speed> speed = parse_speed(*text);
    if (!speed) {
      reader.fail(Error{"--speed " + speed.error().message});
    } else {
      options.speed = *speed;
    }
  }
  options.turbo = reader.flag("turbo");
  if (options.turbo && !options.speed.instructions_per_second) {
    reader.fail(Error{"--turbo: there is no speed to hold back: add --speed"});
  }
  if (!options.turbo) {
    options.machine.ticks_per_second =
        options.speed.instructions_per_second.value_or(options.machine.ticks_per_second);
  }
  reader.choose<MissedTicks>(
      "missed-ticks",
      {{"slew", MissedTicks::Slew}, {"drop", MissedTicks::Drop}, {"burst", MissedTicks::Burst}},
      options.missed_ticks);
  reader.choose<bool>("hpet", {{"on", true}, {"off", false}}, options.machine.hpet);
  read_rtc(reader, options);
}

}  // namespace ringdown
