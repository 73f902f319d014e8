// A Debian kernel that sleeps for an hour: its watchdog over the clocks has nothing to say, and all of them
// agree.
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/support/guest_machine.h"

namespace ringdown::test {

namespace {

constexpr Ticks kLimit = 20'000'000'000;

TEST_CASE("After an hour of a Linux guest's time no clock is unstable, and the calendar agrees") {
  // What a guest sees does not depend on the mode; bare is the quickest.
  MachineConfig config;
  config.mode = RunMode::Bare;
  GuestMachine guest(
      with_linux(config, {.command = "cd /sys/devices/system/clocksource/clocksource0\n"
                                     "rtc() { cat /sys/class/rtc/rtc0/since_epoch; }\n"
                                     "echo $(date +%s) $(rtc)\n"
                                     "sleep 3600\n"
                                     "echo $(date +%s) $(rtc)\n"
                                     "cat available_clocksource current_clocksource\n"
                                     "dmesg | grep -i -E 'unstable|skew|clocksource.*watchdog'\n"
                                     "exit 7",
                          .parameters = {}}));
  guest.run_until([] { return false; }, kLimit);
  INFO(guest.console() << guest.output());
  REQUIRE(guest.last_stop().reason == StopReason::Exit);
  REQUIRE(guest.last_stop().exit_code == 7);
  std::istringstream output(guest.output());
  s64 date_before = 0, rtc_before = 0, date_after = 0, rtc_after = 0;
  output >> date_before >> rtc_before >> date_after >> rtc_after;
  // Each reading is a second's floor, and the shell takes its time.
  CHECK(std::abs(date_after - date_before - 3600) <= 1);
  CHECK(std::abs(rtc_after - rtc_before - 3600) <= 1);
  CHECK(std::abs(date_after - rtc_after) <= 1);
  std::string line;
  std::getline(output >> std::ws, line);
  CHECK(line == "tsc hpet acpi_pm ");  // the watchdog had others to compare with
  std::getline(output, line);
  CHECK(line == "tsc");
  while (std::getline(output, line)) FAIL_CHECK(line);
}

}  // namespace
}  // namespace ringdown::test
