// Random guests run bare, under the monitor in either ring, and with blocks of one instruction: nothing that
// they can see differs.
#include <catch2/catch.hpp>
#include <memory>

#include "cpu/monitor/monitor.h"
#include "tests/support/guest_difference.h"
#include "tests/support/random_guest.h"

namespace ringdown::test {

namespace {

/// One way to run a guest.
struct Way {
  const char* name;
  bool monitored;
  Deprivilege deprivilege;
  bool single;
  Technique technique = Technique::Shadow;
};
constexpr Way kReference{"bare", false, Deprivilege::Ring1, false};
constexpr Way kOthers[] = {
    {"bare, blocks of one", false, Deprivilege::Ring1, true},
    {"trap at ring 1", true, Deprivilege::Ring1, false},
    {"trap at ring 1, blocks of one", true, Deprivilege::Ring1, true},
    {"trap at ring 3", true, Deprivilege::Ring3, false},
};

constexpr Way kNested{"trap, nested", true, Deprivilege::Ring1, false, Technique::Nested};

/// Most random guests invalidate nothing.
PagingOptions paging_of(const Way& way) { return {.technique = way.technique, .sync = ShadowSync::Strict}; }

struct Run {
  Run(const Way& way, const RandomGuest& guest) : machine({.single_instruction_blocks = way.single}) {
    guest.install(machine);
    if (!way.monitored) return;
    monitor = std::make_unique<Monitor>(machine.cpu, machine.memory, way.deprivilege, Policy(), std::nullopt,
                                        paging_of(way));
    monitor->attach();
  }
  CodeMachine machine;
  std::unique_ptr<Monitor> monitor;
};

constexpr Ticks kTicks = 4000;
constexpr Ticks kSlices[] = {1, 7, 100, 1, 391, 1500, kTicks};

std::string check_counters(Run& reference, Run& other) {
  const ProcessorCounters& bare = reference.machine.cpu.counters();
  const ProcessorCounters& physical = other.machine.cpu.counters();
  if (physical.exceptions != bare.exceptions || physical.interrupts != bare.interrupts)
    return "events by vector\n";
  if (other.monitor == nullptr) {
    return physical.retired_at_cpl == bare.retired_at_cpl ? "" : "instructions by ring\n";
  }
  const MonitorStatistics& statistics = other.monitor->statistics();
  std::string text;
  if (physical.retired_at_cpl[0] != 0) text += "instructions at physical ring 0\n";
  if (statistics.virtual_cpl != bare.retired_at_cpl) text += "instructions by virtual ring\n";
  if (statistics.emulated > other.machine.cpu.ticks()) text += "more emulated than there are\n";
  return text;
}

/// Where and how the runs part, or nothing.
std::string compare(const RandomGuest& guest, const Way& way) {
  Run a(kReference, guest);
  Run b(way, guest);
  for (const Ticks slice : kSlices) {
    const Ticks from = a.machine.cpu.ticks();
    run_guest(a.machine, slice);
    run_guest(b.machine, slice);
    std::string text = difference(a.machine, b.machine);
    if (text.empty()) text = check_counters(a, b);
    if (!text.empty())
      return "within " + std::to_string(slice) + " ticks of " + std::to_string(from) + ":\n" + text;
  }
  return {};
}

/// Leaves out every snippet without which the runs still part.
void shrink(RandomGuest& guest, const Way& way) {
  for (std::vector<Snippet>* list : {&guest.slots, &guest.inner_slots}) {
    for (Snippet& snippet : *list) {
      std::vector<u8> bytes;
      std::swap(bytes, snippet.bytes);
      if (compare(guest, way).empty()) std::swap(bytes, snippet.bytes);
    }
  }
  const std::vector<Ticks> interrupts = guest.interrupts;
  guest.interrupts.clear();
  if (compare(guest, way).empty()) guest.interrupts = interrupts;
}

void check(RandomGuest& guest, const Way& way) {
  if (compare(guest, way).empty()) return;
  shrink(guest, way);
  INFO(way.name << ", shrunk to\n" << guest.describe());
  const std::string text = compare(guest, way);
  REQUIRE(text == "");
}

void check_seeds(GuestKind kind, u32 first, u32 count) {
  for (u32 seed = first; seed < first + count; ++seed) {
    INFO("seed " << seed);
    RandomGuest guest(kind, seed);
    for (const Way& way : kOthers) check(guest, way);
  }
}

/// A kernel that loads CR3 behind each change of its page tables.
RandomGuest flushing_guest(u32 seed) {
  RandomGuest guest(GuestKind::Kernel, seed);
  for (Snippet& snippet : guest.slots) {
    if (!snippet.name.starts_with("edit a page-table entry")) continue;
    constexpr u8 kReload[] = {0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8};
    snippet.bytes.insert(snippet.bytes.end(), std::begin(kReload), std::end(kReload));
  }
  return guest;
}

}  // namespace

TEST_CASE("A kernel sees no difference between bare, trap and any block length") {
  check_seeds(GuestKind::Kernel, 1, 60);
}

TEST_CASE("A kernel that invalidates what it changes sees no difference on nested paging") {
  for (u32 seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    RandomGuest guest = flushing_guest(seed);
    check(guest, kNested);
  }
}

TEST_CASE("Real-mode code sees no difference between bare, trap and any block length") {
  check_seeds(GuestKind::RealMode, 1, 40);
}

TEST_CASE("Many kernels and real-mode programs see no difference", "[.long]") {
  check_seeds(GuestKind::Kernel, 1000, 3000);
  check_seeds(GuestKind::RealMode, 1000, 3000);
}

}  // namespace ringdown::test
