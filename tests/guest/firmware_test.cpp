// Guests that need no disk: memtest86+ by kernel and from its CD, and GNU Mach.
#include <catch2/catch.hpp>

#include "tests/support/guest_machine.h"
#include "tests/support/guests.h"

namespace ringdown::test {

namespace {

/// memtest86+ goes through all of 16 MiB once, without an error.
void check_first_test(const MachineConfig& config) {
  GuestMachine guest(config);
  // "Test #N" in the heading names the test under way; the first is number 0.
  const auto second_test = [&] {
    const std::string screen = guest.screen();
    const std::size_t at = screen.find("Test #");
    return at != std::string::npos && screen[at + 6] >= '1' && screen[at + 6] <= '9';
  };
  const bool reached = guest.run_until(second_test, 4'000'000'000);
  INFO(guest.screen());
  CHECK(reached);
  CHECK(guest.screen().find("Errors: 0\n") != std::string::npos);
}

MachineConfig small_machine() {
  MachineConfig config;
  config.memory_bytes = u64{16} << 20;
  return config;
}

}  // namespace

TEST_CASE("memtest86+ finds no errors in its first test") {
  check_first_test(with_kernel(
      small_machine(), {guest_file("memtest86+/memtest86+ia32.bin").string(), "", "console=ttyS0,115200"}));
}

TEST_CASE("memtest86+ from its CD finds no errors in its first test") {
  MachineConfig config = small_machine();
  config.disks.push_back({guest_file("memtest86+/memtest86+ia32.iso").string(), 2, true, true});
  check_first_test(config);
}

TEST_CASE("GNU Mach boots until it misses its bootstrap code") {
  GuestMachine guest(
      with_kernel({}, {guest_file("gnumach/gnumach-1.8-486.gz").string(), "", "console=com0"}));
  const bool found = guest.wait_for_console("No bootstrap code", 8'000'000'000);
  INFO(guest.console());
  CHECK(found);
}

}  // namespace ringdown::test
