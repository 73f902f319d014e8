// Debian's kernels boot to run a command, deprivileged and bare, and both runs are the same run.
#include <catch2/catch.hpp>

#include "tests/support/guest_machine.h"

namespace ringdown::test {

namespace {

constexpr Ticks kBootLimit = 8'000'000'000;

MachineConfig config_of(RunMode mode) {
  MachineConfig config;
  config.mode = mode;
  return config;
}

LinuxBoot command_boot(const std::string& kernel) {
  return {.kernel = kernel, .command = "uname -r; cat /proc/cpuinfo; exit 7", .parameters = {}};
}

void check_finished(GuestMachine& guest) {
  INFO(guest.console());
  CHECK(guest.last_stop().reason == StopReason::Exit);
  CHECK(guest.last_stop().exit_code == 7);
  CHECK(guest.output().find("-686") != std::string::npos);
  CHECK(guest.output().find("model name") != std::string::npos);
}

/// The promises of a deprivileged run that its counters show.
void check_deprivileged(Machine& machine) {
  Monitor& monitor = *machine.monitor();
  const u64 emulated = monitor.statistics().emulated;
  CHECK(machine.processor().counters().retired_at_cpl[0] == 0);
  CHECK(monitor.statistics().virtual_cpl[0] > machine.ticks() / 2);
  CHECK(emulated * 100 <= machine.ticks() * 3);
  CHECK(monitor.paging().counters().write_protect_traps > 0);
  CHECK(monitor.paging().counters().syncs > 0);
}

/// Boots `kernel` in both modes side by side in slices that do not match, and compares what the guests see at
/// the same counts and at the end.
void check_same_in_both_modes(const std::string& kernel) {
  GuestMachine trap(with_linux(config_of(RunMode::Trap), command_boot(kernel)));
  GuestMachine bare(with_linux(config_of(RunMode::Bare), command_boot(kernel)));
  constexpr Ticks kMeeting = 250'000'000;
  constexpr Ticks kOddSlice = 7'654'321;
  Ticks meeting = 0;
  bool running = true;
  while (running && meeting < kBootLimit) {
    meeting += kMeeting;
    while (trap.ticks() < meeting && running) {
      running = trap.run_to(std::min(meeting, trap.ticks() + kOddSlice)).reason == StopReason::Limit;
    }
    bare.run_to(meeting);
    INFO("at " << trap.ticks() << " ticks: " << trap.console());
    REQUIRE(trap.ticks() == bare.ticks());
    REQUIRE(difference(guest_state(trap.machine()), guest_state(bare.machine())) == "");
  }
  CHECK(trap.console() == bare.console());
  CHECK(trap.output() == bare.output());
  check_finished(trap);
  check_finished(bare);
  check_deprivileged(trap.machine());
  const bool pae = (trap.machine().monitor()->virtual_state().cr4 & cr4::kPae) != 0;
  CHECK(pae == (kernel == "linux-686-pae"));
}

}  // namespace

TEST_CASE("Debian's 686 kernel runs a command, the same in trap and bare") {
  check_same_in_both_modes("linux-686");
}

TEST_CASE("Debian's 686-pae kernel runs a command, the same in trap and bare") {
  check_same_in_both_modes("linux-686-pae");
}

TEST_CASE("A reset restarts the machine while Linux runs") {
  GuestMachine guest(with_linux(config_of(RunMode::Trap), {}));
  REQUIRE(guest.wait_for_console("Console: colour VGA+", kBootLimit));
  guest.machine().reset();
  CHECK((guest.machine().processor().guest_view().state.cr0 & cr0::kPg) == 0);
  CHECK(guest.wait_for_console("Linux version", guest.ticks() + kBootLimit));
  CHECK(guest.wait_for_console("Console: colour VGA+", guest.ticks() + kBootLimit));
}

}  // namespace ringdown::test
