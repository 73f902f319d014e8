// System management mode in saved states: machines saved within a handler, with an SMI, NMI or INIT latched,
// halted, relocated, go on as if they had never been saved.
#include <algorithm>
#include <catch2/catch.hpp>

#include "frontend/machine/machine.h"

namespace ringdown::test {

namespace {

class RomMachine {
 public:
  RomMachine(const std::string& rom, RunMode mode, Deprivilege deprivilege) {
    MachineConfig config;
    config.memory_bytes = u64{16} << 20;
    config.firmware_path = RINGDOWN_SYSTEM_ROMS "/" + rom + ".rom";
    config.mode = mode;
    config.deprivilege = deprivilege;
    config.debug_console = [this](u8 character) { text += static_cast<char>(character); };
    auto created = Machine::create(config, log_);
    INFO((created ? std::string() : created.error().message));
    REQUIRE(created);
    machine_ = std::move(*created);
  }
  Machine* operator->() { return machine_.get(); }

  /// Runs to a tick or to the end of the ROM, through halts; false at the end.
  bool run_to(Ticks tick) {
    while (machine_->ticks() < tick) {
      const Stop stop = machine_->run(tick);
      if (stop.reason == StopReason::Idle && stop.wake_time != kNeverTime) {
        machine_->skip_to(stop.wake_time);
      } else if (stop.reason != StopReason::Limit) {
        return false;
      }
    }
    return true;
  }
  std::string text;

 private:
  Log log_;
  std::unique_ptr<Machine> machine_;
};

/// Everything but counters, which tell of how the machine runs and not of the guest.
std::vector<std::byte> state_of(RomMachine& machine) {
  StateWriter writer;
  writer.add(machine->processor());
  writer.add(machine->memory());
  for (Serializable* const component : machine->board().components()) writer.add(*component);
  return {writer.data().begin(), writer.data().end()};
}

/// Ticks at which the guest is in a handler, a few of them, and a few others.
std::vector<Ticks> moments(const std::string& rom, RunMode mode, Deprivilege deprivilege) {
  constexpr std::size_t kWithin = 16, kOthers = 8;
  std::vector<Ticks> within, all;
  RomMachine machine(rom, mode, deprivilege);
  while (machine.run_to(machine->ticks() + 1)) {
    all.push_back(machine->ticks());
    if (machine->processor().guest_view().state.smm.active) within.push_back(machine->ticks());
  }
  CHECK_FALSE(within.empty());
  // The ROM spends its first instructions on copying itself.
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
  std::vector<Ticks> chosen;
  const auto choose = [&](const std::vector<Ticks>& from, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(from[from.size() * i / count]);
  };
  choose(within, std::min(kWithin, within.size()));
  choose(all, kOthers);
  std::ranges::sort(chosen);
  return chosen;
}

void check_states(const std::string& rom, RunMode mode, Deprivilege deprivilege) {
  constexpr Ticks kEnd = 50'000'000;
  RomMachine whole(rom, mode, deprivilege);
  CHECK_FALSE(whole.run_to(kEnd));
  const std::vector<std::byte> end = state_of(whole);
  RomMachine saved(rom, mode, deprivilege);
  for (const Ticks moment : moments(rom, mode, deprivilege)) {
    REQUIRE(saved.run_to(moment));
    RomMachine restored(rom, mode, deprivilege);
    const Result<void> loaded = restored->load_state(saved->save_state(), "state");
    INFO(rom << " at " << saved->ticks() << (loaded ? "" : loaded.error().message));
    REQUIRE(loaded);
    REQUIRE((state_of(restored) == state_of(saved)));
    CHECK_FALSE(restored.run_to(kEnd));
    CHECK(saved.text + restored.text == whole.text);
    CHECK(restored->ticks() == whole->ticks());
    CHECK((state_of(restored) == end));
  }
}

}  // namespace

TEST_CASE("A machine saved in system management mode goes on as if it had not been") {
  for (const char* const rom : {"management/blocked", "management/halt_and_io", "board/init",
                                "management/modes", "management/protected_handler", "management/smram"}) {
    check_states(rom, RunMode::Bare, Deprivilege::Ring1);
    check_states(rom, RunMode::Trap, Deprivilege::Ring1);
    check_states(rom, RunMode::Trap, Deprivilege::Ring3);
  }
}

}  // namespace ringdown::test
