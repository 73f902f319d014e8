// Guests that look at clocks: the calibration loops of old software at the speeds of their time and beyond,
// and all clocks of the PC read an hour apart.
#include <fmt/core.h>

#include <catch2/catch.hpp>
#include <map>
#include <sstream>

#include "devices/power/piix4_pm.h"
#include "devices/timers/hpet.h"
#include "devices/timers/pit.h"
#include "frontend/machine/machine.h"
#include "frontend/speed.h"

extern const unsigned char ringdown_rom_calibration_loops[];
extern const unsigned ringdown_rom_calibration_loops_size;
extern const unsigned char ringdown_rom_clock_readings[];
extern const unsigned ringdown_rom_clock_readings_size;

namespace ringdown::test {

namespace {

constexpr Ticks kLimit = 1'000'000'000;

/// What the guest logs, run in the instruction clock to its end.
std::string log_of(const unsigned char* rom, unsigned size, u64 instructions_per_second, RunMode mode) {
  std::string text;
  MachineConfig config;
  config.firmware.assign(rom, rom + size);
  config.mode = mode;
  config.ticks_per_second = instructions_per_second;
  config.debug_console = [&text](u8 character) { text += static_cast<char>(character); };
  Log log;
  auto machine = Machine::create(config, log);
  REQUIRE(machine);
  Stop stop;
  do {
    stop = (*machine)->run(kLimit);
    if (stop.reason == StopReason::Idle) (*machine)->skip_to(stop.wake_time);
  } while (stop.reason == StopReason::Idle && stop.wake_time != kNeverTime);
  CHECK(stop.reason == StopReason::Exit);
  return text;
}

struct Outcome {
  const char* speed;
  bool ndis;
  bool crt;
  bool short_loop;
};

/// As real machines did: the CRT unit failed from a Pentium II of 266 MHz on, NDIS beyond 2.1 GHz.
constexpr Outcome kOutcomes[] = {
    {"386-33", true, true, true},       {"486-66", true, true, true},   {"pentium-60", true, true, false},
    {"pentium-133", true, true, false}, {"p2-300", true, false, false}, {"unlimited", true, false, false},
    {"2200", false, false, false},
};

TEST_CASE(
    "Calibration loops of old software hold at the speeds of their time, and break on too fast machines") {
  for (const Outcome& outcome : kOutcomes) {
    const Result<Speed> speed = parse_speed(outcome.speed);
    REQUIRE(speed);
    const u64 rate = speed->instructions_per_second.value_or(kUngovernedTicksPerSecond);
    CAPTURE(outcome.speed);
    const auto has = [](const std::string& log, const char* loop, bool holds) {
      CAPTURE(log, loop);
      CHECK((log.find(fmt::format("{}: {}", loop, holds ? "ok" : "#DE")) != std::string::npos));
    };
    const std::string log =
        log_of(ringdown_rom_calibration_loops, ringdown_rom_calibration_loops_size, rate, RunMode::Trap);
    has(log, "NDIS", outcome.ndis);
    has(log, "CRT", outcome.crt);
    has(log, "short LOOP", outcome.short_loop);
  }
}

using Readings = std::map<std::string, u64>;

/// Nanoseconds from the first to the last reading, by each clock.
std::map<std::string, double> hour_by_each_clock(Readings first, Readings last) {
  const auto wide = [](Readings& r, const char* low, const char* high) { return r[high] << 32 | r[low]; };
  const auto pit = [](Readings& r) {
    return (r["8254 ticks"] << 16) + (0x1'0000 - r["8254 count"]) % 0x1'0000;
  };
  const auto pm = [](Readings& r) { return (r["PM turns"] << 24) + r["PM timer"]; };
  const auto nanoseconds = [](u64 ticks, double hertz) { return static_cast<double>(ticks) * 1e9 / hertz; };
  constexpr double kApicHertz = 100e6 / 128;
  return {
      {"TSC", nanoseconds(wide(last, "TSC low", "TSC high") - wide(first, "TSC low", "TSC high"), 2e9)},
      {"8254", nanoseconds(pit(last) - pit(first), static_cast<double>(Pit::kHertz))},
      {"PM timer", nanoseconds(pm(last) - pm(first), 3'579'545)},
      {"HPET", nanoseconds(wide(last, "HPET low", "HPET high") - wide(first, "HPET low", "HPET high"),
                           1e15 / Hpet::kPeriodFemtoseconds)},
      {"APIC", nanoseconds(first["APIC count"] - last["APIC count"], kApicHertz)},
      {"RTC", nanoseconds(last["RTC halves"], 2)},
  };
}

TEST_CASE("A guest that halts for an hour finds all its clocks in agreement") {
  const RunMode mode = GENERATE(RunMode::Trap, RunMode::Bare);
  std::istringstream log(
      log_of(ringdown_rom_clock_readings, ringdown_rom_clock_readings_size, kUngovernedTicksPerSecond, mode));
  Readings readings[2];
  int which = -1;
  for (std::string line; std::getline(log, line);) {
    if (line == "first" || line == "last") ++which;
    const std::size_t blank = line.rfind(' ');
    if (blank == std::string::npos || which < 0) continue;
    readings[which][line.substr(0, blank)] = std::stoull(line.substr(blank + 1), nullptr, 16);
  }
  REQUIRE(which == 1);
  // The longest tick of those that can be read at any time, that of the APIC's timer, and what passes between
  // the first and the last of the guest's reads.
  constexpr double kTick = 1280;
  constexpr double kReading = 500;
  const std::map<std::string, double> hour = hour_by_each_clock(readings[0], readings[1]);
  for (const auto& [name, nanoseconds] : hour) {
    CAPTURE(mode, name);
    CHECK(nanoseconds == Approx(hour.at("RTC")).epsilon(0).margin(kTick + kReading));
  }
  CHECK(hour.at("RTC") == 3600e9);
}

}  // namespace
}  // namespace ringdown::test
