// The hand-over: everything traps until the guest comes to an address, and the policy is in force from there
// on.
#include "tests/support/contract.h"
#include "tests/unit/monitor/monitored_machine.h"

namespace ringdown::test {

namespace {

using M = MonitoredMachine;

// cli; pushf; pop eax; inc ecx; pushf; pop ebx; hlt
constexpr std::string_view kTwice = "fa 9c 58 41 9c 5b f4";
constexpr u32 kInc = M::kCode + 3, kSecondPushf = M::kCode + 4;

struct Kernel : MonitoredMachine {
  explicit Kernel(u32 handover, std::string_view let_through = "pushf") {
    place(kTwice);
    attach(let_through, Deprivilege::Ring1, GuestLinear(handover));
  }
  std::vector<Serializable*> parts() { return {&cpu, &memory, &*monitor}; }
  bool first_shows_if() const { return (get(Gpr::Eax) & eflags::kIf) != 0; }
  bool second_shows_if() const { return (get(Gpr::Ebx) & eflags::kIf) != 0; }
};

}  // namespace

TEST_CASE("Everything traps until the hand-over; the policy is in force from its first instruction on") {
  for (const u32 handover : {kInc, kSecondPushf}) {
    Kernel k(handover);
    CHECK(k.monitor->awaited_handover() == GuestLinear(handover));
    CHECK_FALSE(k.monitor->policy_in_force().lets_anything_through());
    CHECK(k.run().reason == ExitReason::Halted);
    CHECK_FALSE(k.first_shows_if());
    CHECK(k.second_shows_if());
    CHECK(k.traps("pushf") == 1);
    CHECK(k.cpu.ticks() == 7);
    CHECK_FALSE(k.monitor->awaited_handover());
    CHECK(k.monitor->policy_in_force().lets_anything_through());
  }
  Kernel never(M::kCode + 0x1000);
  CHECK(never.run().reason == ExitReason::Halted);
  CHECK_FALSE(never.second_shows_if());
  CHECK(never.monitor->awaited_handover());
}

TEST_CASE("A hand-over costs no tick and moves no event") {
  // sti; push ss; pop ss; inc ecx; inc ecx; hlt: the interrupt waits for the instruction behind POP SS.
  const auto taken_at = [](std::optional<GuestLinear> handover) {
    M m;
    m.place("fb 16 17 41 41 f4");
    m.attach("pushf", Deprivilege::Ring1, handover);
    m.at(3, [&] { m.interrupt(); });
    const Taken taken = m.run_to_handler();
    CHECK(taken.vector == M::kInterruptVector);
    return std::pair(taken.eip, m.cpu.ticks());
  };
  const auto expected = taken_at({});
  CHECK(expected.first == M::kCode + 4);
  for (u32 offset = 0; offset < 6; ++offset) CHECK(taken_at(GuestLinear(M::kCode + offset)) == expected);
}

TEST_CASE("A single step across the hand-over traps once behind its instruction") {
  M m;
  m.place("6802010000 9d 41 41 f4");  // push 102h (TF); popf; inc ecx; inc ecx; hlt
  m.attach("sgdt", Deprivilege::Ring1, GuestLinear(M::kCode + 6));
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 1);
  CHECK(taken.eip == M::kCode + 7);
}

TEST_CASE("A debugger's breakpoint at the hand-over is met once") {
  Kernel k(kInc);
  k.cpu.set_breakpoint(kInc);
  CHECK(k.run().reason == ExitReason::Breakpoint);
  CHECK(k.monitor->awaited_handover());
  CHECK(k.run().reason == ExitReason::Halted);
  CHECK(k.second_shows_if());
}

TEST_CASE("The hand-over is a linear address, whatever CS:EIP spells it") {
  for (const u16 cs : {u16{0}, u16{0x7c0}}) {
    M m;
    m.set_real_mode();
    m.place(0x7c00, "0f01e0 f4");  // smsw eax; hlt
    m.cpu.state.segment(Segment::Cs).selector = cs;
    m.cpu.state.segment(Segment::Cs).base = u32{cs} << 4;
    m.cpu.registers.eip = 0x7c00 - (u32{cs} << 4);
    m.attach("smsw", Deprivilege::Ring1, GuestLinear(0x7c00));
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK((m.get(Gpr::Eax) & cr0::kPe) != 0);
  }
}

TEST_CASE("After a reset the hand-over is awaited again") {
  Kernel k(kInc);
  CHECK(k.run().reason == ExitReason::Halted);
  k.monitor->detach();
  k.cpu.reset();
  k.monitor->attach();
  CHECK(k.monitor->awaited_handover());
  CHECK_FALSE(k.monitor->policy_in_force().lets_anything_through());
}

TEST_CASE("A policy that is set while the guest runs does not wait, but does after the next reset") {
  Kernel k(kSecondPushf, "");
  Policy policy;
  REQUIRE(policy.let_through("pushf"));
  k.monitor->set_policy(policy);
  CHECK_FALSE(k.monitor->awaited_handover());
  CHECK(k.run().reason == ExitReason::Halted);
  CHECK(k.first_shows_if());
  k.monitor->detach();
  k.monitor->attach();
  CHECK_FALSE(k.monitor->policy_in_force().lets_anything_through());
  k.cpu.registers.eip = M::kCode;
  k.guest().activity = Activity::Running;
  CHECK(k.run().reason == ExitReason::Halted);
  CHECK_FALSE(k.first_shows_if());
  CHECK(k.second_shows_if());
}

TEST_CASE("A saved machine awaits the hand-over, or has it behind it, as it was") {
  for (const u64 before : {2, 5}) {
    Kernel original(kInc);
    original.run(before);
    Kernel restored(kInc);
    restored.run(before == 2 ? 7 : 0);
    restore_rig(restored, save_rig(original));
    CHECK(restored.monitor->awaited_handover().has_value() == (before == 2));
    CHECK(restored.monitor->policy_in_force().lets_anything_through() == (before != 2));
    CHECK(restored.run().reason == ExitReason::Halted);
    CHECK_FALSE(restored.first_shows_if());
    CHECK(restored.second_shows_if());
  }
}

}  // namespace ringdown::test
