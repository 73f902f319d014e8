// The trap watcher: it tells of every entry to the monitor, once, and neither guest nor counters notice it.
#include "frontend/lab/trap_watcher.h"

#include <catch2/catch.hpp>

#include "frontend/lab/lab_guests.h"
#include "frontend/lab/ordered_guest.h"

namespace ringdown::test {

namespace {

constexpr Ticks kLimit = 100'000'000;

class CountingSink final : public TrapSink {
 public:
  void trap_begins(const WatchedTrap&) override { ++begun; }
  void trap_ends(const WatchedTrap& trap) override {
    ++ended.cause(trap.cause);
    if (trap.cause == TrapCause::Sensitive || trap.cause == TrapCause::Privileged)
      ++ended.by_instruction[trap.op->instruction];
    deepest = std::max(deepest, trap.depth);
  }
  CountingSink() { ended.by_instruction.resize(instruction_table().size()); }

  u64 begun = 0;
  MonitorStatistics ended;
  unsigned deepest = 0;
};

struct Outcome {
  Ticks ticks = 0;
  MonitorStatistics statistics;
  PagingCounters paging;
  CountingSink sink;
};

Outcome run(MachineConfig config, bool watched) {
  Log log;
  Result<std::unique_ptr<Machine>> machine = Machine::create(config, log);
  REQUIRE(machine);
  Outcome outcome;
  {
    std::optional<TrapWatcher> watcher;
    if (watched) watcher.emplace(**machine, outcome.sink);
    REQUIRE((*machine)->run(kLimit).reason == StopReason::Exit);
    if (watcher) watcher->flush();
  }
  outcome.ticks = (*machine)->ticks();
  outcome.statistics = (*machine)->monitor()->statistics();
  outcome.paging = (*machine)->monitor()->paging().counters();
  return outcome;
}

void check_same(const Outcome& a, const Outcome& b) {
  CHECK(a.ticks == b.ticks);
  CHECK(a.statistics.by_cause == b.statistics.by_cause);
  CHECK(a.statistics.by_instruction == b.statistics.by_instruction);
  CHECK(a.statistics.emulated == b.statistics.emulated);
  CHECK(a.statistics.virtual_cpl == b.statistics.virtual_cpl);
  CHECK(a.paging.fills == b.paging.fills);
  CHECK(a.paging.syncs == b.paging.syncs);
  CHECK(a.paging.true_faults == b.paging.true_faults);
}

void check_all_told(const Outcome& outcome) {
  CHECK(outcome.sink.ended.by_cause == outcome.statistics.by_cause);
  CHECK(outcome.sink.ended.by_instruction == outcome.statistics.by_instruction);
}

}  // namespace

TEST_CASE("A watched guest has the same counters, and every trap is told of once") {
  constexpr u32 kAll = 7;
  constexpr u32 kRounds = 50;
  for (const Technique technique : {Technique::Shadow, Technique::Nested}) {
    for (const ShadowSync sync : {ShadowSync::Strict, ShadowSync::Lazy}) {
      MachineConfig config = ordered_guest("system-calls", kAll, kRounds);
      config.paging.technique = technique;
      config.paging.sync = sync;
      const Outcome watched = run(config, true);
      check_same(run(config, false), watched);
      check_all_told(watched);
      CHECK(watched.sink.deepest == 1);
    }
  }
}

TEST_CASE("How long blocks are changes nothing of what the watcher tells") {
  constexpr u32 kAll = 7;
  MachineConfig config = ordered_guest("system-calls", kAll, 20);
  const Outcome whole = run(config, true);
  config.single_instruction_blocks = true;
  const Outcome single = run(config, true);
  check_same(whole, single);
  CHECK(whole.sink.ended.by_cause == single.sink.ended.by_cause);
  CHECK(whole.sink.begun == single.sink.begun);
}

TEST_CASE("Interrupts, hypercalls and a kernel at ring 3 are watched too") {
  MachineConfig config = lab_guest_config(*find_lab_guest("paging"));
  config.paging.technique = Technique::Direct;
  const Outcome direct = run(config, true);
  CHECK(direct.statistics.by_cause[static_cast<std::size_t>(TrapCause::Hypercall)] > 0);
  CHECK(direct.sink.ended.by_cause == direct.statistics.by_cause);

  MachineConfig ring3 = ordered_guest("system-calls", 7, 20);
  ring3.deprivilege = Deprivilege::Ring3;
  const Outcome watched = run(ring3, true);
  check_same(run(ring3, false), watched);
  check_all_told(watched);
}

}  // namespace ringdown::test
