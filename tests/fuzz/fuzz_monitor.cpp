// Fuzzes the monitor with any code in any state that software can bring about: at either deprivileged ring,
// the guest must see what it sees of the bare processor.
#include "cpu/monitor/monitor.h"
#include "tests/fuzz/fuzz_guest.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/guest_difference.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

enum Use : unsigned { kBare, kMonitored };

FuzzMachine& renewed_machine(const FuzzGuest& guest, Use use) {
  FuzzMachine& machine = kept_machine(use, {}, guest.model());
  machine.renew();
  guest.install(machine);
  return machine;
}

/// What a guest could see of being monitored; empty if nothing.
std::string compare_monitored(const FuzzGuest& guest, FuzzMachine& bare, Deprivilege deprivilege) {
  FuzzMachine& machine = renewed_machine(guest, kMonitored);
  // Guests of random bytes invalidate nothing.
  Monitor monitor(machine.cpu, machine.memory, deprivilege, Policy(), std::nullopt,
                  {.sync = ShadowSync::Strict});
  monitor.attach();
  const Exit exit = guest.run(machine);
  std::string text = difference(bare, machine);
  if (exit.reason == ExitReason::Invariant) text += "guest code was to run at physical ring 0\n";
  for (const std::string& line : monitor.paging().audit()) text += "audit: " + line + '\n';
  monitor.detach();
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const FuzzGuest guest(std::span(data, size));
  FuzzMachine& bare = renewed_machine(guest, kBare);
  guest.run(bare);
  for (const Deprivilege deprivilege : {Deprivilege::Ring1, Deprivilege::Ring3}) {
    const std::string text = compare_monitored(guest, bare, deprivilege);
    if (text.empty()) continue;
    const char* ring = deprivilege == Deprivilege::Ring1 ? "1" : "3";
    report_finding(std::string("bare and deprivileged to ring ") + ring + " differ:\n" + text +
                   guest.describe());
  }
  return 0;
}
