// Runs the paging torture guest, which compares every access with its own walk of its page tables, in every
// way to run a guest; what it prints and how many instructions it takes must not depend on that.
#include <fmt/core.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <span>
#include <vector>

#include "frontend/machine/file_contents.h"
#include "tests/support/guest_machine.h"

namespace ringdown::test {

namespace {

/// What the guest may see of a changed entry before it invalidates.
enum class Staleness : u8 {
  None,      // the new translation at once: runs of such modes are alike, and invalidate nothing if so asked
  AsManual,  // the old or the new one
};

/// A way to run the guest: what it changes of the machine.
struct Mode {
  const char* name;
  Staleness staleness;
  void (*apply)(MachineConfig&);
};

const Mode kModes[] = {
    {"bare", Staleness::None, [](MachineConfig& config) { config.mode = RunMode::Bare; }},
    {"trap, strict", Staleness::None, [](MachineConfig& config) { config.paging.sync = ShadowSync::Strict; }},
    {"trap, ring 3, strict", Staleness::None,
     [](MachineConfig& config) {
       config.deprivilege = Deprivilege::Ring3;
       config.paging.sync = ShadowSync::Strict;
     }},
    {"trap, lazy", Staleness::AsManual, [](MachineConfig& config) { config.paging.sync = ShadowSync::Lazy; }},
    {"trap, ring 3, lazy", Staleness::AsManual,
     [](MachineConfig& config) {
       config.deprivilege = Deprivilege::Ring3;
       config.paging.sync = ShadowSync::Lazy;
     }},
    {"trap, auto", Staleness::AsManual, [](MachineConfig& config) { config.paging.sync = ShadowSync::Auto; }},
    {"trap, nested", Staleness::AsManual,
     [](MachineConfig& config) { config.paging.technique = Technique::Nested; }},
};

struct Outcome {
  std::string text;
  Stop stop;
  Ticks ticks = 0;
};

std::vector<u8> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

MachineConfig config_of(const std::string& parameters) {
  const Result<std::vector<u8>> rom = read_whole_file(RINGDOWN_TORTURE_ROM);
  REQUIRE(rom);
  MachineConfig config;
  config.memory_bytes = u64{16} << 20;
  config.firmware_path = RINGDOWN_TORTURE_ROM;
  config.firmware_files = {{"opt/ringdown/torture", bytes_of(parameters)}, {"opt/ringdown/rom", *rom}};
  return config;
}

Outcome run(const Mode& mode, const std::string& parameters, bool single_instruction_blocks = false) {
  Outcome outcome;
  MachineConfig config = config_of(parameters);
  config.debug_console = [&](u8 character) { outcome.text += static_cast<char>(character); };
  config.single_instruction_blocks = single_instruction_blocks;
  mode.apply(config);
  GuestMachine guest(config);
  outcome.stop = guest.run_to(~Ticks{0});
  outcome.ticks = guest.ticks();
  return outcome;
}

/// Waits for the fault that was put in.
struct BreakWatch final : PagingEventSink {
  void paging_event(const PagingEvent& event) override { broken |= event.kind == PagingEventKind::Break; }
  bool broken = false;
};

void check_no_difference(const Outcome& outcome) {
  INFO(outcome.text);
  CHECK(outcome.stop.reason == StopReason::Exit);
  CHECK(outcome.stop.exit_code == 0);
  CHECK(outcome.text.find(" operations, 0 differences\n") != std::string::npos);
}

/// No difference in that mode, and the run the same as in the first.
void check_mode(const Mode& mode, const std::string& parameters, const Outcome& first) {
  INFO(mode.name);
  const Outcome outcome = run(mode, parameters);
  check_no_difference(outcome);
  if (mode.staleness != Staleness::None) return;
  CHECK(outcome.text == first.text);
  CHECK(outcome.ticks == first.ticks);
}

}  // namespace

TEST_CASE("random page tables translate as the manual says") {
  const int seed = GENERATE(1, 2, 3);
  const std::string parameters = fmt::format("seed={} operations=200000", seed);
  const Outcome first = run(kModes[0], parameters);
  check_no_difference(first);
  for (const Mode& mode : std::span(kModes).subspan(1)) check_mode(mode, parameters, first);
}

TEST_CASE("random page tables translate exactly without any invalidation") {
  const std::string parameters = "seed=4 operations=200000 eager=1";
  const Outcome first = run(kModes[0], parameters);
  check_no_difference(first);
  for (const Mode& mode : std::span(kModes).subspan(1)) {
    if (mode.staleness == Staleness::None) check_mode(mode, parameters, first);
  }
}

TEST_CASE("random page tables translate alike in blocks of one instruction") {
  const Outcome blocks = run(kModes[1], "seed=5 operations=50000");
  const Outcome single = run(kModes[1], "seed=5 operations=50000", true);
  check_no_difference(single);
  CHECK(single.text == blocks.text);
  CHECK(single.ticks == blocks.ticks);
}

TEST_CASE("the torture guest notices one wrong translation") {
  for (const Mode& mode : kModes) {
    INFO(mode.name);
    const Outcome outcome = run(mode, "seed=6 operations=30000 break=10000");
    INFO(outcome.text);
    CHECK(outcome.stop.exit_code == 1);
    CHECK(outcome.text.find(" value access fetch") != std::string::npos);
    CHECK(outcome.text.find(" operations, 1 differences\n") != std::string::npos);
  }
}

TEST_CASE("the audit finds each fault that is put into the shadow") {
  const ShadowBreak broken{
      GENERATE(ShadowBreak::Kind::DropSync, ShadowBreak::Kind::StaleTlb, ShadowBreak::Kind::LoseProtect),
      GENERATE(u64{1}, u64{7}, u64{40})};
  INFO("kind " << static_cast<int>(broken.kind) << ", event " << broken.nth);
  MachineConfig config = config_of("seed=8 operations=20000");
  config.paging = {.sync = ShadowSync::Strict, .break_shadow = broken};
  GuestMachine guest(config);
  BreakWatch watch;
  PagingTechnique& paging = guest.machine().monitor()->paging();
  paging.set_events(&watch);
  // Soon after it went wrong: the guest invalidates, and cures it, without knowing.
  constexpr Ticks kSlice = 20;
  while (!watch.broken && guest.run_to(guest.ticks() + kSlice).reason == StopReason::Limit) continue;
  CHECK(watch.broken);
  CHECK_FALSE(paging.audit().empty());
}

TEST_CASE("the torture guest makes every kind of operation and access") {
  const Outcome outcome = run(kModes[0], "seed=7 operations=200000");
  INFO(outcome.text);
  CHECK(std::count(outcome.text.begin(), outcome.text.end(), '\n') == 4);
  CHECK(outcome.text.find(" 0, ") ==
        outcome.text.rfind(" 0, "));  // of the counts, that of spurious faults alone
}

TEST_CASE("random page tables translate as the manual says for long", "[.][long]") {
  const Mode& mode = GENERATE(from_range(std::begin(kModes), std::end(kModes)));
  const int seed = GENERATE(101, 102, 103, 104);
  INFO(mode.name);
  const char* const eager = seed % 2 == 0 && mode.staleness == Staleness::None ? " eager=1" : "";
  check_no_difference(run(mode, fmt::format("seed={} operations=25000000{}", seed, eager)));
}

}  // namespace ringdown::test
