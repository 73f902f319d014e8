// Saved states: a Linux boot stopped anywhere, restored in a fresh machine, runs on as if never stopped.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "tests/guest/restored_guest.h"
#include "tests/support/statistics.h"

namespace ringdown::test {

namespace {

constexpr Ticks kBootLimit = 8'000'000'000;
constexpr unsigned kStates = 50;
/// Of these, in the whole boot; the others after the kernel's decompression.
constexpr unsigned kStatesAnywhere = 15;
/// How many of the restored machines run to the end of the boot.
constexpr unsigned kRunsToTheEnd = 3;

MachineConfig linux_config(RunMode mode) {
  MachineConfig config;
  config.mode = mode;
  config.memory_bytes = u64{128} << 20;
  // Processes, the disk cache, and a halted processor between the timer's interrupts.
  return with_linux(config, {.command = "uname -r; for i in 1 2 3 4; do ls -lR /etc /proc/self | wc; "
                                        "sleep 0.05; done; cat /proc/cpuinfo; exit 7",
                             .parameters = {}});
}

/// A boot that nobody disturbed.
struct Boot {
  Ticks kernel_speaks = 0;
  Ticks end = 0;
  std::string console;
  std::string output;
  nlohmann::json statistics;
  GuestState state;
};

Boot uninterrupted(const MachineConfig& config) {
  GuestMachine guest(config);
  Boot boot;
  REQUIRE(guest.wait_for_console("Linux version", kBootLimit));
  boot.kernel_speaks = guest.ticks();
  guest.run_to(kBootLimit);
  INFO(guest.console());
  REQUIRE(guest.last_stop().reason == StopReason::Exit);
  REQUIRE(guest.last_stop().exit_code == 7);
  boot.end = guest.ticks();
  boot.console = guest.console();
  boot.output = guest.output();
  boot.statistics = statistics_of(guest.machine());
  boot.state = guest_state(guest.machine());
  return boot;
}

std::vector<Ticks> random_moments(const Boot& boot, std::mt19937_64& random) {
  std::uniform_int_distribution<Ticks> anywhere(0, boot.end - 1);
  std::uniform_int_distribution<Ticks> after_decompression(boot.kernel_speaks, boot.end - 1);
  std::vector<Ticks> moments;
  for (unsigned i = 0; i < kStates; ++i)
    moments.push_back(i < kStatesAnywhere ? anywhere(random) : after_decompression(random));
  std::sort(moments.begin(), moments.end());
  return moments;
}

/// The counters that a restore continues; the others depend on what the shadow, the TLB and the blocks hold.
nlohmann::json continued_statistics(Machine& machine) {
  const nlohmann::json all = statistics_of(machine);
  nlohmann::json continued;
  for (const char* key : {"devices", "interrupts", "guest_seconds"}) continued[key] = all[key];
  for (const char* key : {"total", "stale_segment", "physical_cpl", "virtual_cpl"})
    continued["instructions"][key] = all["instructions"][key];
  continued["traps"] = all["traps"]["by_instruction"];
  return continued;
}

void check_to_the_end(const MachineConfig& config, const std::vector<std::byte>& state, const Boot& boot,
                      const GuestMachine& reference) {
  const auto guest = restored(config, state);
  guest->run_to(kBootLimit);
  CHECK(guest->last_stop().reason == StopReason::Exit);
  CHECK(guest->last_stop().exit_code == 7);
  CHECK(guest->ticks() == boot.end);
  CHECK(guest->console() == boot.console.substr(reference.console().size()));
  CHECK(guest->output() == boot.output.substr(reference.output().size()));
  CHECK(difference(guest_state(guest->machine()), boot.state) == "");
}

/// Saves at each moment and runs on both the machine that was saved and one that was restored.
void check_states(RunMode mode) {
  const char* given = std::getenv("RINGDOWN_SEED");
  const u64 seed = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device()();
  WARN("RINGDOWN_SEED=" << seed);
  std::mt19937_64 random(seed);
  const MachineConfig config = linux_config(mode);
  const Boot boot = uninterrupted(config);
  const std::vector<Ticks> moments = random_moments(boot, random);
  std::uniform_int_distribution<Ticks> length(1, 4'000'000);
  GuestMachine reference(config);
  for (unsigned i = 0; i < moments.size(); ++i) {
    // The last instruction ends the machine, and a machine that has ended is not run on.
    const Ticks next = i + 1 < moments.size() ? moments[i + 1] : boot.end - 1;
    const Ticks until = std::min(moments[i] + length(random), next);
    reference.run_to(moments[i]);
    const std::vector<std::byte> state = reference.machine().save_state();
    INFO("seed " << seed << ": saved after " << reference.ticks() << " instructions, compared at " << until);
    if (i % (kStates / kRunsToTheEnd) == kStates / kRunsToTheEnd - 1)
      check_to_the_end(config, state, boot, reference);
    const std::size_t said = reference.console().size();
    reference.run_to(until);
    const auto guest = restored(config, state);
    guest->run_to(until);
    REQUIRE(difference(guest_state(guest->machine()), guest_state(reference.machine())) == "");
    REQUIRE(guest->console() == reference.console().substr(said));
    REQUIRE(difference(continued_statistics(guest->machine()), continued_statistics(reference.machine())) ==
            "");
  }
  // Saving disturbs nothing, and no counter but those of blocks, which end where it stops.
  reference.run_to(kBootLimit);
  CHECK(reference.ticks() == boot.end);
  CHECK(reference.console() == boot.console);
  CHECK(difference(guest_state(reference.machine()), boot.state) == "");
  nlohmann::json statistics = statistics_of(reference.machine());
  statistics["blocks"] = boot.statistics["blocks"];
  CHECK(difference(statistics, boot.statistics) == "");
}

}  // namespace

TEST_CASE("A Linux boot goes on from fifty random saved states, under the monitor") {
  check_states(RunMode::Trap);
}

TEST_CASE("A Linux boot goes on from fifty random saved states, bare") { check_states(RunMode::Bare); }

}  // namespace ringdown::test
