// The saved state of processor and monitor together.
#include "tests/support/contract.h"
#include "tests/support/guest_difference.h"
#include "tests/support/random_guest.h"
#include "tests/unit/monitor/monitored_machine.h"

namespace ringdown::test {

namespace {

/// A kernel in the middle of its work, under the monitor.
template <Deprivilege Ring>
struct MonitoredRig {
  MonitoredRig() {
    m.place("f36c 0f20c0 fb 40 16 17 40 9c 58 f4 40 ebfb");
    m.set(Gpr::Edi, CodeMachine::kData);
    m.set(Gpr::Edx, CodeMachine::kPort);
    m.set(Gpr::Ecx, 7);
    m.attach("", Ring);
  }
  std::vector<Serializable*> parts() { return {&m.cpu, &m.memory, &*m.monitor}; }
  void drive() { m.run(5); }
  MonitoredMachine m;
};
using MonitoredAtRing1 = MonitoredRig<Deprivilege::Ring1>;
using MonitoredAtRing3 = MonitoredRig<Deprivilege::Ring3>;

/// A random guest with everything that its continuation needs.
struct Guest {
  Guest(const RandomGuest& random, bool monitored) {
    random.install(m);
    if (monitored) m.attach();
  }
  std::vector<Serializable*> parts() {
    std::vector<Serializable*> all{&m.scheduler, &m.cpu, &m.memory};
    if (m.monitor) all.push_back(&*m.monitor);
    return all;
  }
  MonitoredMachine m;
};

}  // namespace

RINGDOWN_SNAPSHOT_CONTRACT(MonitoredAtRing1)
RINGDOWN_SNAPSHOT_CONTRACT(MonitoredAtRing3)

TEST_CASE("A random guest that is saved and restored at any tick goes on as if nothing had happened") {
  for (u32 seed = 1; seed <= 40; ++seed) {
    for (const GuestKind kind : {GuestKind::Kernel, GuestKind::RealMode}) {
      for (const bool monitored : {false, true}) {
        INFO("seed " << seed << (kind == GuestKind::Kernel ? " kernel" : " real mode")
                     << (monitored ? " trap" : " bare"));
        const RandomGuest random(kind, seed);
        Guest original(random, monitored);
        Guest restored(random, monitored);
        run_guest(original.m, 37 * seed);
        restore_rig(restored, save_rig(original));
        original.m.port.accesses.clear();
        original.m.page.accesses.clear();
        run_guest(original.m, 500);
        run_guest(restored.m, 500);
        REQUIRE(difference(original.m, restored.m) == "");
      }
    }
  }
}

}  // namespace ringdown::test
