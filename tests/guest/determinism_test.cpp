// The same boot gives the same run: in any slices, beside other machines, on any thread, with any blocks.
#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/guest_machine.h"
#include "tests/support/statistics.h"

namespace ringdown::test {

namespace {

constexpr Ticks kBootLimit = 8'000'000'000;

MachineConfig linux_config(RunMode mode) {
  MachineConfig config;
  config.mode = mode;
  config.memory_bytes = u64{128} << 20;
  return with_linux(config, {.command = "for i in 1 2 3; do ls -lR /etc /proc/self | wc; sleep 0.05; done; "
                                        "cat /proc/cpuinfo; exit 7",
                             .parameters = {}});
}

void check_ended(const GuestMachine& guest) {
  INFO(guest.console());
  CHECK(guest.last_stop().reason == StopReason::Exit);
  CHECK(guest.last_stop().exit_code == 7);
}

void check_same_run(GuestMachine& a, GuestMachine& b) {
  CHECK(a.ticks() == b.ticks());
  CHECK(a.console() == b.console());
  CHECK(a.output() == b.output());
  CHECK(difference(guest_state(a.machine()), guest_state(b.machine())) == "");
}

/// How many blocks are made, cut and found again follows from how long they may be, and the end of a slice
/// cuts one too: these counters alone may differ.
void check_same_but_for_blocks(GuestMachine& a, GuestMachine& b) {
  nlohmann::json of_a = statistics_of(a.machine());
  nlohmann::json of_b = statistics_of(b.machine());
  of_a.erase("blocks");
  of_b.erase("blocks");
  CHECK(difference(of_a, of_b) == "");
}

/// Runs both to their ends, turn by turn.
void run_interleaved(GuestMachine& a, Ticks slice_of_a, GuestMachine& b, Ticks slice_of_b) {
  bool runs = true;
  while (runs) {
    runs = false;
    if (a.ticks() == 0 || a.last_stop().reason == StopReason::Limit)
      runs |= a.run_to(a.ticks() + slice_of_a).reason == StopReason::Limit;
    if (b.ticks() == 0 || b.last_stop().reason == StopReason::Limit)
      runs |= b.run_to(b.ticks() + slice_of_b).reason == StopReason::Limit;
    REQUIRE(std::max(a.ticks(), b.ticks()) < kBootLimit);
  }
}

std::unique_ptr<GuestMachine> restored(const MachineConfig& config, const std::vector<std::byte>& state) {
  auto guest = std::make_unique<GuestMachine>(config);
  REQUIRE(guest->machine().load_state(state, "the state"));
  return guest;
}

/// Runs on from `state` with blocks as they come and with blocks of one instruction.
void check_any_blocks(const MachineConfig& config, const std::vector<std::byte>& state, Ticks length) {
  MachineConfig single_config = config;
  single_config.single_instruction_blocks = true;
  const auto usual = restored(config, state);
  const auto single = restored(single_config, state);
  const Ticks end = usual->ticks() + length;
  usual->run_to(end);
  single->run_to(end);
  CHECK(usual->ticks() == end);
  check_same_run(*usual, *single);
  check_same_but_for_blocks(*usual, *single);
}

void check_any_blocks(RunMode mode) {
  constexpr Ticks kFirmware = 40'000'000;
  constexpr Ticks kKernel = 60'000'000;
  constexpr Ticks kProcesses = 25'000'000;
  const MachineConfig config = linux_config(mode);
  GuestMachine guest(config);
  check_any_blocks(config, guest.machine().save_state(), kFirmware);
  REQUIRE(guest.wait_for_console("Linux version", kBootLimit));
  check_any_blocks(config, guest.machine().save_state(), kKernel);
  REQUIRE(guest.wait_for_console("Run /init", kBootLimit));
  check_any_blocks(config, guest.machine().save_state(), kProcesses);
}

}  // namespace

TEST_CASE("The same boot gives the same counters, on threads, in slices and beside another machine") {
  GuestMachine first(linux_config(RunMode::Trap));
  GuestMachine second(linux_config(RunMode::Trap));
  {
    const std::jthread other([&] { second.run_to(kBootLimit); });
    first.run_to(kBootLimit);
  }
  check_ended(first);
  check_same_run(first, second);
  CHECK(difference(statistics_of(first.machine()), statistics_of(second.machine())) == "");

  GuestMachine sliced(linux_config(RunMode::Trap));
  GuestMachine bare(linux_config(RunMode::Bare));
  run_interleaved(sliced, 777'777, bare, 1'234'567);
  check_ended(sliced);
  check_same_run(first, sliced);
  check_same_but_for_blocks(first, sliced);

  check_same_run(first, bare);
  const nlohmann::json monitored = statistics_of(first.machine());
  const nlohmann::json unmonitored = statistics_of(bare.machine());
  CHECK(monitored["instructions"]["virtual_cpl"] == unmonitored["instructions"]["physical_cpl"]);
  CHECK(difference(monitored["devices"], unmonitored["devices"]) == "");
  CHECK(monitored["guest_seconds"] == unmonitored["guest_seconds"]);
}

TEST_CASE("Blocks of one instruction change no counter but those of blocks, under the monitor") {
  check_any_blocks(RunMode::Trap);
}

TEST_CASE("Blocks of one instruction change no counter but those of blocks, bare") {
  check_any_blocks(RunMode::Bare);
}

}  // namespace ringdown::test
