// Debian's kernel with sensitive instructions let through: what it reads that it should not, and what becomes
// of it.
#include <catch2/catch.hpp>

#include "tests/support/guest_machine.h"

namespace ringdown::test {

namespace {

constexpr Ticks kBootLimit = 8'000'000'000;
constexpr u32 kKernelSpace = 0xc000'0000;
constexpr u8 kPushf = 0x9c;
constexpr u8 kSti = 0xfb;

MachineConfig letting_through(std::string_view list, Deprivilege deprivilege = Deprivilege::Ring1) {
  MachineConfig config;
  REQUIRE(config.policy.let_through(list));
  config.deprivilege = deprivilege;
  return config;
}

/// A kernel that stands where a test looks at it.
class KernelWatch {
 public:
  explicit KernelWatch(GuestMachine& guest) : guest_(guest) {}

  bool virtual_if() { return (view().state.flags & eflags::kIf) != 0; }
  u8 next_byte() { return peek<u8>(view().state.segment(Segment::Cs).base + view().registers.eip); }
  u32 top_of_stack() { return peek<u32>(view().registers.get(Gpr::Esp)); }
  bool step() { return guest_.run_to(guest_.ticks() + 1).reason == StopReason::Limit; }

  /// Runs until paging is on and the kernel executes at its own addresses.
  bool reach_kernel_space() {
    constexpr Ticks kSlice = 10'000;
    while (guest_.ticks() < kBootLimit) {
      if ((view().state.cr0 & cr0::kPg) != 0 && view().registers.eip >= kKernelSpace) return true;
      if (guest_.run_to(guest_.ticks() + kSlice).reason != StopReason::Limit) return false;
    }
    return false;
  }
  /// Steps until `condition` holds between two instructions.
  template <class Condition>
  bool step_until(Condition condition) {
    constexpr Ticks kMostSteps = 20'000'000;
    const Ticks end = guest_.ticks() + kMostSteps;
    while (!condition()) {
      if (guest_.ticks() >= end || !step()) return false;
    }
    return true;
  }

 private:
  SystemView& view() { return guest_.machine().processor().guest_view(); }
  template <class T>
  T peek(u32 linear) {
    T value{};
    guest_.machine().processor().memory.peek(GuestLinear(linear),
                                             std::as_writable_bytes(std::span<T, 1>(&value, 1)));
    return value;
  }

  GuestMachine& guest_;
};

bool says(const GuestMachine& guest, std::string_view text) {
  return guest.console().find(text) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "With PUSHF let through, Debian's kernel reads IF=1 where it had cleared it, and switches interrupts "
    "on") {
  GuestMachine deceived(with_linux(letting_through("pushf"), {}));
  GuestMachine trapped(with_linux(MachineConfig(), {}));
  KernelWatch lie(deceived);
  KernelWatch truth(trapped);
  // Nothing differs up to the kernel's first PUSHF with interrupts off.
  for (KernelWatch* watch : {&lie, &truth}) {
    REQUIRE(watch->reach_kernel_space());
    REQUIRE(watch->step_until([&] { return watch->next_byte() == kPushf && !watch->virtual_if(); }));
  }
  REQUIRE(deceived.ticks() == trapped.ticks());
  for (KernelWatch* watch : {&lie, &truth}) watch->step();
  CHECK_FALSE(lie.virtual_if());
  CHECK_FALSE(truth.virtual_if());
  CHECK((lie.top_of_stack() & eflags::kIf) != 0);
  CHECK((truth.top_of_stack() & eflags::kIf) == 0);

  // Restoring what it read, it executes STI.
  u8 executed = 0;
  REQUIRE(lie.step_until([&] {
    if (lie.virtual_if()) return true;
    executed = lie.next_byte();
    return false;
  }));
  CHECK(executed == kSti);
  trapped.run_to(deceived.ticks());
  CHECK_FALSE(truth.virtual_if());

  // It notices, and dies of it when the timer ticks.
  CHECK(deceived.wait_for_console("Interrupts were enabled *very* early, fixing it", kBootLimit));
  CHECK(deceived.wait_for_console("Interrupts were enabled early", kBootLimit));
  CHECK(deceived.wait_for_console("Fatal exception in interrupt", kBootLimit));
  // panic=-1: the reset may have come in the slice that ended with the message.
  if (deceived.last_stop().reason == StopReason::Limit) deceived.run_until([] { return false; }, kBootLimit);
  CHECK(deceived.last_stop().reason == StopReason::Reset);
  CHECK(trapped.wait_for_console("Run /init as init process", kBootLimit));
  CHECK_FALSE(says(trapped, "Interrupts were enabled"));
}

TEST_CASE("At ring 3 PUSHF tells Debian's kernel the same lie") {
  GuestMachine guest(with_linux(letting_through("pushf", Deprivilege::Ring3), {}));
  CHECK(guest.wait_for_console("Interrupts were enabled *very* early", kBootLimit));
  CHECK(guest.wait_for_console("Fatal exception in interrupt", kBootLimit));
}

TEST_CASE("With PUSH CS let through, the IRET of Debian's kernel is taken for a return to an outer ring") {
  for (const Deprivilege deprivilege : {Deprivilege::Ring1, Deprivilege::Ring3}) {
    GuestMachine guest(with_linux(letting_through("push-cs", deprivilege),
                                  {.command = {}, .parameters = "earlyprintk=serial,ttyS0"}));
    // #GP with the kernel's code selector, 60h.
    CHECK(guest.wait_for_console("PANIC: early exception 0x0d IP 60:", kBootLimit));
    CHECK(guest.wait_for_console("error 60", kBootLimit));
  }
}

TEST_CASE(
    "With everything let through, Debian's kernel dies at its first MOV SS, and that is a triple fault") {
  for (const Deprivilege deprivilege : {Deprivilege::Ring1, Deprivilege::Ring3}) {
    GuestMachine guest(with_linux(letting_through("all", deprivilege), {}));
    CHECK(guest.run_to(kBootLimit).reason == StopReason::TripleFault);
    const PrivilegedState& state = guest.machine().monitor()->virtual_state();
    CHECK(state.fault_chain[0] == static_cast<u8>(Vector::GeneralProtection));
    CHECK(guest.machine().processor().counters().retired_at_cpl[0] == 0);
  }
}

TEST_CASE("After a reset the firmware runs trapped again until it hands over") {
  GuestMachine guest(with_linux(letting_through("pushf"), {}));
  Monitor& monitor = *guest.machine().monitor();
  const auto handed_over = [&] { return !monitor.awaited_handover(); };
  REQUIRE(guest.run_until(handed_over, kBootLimit));
  CHECK(monitor.policy_in_force().lets_anything_through());
  guest.machine().reset();
  CHECK_FALSE(handed_over());
  CHECK_FALSE(monitor.policy_in_force().lets_anything_through());
  CHECK(guest.run_until(handed_over, guest.ticks() + kBootLimit));
}

}  // namespace ringdown::test
