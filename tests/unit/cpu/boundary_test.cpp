// What happens between instructions: interrupts and their shadows, NMI, HLT, single steps, debug registers.
#include <catch2/catch.hpp>

#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

/// A machine whose #DB handler records EIP and DR6 of each trap, clears DR6 and returns; code ends at HLT.
class Tracer {
 public:
  struct Trap {
    u32 eip;
    u32 dr6;
    friend bool operator==(const Trap&, const Trap&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Trap& trap) {
      return out << std::hex << trap.eip << " dr6 " << trap.dr6 << std::dec;
    }
  };

  explicit Tracer(std::string_view hex, bool step = true) {
    m.place(hex);
    // push eax; mov eax, dr6; out port, eax; mov eax, [esp + 4]; out port, eax; xor eax, eax; mov dr6, eax;
    // or byte [esp + 14], 1 (RF, to get past breakpoints); pop eax; iret
    m.gate(1, kHandler);
    m.place(kHandler, "50 0f21f0 e740 8b442404 e740 31c0 0f23f0 804c240e01 58 cf");
    set_step(step);
  }
  void set_step(bool on) {
    Flags& flags = m.cpu.registers.flags;
    flags.set_control(on ? flags.control() | eflags::kTf : flags.control() & ~eflags::kTf);
  }
  /// The traps, EIP relative to kCode and DR6 without its fixed bits.
  std::vector<Trap> run(Ticks ticks = 1000) {
    m.run(ticks);
    std::vector<Trap> traps;
    const std::vector<DeviceAccess>& accesses = m.port.accesses;
    for (std::size_t i = 0; i + 1 < accesses.size(); i += 2) {
      traps.push_back(
          {static_cast<u32>(accesses[i + 1].value) - M::kCode, static_cast<u32>(accesses[i].value) & 0xe00f});
    }
    return traps;
  }

  static constexpr u32 kHandler = M::kHandlers + 0x200;
  M m;
};

using Traps = std::vector<Tracer::Trap>;
constexpr u32 kBs = dr6::kBs;

constexpr u32 enable_breakpoint(unsigned index, unsigned kind, unsigned length) {
  return (2u << (2 * index)) | (kind << (16 + 4 * index)) | ((length - 1) << (18 + 4 * index));
}
constexpr unsigned kExecute = 0, kWrite = 1, kPort = 2, kReadWrite = 3;

}  // namespace

// --- Interrupts --------------------------------------------------------------------------------------------

TEST_CASE("An interrupt is taken at the boundary at which it is raised") {
  M m;
  m.guest().flags |= eflags::kIf;
  m.place("43 43 43 43 43 43 43 f4");
  m.at(3, [&] { m.interrupt(0x40); });
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 0x40);
  CHECK(taken.eip == M::kCode + 3);
  CHECK(m.cpu.ticks() == 4);
}

TEST_CASE("An interrupt that a port write raises is taken behind that instruction") {
  M m;
  m.guest().flags |= eflags::kIf;
  m.port.on_write = [&](u32, u64) { m.interrupt(0x40); };
  m.place("90 e640 90 90");
  CHECK(m.run_to_handler().eip == M::kCode + 3);
}

TEST_CASE("With IF clear an interrupt waits; STI lets one more instruction run") {
  M m;
  m.interrupt(0x40);
  m.place("90 90 fb 43 43 f4");
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 0x40);
  CHECK(taken.eip == M::kCode + 4);
}

TEST_CASE("STI with IF already set holds nothing back, and CLI in its shadow wins") {
  M m;
  m.guest().flags |= eflags::kIf;
  m.place("90 fb 43 f4");
  m.at(2, [&] { m.interrupt(0x40); });
  CHECK(m.run_to_handler().eip == M::kCode + 2);

  M n;
  n.interrupt(0x40);
  n.place("fb fa 43 f4");
  CHECK(n.run().reason == ExitReason::Halted);
  CHECK(n.cpu.registers.eip == M::kCode + 4);
}

TEST_CASE("A repeated instruction in the shadow of STI is interrupted after its first iteration") {
  M m;
  m.interrupt(0x40);
  m.set(Gpr::Edi, M::kData);
  m.set(Gpr::Ecx, 50);
  m.place("fb f3aa f4");
  const Taken taken = m.run_to_handler();
  CHECK(taken.eip == M::kCode + 1);
  CHECK(m.get(Gpr::Ecx) == 49);
}

TEST_CASE("POPF and IRET that set IF take an interrupt at once") {
  M m;
  m.interrupt(0x40);
  m.place("6800020000 9d 43 f4");
  CHECK(m.run_to_handler().eip == M::kCode + 6);
}

TEST_CASE("MOV SS and POP SS hold interrupts and debug traps back for one instruction; LSS does not") {
  for (const std::string_view hex : {"8ed0 43 43 f4", "16 17 43 43 f4"}) {
    INFO(hex);
    M m;
    m.guest().flags |= eflags::kIf;
    m.set(Gpr::Eax, M::data(0));
    m.place(hex);
    const Ticks before = hex[0] == '8' ? 1 : 2;
    m.at(before, [&] { m.interrupt(0x40); });
    CHECK(m.run_to_handler().eip == M::kCode + 3);
  }
  M m;
  m.guest().flags |= eflags::kIf;
  m.poke<u32>(M::kData, M::stack_top(0));
  m.poke<u16>(M::kData + 4, M::data(0));
  m.place("0fb225 00000300 43 43 f4");  // lss esp, [kData]
  m.at(1, [&] { m.interrupt(0x40); });
  CHECK(m.run_to_handler().eip == M::kCode + 7);
}

TEST_CASE("An NMI is taken with IF clear, but not in MOV SS's shadow nor before the next IRET") {
  M m;
  m.set(Gpr::Eax, M::data(0));
  m.place("90 8ed0 43 43 43 43 f4");
  m.gate(2, M::kHandlers + 0x200);
  m.place(M::kHandlers + 0x200, "e640 cf");  // out port, al; iret
  m.port.on_write = [&](u32, u64) {
    if (m.port.accesses.size() == 1) m.cpu.pulse_nmi();
  };
  m.at(2, [&] { m.cpu.pulse_nmi(); });
  CHECK(m.run().reason == ExitReason::Halted);
  REQUIRE(m.port.accesses.size() == 2);
  // One INC in the shadow, then the handler; the second NMI right behind its IRET.
  CHECK(m.port.accesses[0].tick == 3);
  CHECK(m.port.accesses[1].tick == 5);
}

TEST_CASE("STI's shadow holds back interrupts alone, not debug traps") {
  Tracer t("fb 90 f4");
  const Traps traps = t.run(100);
  REQUIRE(traps.size() >= 2);
  CHECK(Traps(traps.begin(), traps.begin() + 2) == Traps{{1, kBs}, {2, kBs}});
}

// --- HLT ---------------------------------------------------------------------------------------------------

TEST_CASE("HLT waits until an interrupt, and the handler returns behind it") {
  M m;
  m.guest().flags |= eflags::kIf;
  m.place("90 f4 43 f4");
  m.gate(0x40, M::kHandlers + 0x200);
  m.place(M::kHandlers + 0x200, "cf");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.cpu.ticks() == 2);
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.cpu.ticks() == 2);
  m.interrupt(0x40);
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.cpu.ticks() == 5);
  CHECK(m.cpu.registers.eip == M::kCode + 4);
}

TEST_CASE("HLT with IF clear wakes for an NMI only") {
  M m;
  m.place("f4 43 f4");
  CHECK(m.run().reason == ExitReason::Halted);
  m.interrupt(0x40);
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.cpu.ticks() == 1);
  m.cpu.pulse_nmi();
  CHECK(m.run_to_handler().vector == 2);
}

TEST_CASE("STI then HLT is woken by an interrupt that was pending") {
  M m;
  m.interrupt(0x40);
  m.place("fb f4");
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 0x40);
  CHECK(taken.eip == M::kCode + 2);
}

// --- Single step -------------------------------------------------------------------------------------------

TEST_CASE("With TF set there is a trap behind every instruction, the last one before included") {
  Tracer t("43 891d 00000300 7400 43 43 f4");
  const Traps traps = t.run(200);
  REQUIRE(traps.size() >= 4);
  CHECK(Traps(traps.begin(), traps.begin() + 4) == Traps{{1, kBs}, {7, kBs}, {9, kBs}, {10, kBs}});
}

TEST_CASE("A trap follows each iteration of a repeated instruction") {
  Tracer t("f3aa 90 f4");
  t.m.set(Gpr::Ecx, 3);
  t.m.set(Gpr::Edi, M::kData);
  const Traps traps = t.run(200);
  REQUIRE(traps.size() >= 4);
  CHECK(Traps(traps.begin(), traps.begin() + 4) == Traps{{0, kBs}, {0, kBs}, {2, kBs}, {3, kBs}});
}

TEST_CASE("POPF that sets TF traps behind the next instruction, one that clears it traps behind itself") {
  Tracer t("6802010000 9d 43 6802000000 9d 43 43 f4", false);
  CHECK(t.run() == Traps{{7, kBs}, {12, kBs}, {13, kBs}});
}

TEST_CASE("IRET that sets TF traps behind the instruction it returns to") {
  // push 102h; push cs; push next; iret; next: inc ebx; inc ebx; hlt
  Tracer t("6802010000 0e 680c000100 cf 43 43 f4", false);
  const Traps traps = t.run(100);
  REQUIRE(traps.size() >= 2);
  CHECK(Traps(traps.begin(), traps.begin() + 2) == Traps{{13, kBs}, {14, kBs}});
}

TEST_CASE("INT clears TF, so that its handler is not stepped; the trap follows the handler's IRET target") {
  Tracer t("90 cd30 43 43 f4");
  t.m.gate(0x30, M::kHandlers + 0x300);
  t.m.place(M::kHandlers + 0x300, "90 90 cf");
  const Traps traps = t.run(200);
  REQUIRE(traps.size() >= 3);
  // None behind the INT or in the handler: the IRET restores TF, and INC ebx is stepped.
  CHECK(Traps(traps.begin(), traps.begin() + 3) == Traps{{1, kBs}, {4, kBs}, {5, kBs}});
}

TEST_CASE("INTO that does nothing is stepped like any instruction") {
  Tracer t("ce 90 f4");
  const Traps traps = t.run(100);
  REQUIRE_FALSE(traps.empty());
  CHECK(traps[0] == Tracer::Trap{1, kBs});
}

TEST_CASE("A faulting instruction is not stepped") {
  M m;
  m.cpu.registers.flags.set_control(eflags::kTf);
  m.place("0f0b");
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 6);
  CHECK((taken.eflags & eflags::kTf) != 0);
  CHECK((taken.eflags & eflags::kRf) != 0);
  CHECK((m.guest().dr6 & kBs) == 0);
}

TEST_CASE("The step behind MOV SS is taken behind the next instruction, once") {
  Tracer t("8ed0 43 43 f4");
  t.m.set(Gpr::Eax, M::data(0));
  const Traps traps = t.run(100);
  REQUIRE(traps.size() >= 2);
  CHECK(Traps(traps.begin(), traps.begin() + 2) == Traps{{3, kBs}, {4, kBs}});
}

TEST_CASE("A step trap comes before an interrupt, which is then taken in its handler's place or later") {
  M m;
  m.guest().flags |= eflags::kIf;
  m.cpu.registers.flags.set_control(eflags::kTf);
  m.place("90 90 f4");
  m.at(1, [&] { m.interrupt(0x40); });
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 1);  // its interrupt gate clears IF
  CHECK(taken.eip == M::kCode + 1);
}

// --- Debug registers ---------------------------------------------------------------------------------------

TEST_CASE("An execution breakpoint is a fault before its instruction, which RF lets pass") {
  Tracer t("43 43 43 43 f4", false);
  t.m.guest().dr[1] = M::kCode + 2;
  t.m.guest().dr7 = dr7::kReset | enable_breakpoint(1, kExecute, 1);
  t.m.cpu.state_changed();
  t.m.set(Gpr::Ebx, 0);
  CHECK(t.run() == Traps{{2, 2}});
  CHECK(t.m.get(Gpr::Ebx) == 4);
}

TEST_CASE("The frame of an execution breakpoint does not hold RF") {
  M m;
  m.place("43 43");
  m.guest().dr[0] = M::kCode + 1;
  m.guest().dr7 = dr7::kReset | enable_breakpoint(0, kExecute, 1);
  m.cpu.state_changed();
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 1);
  CHECK(taken.eip == M::kCode + 1);
  CHECK((taken.eflags & eflags::kRf) == 0);
  CHECK(m.cpu.ticks() == 2);
  CHECK((m.cpu.registers.flags.control() & eflags::kRf) == 0);
}

TEST_CASE("An execution breakpoint on a repeated instruction is met once, also when it is interrupted") {
  Tracer t("43 f3aa 43 f4", false);
  t.m.set(Gpr::Edi, M::kData);
  t.m.set(Gpr::Ecx, 20);
  t.m.guest().flags |= eflags::kIf;
  t.m.guest().dr[0] = M::kCode + 1;
  t.m.guest().dr7 = dr7::kReset | enable_breakpoint(0, kExecute, 1);
  t.m.cpu.state_changed();
  t.m.gate(0x40, M::kHandlers + 0x300);
  t.m.place(M::kHandlers + 0x300, "8b542408 cf");  // mov edx, [esp + 8]; iret
  t.m.at(16, [&t] { t.m.interrupt(0x40); });
  CHECK(t.run() == Traps{{1, 1}});
  CHECK(t.m.get(Gpr::Ecx) == 0);
  CHECK((t.m.get(Gpr::Edx) & eflags::kRf) != 0);
}

TEST_CASE("RF in the frame of an interrupt tells a half-done instruction from one that is complete") {
  M m;
  m.guest().flags |= eflags::kIf;
  m.set(Gpr::Edi, M::kData);
  m.set(Gpr::Ecx, 20);
  m.place("f3aa 43 43 f4");
  m.at(7, [&] { m.interrupt(0x40); });
  CHECK((m.run_to_handler().eflags & eflags::kRf) != 0);
  M n;
  n.guest().flags |= eflags::kIf;
  n.place("43 43 43 f4");
  n.at(2, [&] { n.interrupt(0x40); });
  CHECK((n.run_to_handler().eflags & eflags::kRf) == 0);
}

TEST_CASE("MOV SS also hides the execution breakpoint on the instruction behind it") {
  Tracer t("8ed0 43 43 f4", false);
  t.m.set(Gpr::Eax, M::data(0));
  t.m.guest().dr[0] = M::kCode + 2;
  t.m.guest().dr7 = dr7::kReset | enable_breakpoint(0, kExecute, 1);
  t.m.cpu.state_changed();
  CHECK(t.run().empty());
}

TEST_CASE("Data breakpoints trap behind the access: writes, reads, overlaps, and not beside") {
  struct Case {
    const char* what;
    std::string_view hex;
    unsigned kind;
    unsigned length;
    bool hit;
  };
  const Case cases[] = {
      {"write", "891d 04000300", kWrite, 4, true},
      {"read of a write breakpoint", "8b1d 04000300", kWrite, 4, false},
      {"read", "8b1d 04000300", kReadWrite, 4, true},
      {"byte within", "881d 07000300", kWrite, 4, true},
      {"behind", "881d 08000300", kWrite, 4, false},
      {"word that reaches in", "66891d 03000300", kWrite, 1, true},
      {"dword before", "891d 00000300", kWrite, 4, false},
      {"read-modify-write", "ff05 04000300", kWrite, 4, true},
      {"cmp of memory", "391d 04000300", kWrite, 4, false},
      {"cmp of memory, read", "391d 04000300", kReadWrite, 4, true},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    Tracer t(std::string(c.hex) + " 43 43 f4", false);
    t.m.guest().dr[2] = M::kData + 4;
    t.m.guest().dr7 = dr7::kReset | enable_breakpoint(2, c.kind, c.length);
    t.m.cpu.state_changed();
    const u32 length = c.hex.starts_with("66") ? 7 : 6;
    CHECK(t.run() == (c.hit ? Traps{{length, 4}} : Traps{}));
  }
}

TEST_CASE("Data breakpoints see pushes and repeated stores, and stop at the right iteration") {
  Tracer t("f3aa 43 f4", false);
  t.m.set(Gpr::Edi, M::kData);
  t.m.set(Gpr::Ecx, 10);
  t.m.guest().dr[0] = M::kData + 4;
  t.m.guest().dr7 = dr7::kReset | enable_breakpoint(0, kWrite, 1);
  t.m.cpu.state_changed();
  u32 left = 0;
  t.m.port.on_write = [&](u32, u64) { left = t.m.get(Gpr::Ecx); };
  CHECK(t.run() == Traps{{0, 1}});
  CHECK(left == 5);
}

TEST_CASE("Port breakpoints trap behind IN and OUT with CR4.DE") {
  M m;
  m.guest().cr4 = cr4::kDe;
  m.guest().dr[0] = M::kPort + 3;
  m.guest().dr7 = dr7::kReset | enable_breakpoint(0, kPort, 1);
  m.cpu.state_changed();
  m.place("e642 e643 90");
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 1);
  CHECK(taken.eip == M::kCode + 4);
}

TEST_CASE("MOV DR7 takes effect at once") {
  // mov dr0, eax; mov dr7, ebx; inc ecx; inc ecx
  Tracer t("0f23c0 0f23fb 41 41 f4", false);
  t.m.set(Gpr::Eax, M::kCode + 7);
  t.m.set(Gpr::Ebx, enable_breakpoint(0, kExecute, 1));
  CHECK(t.run() == Traps{{7, 1}});
}

// --- Ends of a run -----------------------------------------------------------------------------------------

TEST_CASE("request_stop ends the run behind the instruction that asked for it") {
  M m;
  m.port.on_write = [&](u32, u64) { m.cpu.request_stop(); };
  m.place("90 e640 43 43 f4");
  CHECK(m.run().reason == ExitReason::Stopped);
  CHECK(m.cpu.ticks() == 2);
  CHECK(m.cpu.registers.eip == M::kCode + 3);
}

TEST_CASE("A triple fault shuts down and tells the chain") {
  M m;
  m.guest().idtr.limit = 0;
  m.place("0f0b");
  CHECK(m.run().reason == ExitReason::Shutdown);
  CHECK(m.guest().fault_chain_length >= 3);
  CHECK(m.guest().fault_chain[0] == 6);
  CHECK(m.run().reason == ExitReason::Shutdown);
}

}  // namespace ringdown::test
