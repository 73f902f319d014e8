// Saved states in the middle of transfers: a guest whose drives are at work goes on in another machine, on
// copies of its disks, as if never stopped; and no component's saved state, damaged or forged, does harm.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "frontend/machine/board_layout.h"
#include "tests/guest/restored_guest.h"
#include "tests/support/snapshot_contract.h"
#include "tests/support/storage_work.h"

namespace ringdown::test {

namespace {

constexpr Ticks kLimit = 8'000'000'000;

MachineConfig working_guest(RunMode mode, const StorageImages& images) {
  MachineConfig config;
  config.mode = mode;
  config.memory_bytes = u64{64} << 20;
  images.plug_into(config);
  return with_linux(config, storage_work(1));
}

/// Whether a drive has a command, as Alternate Status shows it, which reading leaves alone.
bool drives_work(Machine& machine) {
  constexpr u64 kBusy = 0x80, kDataRequest = 0x08;
  return std::ranges::any_of(std::array{board::kIdePrimaryControl, board::kIdeSecondaryControl},
                             [&](u16 port) {
                               const u64 status = machine.ports().read(port, Width::Byte);
                               return (status & (kBusy | kDataRequest)) != 0;
                             });
}

/// Each component of the board, restored from what `used` has and from damaged and forged states.
void check_contracts(Machine& used, Machine& victim) {
  const std::vector<Serializable*> components = used.board().components();
  const std::vector<Serializable*> victims = victim.board().components();
  REQUIRE(components.size() == victims.size());
  for (std::size_t i = 0; i < components.size(); ++i) {
    const auto tag = components[i]->chunk_tag().text;
    INFO(std::string(tag.data(), tag.size()));
    const std::vector<std::byte> payload = payload_of(*components[i]);
    check_truncation(*victims[i], payload);
    check_forgery(*victims[i], payload);
    REQUIRE(accepts(*victims[i], payload));
    CHECK(payload_of(*victims[i]) == payload);
  }
}

/// Every second one is saved while a drive has a command.
void check_states(RunMode mode, unsigned states) {
  const char* given = std::getenv("RINGDOWN_SEED");
  const u64 seed = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device()();
  WARN("RINGDOWN_SEED=" << seed);
  std::mt19937_64 random(seed);
  const std::string stem = mode == RunMode::Bare ? "ringdown-bare-transfer" : "ringdown-transfer";
  const StorageImages images(stem);
  StorageImages copies(stem + "-copy");
  GuestMachine reference(working_guest(mode, images));
  REQUIRE(
      reference.run_until([&] { return reference.output().find(kWorkBegins) != std::string::npos; }, kLimit));
  // Most of the time no drive is at work: look until one is, half of the times.
  std::uniform_int_distribution<Ticks> step(1, 20'000'000), look(1, 20'000), length(1, 2'000'000);
  unsigned at_work = 0;
  for (unsigned i = 0; i < states; ++i) {
    reference.run_to(reference.ticks() + step(random));
    for (unsigned looks = 0; i % 2 == 0 && looks < 1'000 && !drives_work(reference.machine()); ++looks)
      reference.run_to(reference.ticks() + look(random));
    if (reference.last_stop().reason == StopReason::Exit) break;
    at_work += drives_work(reference.machine()) ? 1 : 0;
    const std::vector<std::byte> state = reference.machine().save_state();
    REQUIRE(reference.machine().board().flush_disks());
    copies.copy_from(images);
    const auto guest = restored(working_guest(mode, copies), state);
    const Ticks until = reference.ticks() + length(random);
    INFO("seed " << seed << ": saved after " << reference.ticks() << " instructions, compared at " << until);
    reference.run_to(until);
    guest->run_to(until);
    REQUIRE(difference(guest_state(guest->machine()), guest_state(reference.machine())) == "");
    if (i == 0) check_contracts(reference.machine(), guest->machine());
  }
  CHECK(at_work >= states / 4);
  reference.run_to(kLimit);
  INFO(reference.console() << reference.output());
  CHECK(reference.last_stop().reason == StopReason::Exit);
  CHECK(reference.last_stop().exit_code == 0);
}

}  // namespace

TEST_CASE("A guest with its drives at work goes on from saved states, under the monitor") {
  check_states(RunMode::Trap, 8);
}

TEST_CASE("A guest with its drives at work goes on from saved states, bare") {
  check_states(RunMode::Bare, 4);
}

}  // namespace ringdown::test
