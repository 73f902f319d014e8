// A medium that does not answer: virtual time waits for it, the rest of the program does not.
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "frontend/runner.h"
#include "tests/support/late_image.h"

namespace ringdown::test {

namespace {

constexpr Ticks kLimit = 30'000'000;

/// A machine whose firmware boots from a CD that is away.
struct LateMachine {
  Log log;
  std::unique_ptr<Machine> machine;
  LateImage* image = nullptr;

  LateMachine() {
    MachineConfig config;
    config.memory_bytes = u64{2} << 20;
    config.disks.push_back({"", 2, true, true});
    config.boot_order = {BootDevice::Cdrom, BootDevice::None, BootDevice::None};
    auto created = Machine::create(config, log);
    REQUIRE(created);
    machine = std::move(*created);
    auto owned = std::make_unique<LateImage>(400);
    image = owned.get();
    image->close_gate();
    machine->board().removable_drive(2)->insert(std::move(owned));
  }
  /// Lets halted time pass at once; a medium that is late ends the run.
  Stop run_to(Ticks limit) {
    while (true) {
      const Stop stop = machine->run(limit);
      if (stop.reason != StopReason::Idle || stop.wake_time == kNeverTime) return stop;
      machine->skip_to(stop.wake_time);
    }
  }
};

}  // namespace

TEST_CASE("Virtual time waits for a medium that is late, and goes on when it is there") {
  LateMachine late;
  std::promise<void> woken;
  late.machine->set_disk_wake([&woken] { woken.set_value(); });
  REQUIRE(late.run_to(kLimit).reason == StopReason::Waiting);
  const Ticks ticks = late.machine->ticks();
  const Picoseconds time = late.machine->scheduler().now();
  CHECK(late.run_to(kLimit).reason == StopReason::Waiting);
  CHECK(late.machine->ticks() == ticks);
  CHECK(late.machine->scheduler().now() == time);
  late.image->open_gate();
  woken.get_future().wait();
  late.machine->set_disk_wake({});
  late.run_to(kLimit);
  CHECK(late.machine->ticks() > ticks);
}

TEST_CASE("Without anybody to wake, a machine waits for its medium itself and comes to the same") {
  LateMachine patient;
  patient.image->open_gate();
  patient.run_to(kLimit);

  LateMachine woken;
  woken.image->open_gate();
  woken.machine->set_disk_wake([] {});
  while (woken.run_to(kLimit).reason == StopReason::Waiting) continue;
  CHECK((patient.machine->save_state() == woken.machine->save_state()));
}

TEST_CASE("A run whose medium is away can still be ended") {
  LateMachine late;
  Runner::Settings settings;
  Runner runner(*late.machine, settings);
  std::thread user([&] {
    while (!late.image->at_gate()) std::this_thread::yield();
    runner.quit();
  });
  CHECK(runner.run().reason == EndReason::Quit);
  user.join();
}

}  // namespace ringdown::test
