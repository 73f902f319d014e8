// Debian's kernels boot to run a command, deprivileged (on shadow paging, however it is synchronised, and on
// nested paging) and bare, and all runs are the same run.
#include <array>
#include <catch2/catch.hpp>

#include "tests/support/guest_machine.h"

namespace ringdown::test {

namespace {

constexpr Ticks kBootLimit = 8'000'000'000;

MachineConfig config_of(RunMode mode, const PagingOptions& paging = {}) {
  MachineConfig config;
  config.mode = mode;
  config.paging = paging;
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
  const bool derived = monitor.paging().technique() == Technique::Shadow;
  CHECK((monitor.paging().counters().syncs > 0) == derived);
  CHECK(monitor.paging().audit().empty());
}

/// Boots `kernel` in all modes side by side in slices that do not match, and compares what the guests see at
/// the same counts and at the end.
void check_same_in_all_modes(const std::string& kernel) {
  const auto boot = [&](const MachineConfig& config) { return with_linux(config, command_boot(kernel)); };
  GuestMachine strict(boot(config_of(RunMode::Trap, {.sync = ShadowSync::Strict})));
  GuestMachine lazy(boot(config_of(RunMode::Trap, {.sync = ShadowSync::Lazy})));
  GuestMachine automatic(boot(config_of(RunMode::Trap)));
  GuestMachine nested(boot(config_of(RunMode::Trap, {.technique = Technique::Nested})));
  GuestMachine bare(boot(config_of(RunMode::Bare)));
  const std::array monitored_guests{&strict, &lazy, &automatic, &nested};
  constexpr Ticks kMeeting = 250'000'000;
  constexpr Ticks kOddSlice = 7'654'321;
  Ticks meeting = 0;
  bool running = true;
  while (running && meeting < kBootLimit) {
    meeting += kMeeting;
    while (automatic.ticks() < meeting && running) {
      running =
          automatic.run_to(std::min(meeting, automatic.ticks() + kOddSlice)).reason == StopReason::Limit;
    }
    for (GuestMachine* const other : {&strict, &lazy, &nested, &bare}) other->run_to(meeting);
    for (GuestMachine* const monitored : monitored_guests) {
      INFO("at " << monitored->ticks() << " ticks: " << monitored->console());
      REQUIRE(monitored->ticks() == bare.ticks());
      REQUIRE(difference(guest_state(monitored->machine()), guest_state(bare.machine())) == "");
    }
  }
  for (GuestMachine* const monitored : monitored_guests) {
    CHECK(monitored->console() == bare.console());
    CHECK(monitored->output() == bare.output());
    check_finished(*monitored);
    check_deprivileged(monitored->machine());
  }
  check_finished(bare);
  const bool pae = (strict.machine().monitor()->virtual_state().cr4 & cr4::kPae) != 0;
  CHECK(pae == (kernel == "linux-686-pae"));
}

}  // namespace

TEST_CASE("Debian's 686 kernel runs a command, the same on every paging technique and bare") {
  check_same_in_all_modes("linux-686");
}

TEST_CASE("Debian's 686-pae kernel runs a command, the same on every paging technique and bare") {
  check_same_in_all_modes("linux-686-pae");
}

TEST_CASE("A kernel that registers no page tables ends where it turns paging on") {
  const std::string kernel = GENERATE("linux-686", "linux-686-pae");
  GuestMachine guest(
      with_linux(config_of(RunMode::Trap, {.technique = Technique::Direct}), command_boot(kernel)));
  CHECK(guest.run_to(kBootLimit).reason == StopReason::Refused);
  CHECK(guest.machine().refusal().find("docs/paravirtual.md") != std::string::npos);
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
