// Sensitive instructions that are let through: the kernel sees what it would see, deprivileged, on hardware
// without VT-x. Each is run let through and trapped: the trap hides what the other shows.
#include "cpu/system/segment_descriptor.h"
#include "tests/support/snapshot_contract.h"
#include "tests/unit/monitor/monitored_machine.h"

namespace ringdown::test {

namespace {

using M = MonitoredMachine;

/// Runs kernel code to its HLT, with one name let through or none.
struct Kernel : MonitoredMachine {
  Kernel(std::string_view hex, std::string_view let_through, Deprivilege ring = Deprivilege::Ring1) {
    place(hex);
    set(Gpr::Eax, 0);
    set(Gpr::Ebx, 0);
    attach(let_through, ring);
  }
  Kernel& halt() {
    CHECK(run().reason == ExitReason::Halted);
    return *this;
  }
};

constexpr std::string_view kPushf = "fa 9c 58 f4";                  // cli; pushf; pop eax
constexpr std::string_view kPopf = "fb 40 6802000000 9d 9c 58 f4";  // sti; inc eax; popf IF=0; pushf; pop eax
constexpr std::string_view kMovFromCs = "8cc8 8cd3 f4";             // mov eax, cs; mov ebx, ss
constexpr std::string_view kPushCs = "0e 58 f4";                    // push cs; pop eax
constexpr std::string_view kSgdt = "0f0105 00000300 f4";            // sgdt [kData]
constexpr std::string_view kSidt = "0f010d 00000300 f4";
constexpr std::string_view kSldt = "0f00c0 f4";
constexpr std::string_view kStr = "0f00c8 f4";
constexpr std::string_view kSmsw = "0f01e0 f4";
constexpr std::string_view kLar = "66b9 0b00 0f02c1 f4";      // lar eax, cx: selector 0Bh
constexpr std::string_view kCallFar = "9a 07000100 0800 f4";  // call far next; next: hlt

}  // namespace

TEST_CASE("PUSHF shows IF=1 and IOPL=0 where the kernel had cleared IF") {
  CHECK((Kernel(kPushf, "").halt().get(Gpr::Eax) & eflags::kIf) == 0);
  Kernel k(kPushf, "pushf");
  CHECK((k.halt().get(Gpr::Eax) & (eflags::kIf | eflags::kIopl)) == eflags::kIf);
  CHECK((k.guest().flags & eflags::kIf) == 0);  // the virtual IF is clear all the same
  CHECK(k.traps("pushf") == 0);
}

TEST_CASE("POPF's change of IF is silently dropped") {
  CHECK((Kernel(kPopf, "").halt().get(Gpr::Eax) & eflags::kIf) == 0);
  Kernel k(kPopf, "popf");
  CHECK((k.halt().get(Gpr::Eax) & eflags::kIf) != 0);
  CHECK(k.traps("popf") == 0);
  // The flags that are the guest's own do change.
  Kernel carry("68d7080000 9d f4", "popf");
  CHECK((carry.halt().eflags() & eflags::kStatus) == eflags::kStatus);
}

TEST_CASE("MOV from CS and SS, and PUSH CS, show the deprivileged ring") {
  CHECK(Kernel(kMovFromCs, "").halt().get(Gpr::Eax) == M::code(0));
  Kernel ring1(kMovFromCs, "mov-from-sreg");
  ring1.halt();
  CHECK(ring1.get(Gpr::Eax) == (M::code(0) | 1u));
  CHECK(ring1.get(Gpr::Ebx) == (M::data(0) | 1u));
  CHECK(Kernel(kMovFromCs, "mov-from-sreg", Deprivilege::Ring3).halt().get(Gpr::Eax) == (M::code(0) | 3u));
  CHECK(Kernel(kPushCs, "").halt().get(Gpr::Eax) == M::code(0));
  CHECK((Kernel(kPushCs, "push-cs").halt().get(Gpr::Eax) & 0xffffu) == (M::code(0) | 1u));
}

TEST_CASE("SGDT, SIDT, SLDT and STR show the monitor's tables") {
  Kernel trapped(kSgdt, "");
  trapped.halt();
  CHECK(trapped.peek<u16>(M::kData) == M::kGdtLimit);
  CHECK(trapped.peek<u32>(M::kData + 2) == M::kGdt);
  Kernel gdt(kSgdt, "sgdt");
  gdt.halt();
  CHECK(gdt.peek<u16>(M::kData) == monitor_tables::kGdtLimit);
  CHECK(gdt.peek<u32>(M::kData + 2) == monitor_tables::kGdtBase);
  Kernel idt(kSidt, "sidt");
  idt.halt();
  CHECK(idt.peek<u32>(M::kData + 2) == monitor_tables::kIdtBase);
  CHECK(Kernel(kSldt, "").halt().get(Gpr::Eax) == M::kLdtSelector);
  CHECK(Kernel(kSldt, "sldt").halt().get(Gpr::Eax) == monitor_tables::kLdtSelector);
  CHECK(Kernel(kStr, "").halt().get(Gpr::Eax) == M::kTssSelector);
  CHECK(Kernel(kStr, "str").halt().get(Gpr::Eax) == monitor_tables::kTssSelector);
}

TEST_CASE("SMSW shows the real CR0: protection and paging that the guest never switched on") {
  CHECK(Kernel(kSmsw, "").halt().get(Gpr::Eax) == (cr0::kPe | cr0::kEt));
  const u32 shown = Kernel(kSmsw, "smsw").halt().get(Gpr::Eax);
  CHECK((shown & (cr0::kPe | cr0::kPg | cr0::kWp)) == (cr0::kPe | cr0::kPg | cr0::kWp));
  // In real mode, PE is the betrayal.
  for (const std::string_view let_through : {"", "smsw"}) {
    M m;
    m.set_real_mode();
    m.place("0f01e0 f4");
    m.attach(let_through);
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK((m.get(Gpr::Eax) & cr0::kPe) == (let_through.empty() ? 0 : cr0::kPe));
  }
}

TEST_CASE("LAR, LSL, VERR and VERW judge for the deprivileged ring") {
  // Selector 0Bh: ring 0's code with RPL 3. At ring 1 its shadow has DPL 1: RPL 3 may not see it either way.
  CHECK((Kernel(kLar, "").halt().eflags() & eflags::kZf) == 0);
  // RPL 1 is the silent witness: refused at ring 0 (DPL 0 < RPL 1), accepted at ring 1 with the shadow's
  // DPL 1.
  constexpr std::string_view kWitness = "66b9 0900 0f02c1 f4";
  CHECK((Kernel(kWitness, "").halt().eflags() & eflags::kZf) == 0);
  Kernel lar(kWitness, "lar");
  CHECK((lar.halt().eflags() & eflags::kZf) != 0);
  CHECK(((lar.get(Gpr::Eax) >> 13) & 3) == 1);  // and the access rights show DPL 1
  CHECK((Kernel("66b9 0900 0f03c1 f4", "lsl").halt().eflags() & eflags::kZf) != 0);
  CHECK((Kernel("66b9 1100 0f00e9 f4", "").halt().eflags() & eflags::kZf) == 0);
  CHECK((Kernel("66b9 1100 0f00e9 f4", "verw").halt().eflags() & eflags::kZf) != 0);
}

TEST_CASE("A far CALL pushes the CS of the deprivileged ring; the monitor still knows ring 0") {
  Kernel trapped(kCallFar, "");
  trapped.halt();
  CHECK(trapped.peek<u16>(M::stack_top(0) - 4) == M::code(0));
  Kernel k(kCallFar, "call-far");
  k.halt();
  CHECK(k.peek<u16>(M::stack_top(0) - 4) == (M::code(0) | 1u));
  CHECK(k.guest().cpl == 0);
  CHECK(k.guest().segment(Segment::Cs).selector == M::code(0));
}

TEST_CASE("A far CALL or JMP to another selector is adopted with the ring that the guest believes in") {
  for (const std::string_view hex : {"9a 07000100 5800 fa 8ccb f4", "ea 07000100 5800 fa 8ccb f4"}) {
    INFO(hex);
    M m;
    m.gdt(M::kFree, segment_descriptor(0, 0xf'ffff, 0x9b));
    m.place(hex);  // call far or jmp far next; next: cli; mov ebx, cs; hlt
    m.attach("call-far,jmp-far");
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK(m.guest().cpl == 0);
    CHECK(m.guest().segment(Segment::Cs).selector == M::kFree);
    CHECK(m.guest().segment(Segment::Cs).attributes.dpl() == 0);
    CHECK(m.get(Gpr::Ebx) == M::kFree);
  }
}

TEST_CASE("A far RET to user code that is let through is user code to the monitor too") {
  M m;
  // push user SS; push ESP; push user CS; push target; retf; target: in user mode, CLI is refused
  m.place("6a23 6800400200 6a1b 6810000100 cb");
  m.poke<u8>(M::kCode + 1, static_cast<u8>(M::data(3)));
  m.poke<u8>(M::kCode + 8, static_cast<u8>(M::code(3)));
  m.place(M::kCode + 0x10, "fa");
  m.attach("ret-far");
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 13);
  CHECK(taken.cs == M::code(3));
  CHECK(taken.eip == M::kCode + 0x10);
}

TEST_CASE("Behind a transfer that was let through, page rights are those of the ring that was reached") {
  constexpr u32 kPage = 0x5'0000, kSupervisor = 3;
  M out;
  out.enable_paging();
  out.poke<u32>(M::page_entry(kPage), kPage | kSupervisor);
  out.place("6a23 6800400200 6a1b 6810000100 cb");
  out.poke<u8>(M::kCode + 1, static_cast<u8>(M::data(3)));
  out.poke<u8>(M::kCode + 8, static_cast<u8>(M::code(3)));
  out.place(M::kCode + 0x10, "36 a1 00000500");  // mov eax, [kPage], at ring 3
  out.attach("ret-far");
  const Taken taken = out.run_to_handler();
  CHECK(taken.vector == 14);
  CHECK(taken.error_code == (page_fault::kUser | page_fault::kPresent));

  M in;
  in.set_ring(3);
  in.enable_paging();
  in.poke<u32>(M::page_entry(kPage), kPage | kSupervisor);
  in.gate(0x30, M::kHandlers + 0x200, 3);
  in.place(M::kHandlers + 0x200,
           "36 c705 00000500 78563412 fa f4");  // mov dword [kPage], 12345678h; cli; hlt
  in.place("cd30");
  in.attach("int");
  CHECK(in.run().reason == ExitReason::Halted);
  CHECK(in.peek<u32>(kPage) == 0x1234'5678);
}

TEST_CASE("A segment load of RPL 1 that ring 0 refuses succeeds, and is derived anew at the next trap") {
  constexpr std::string_view kLoad = "66b8 1100 8ed8 fa 8cdb f4";  // mov ds, 11h; cli; mov ebx, ds
  M trapped;
  trapped.place(kLoad);
  trapped.attach();
  CHECK(trapped.run_to_handler().vector == 13);
  Kernel k(kLoad, "mov-to-sreg");
  k.halt();
  CHECK(k.get(Gpr::Ebx) == 0x11);
  CHECK(k.guest().segment(Segment::Ds).selector == 0x11);
  CHECK(k.guest().segment(Segment::Ds).attributes.dpl() == 0);  // as the guest's own descriptor says
}

TEST_CASE("A reload of the same selector takes what the descriptor holds by then") {
  // mov ds, eax; mov es, eax (trapped or not); mov [descriptor], base 5_0000h; mov es, eax; cli; mov ebx,
  // es:[0]
  M m;
  m.gdt(M::kFree, segment_descriptor(0x4'0000, 0xffff, 0x93));
  m.poke<u32>(0x4'0000, 4);
  m.poke<u32>(0x5'0000, 5);
  m.place("8ec0 3e c605 00000000 05 8ec0 fa 268b1d 00000000 f4");
  m.poke<u32>(M::kCode + 5, M::kGdt + M::kFree + 4);
  m.set(Gpr::Eax, M::kFree);
  m.attach("mov-to-sreg");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.get(Gpr::Ebx) == 5);
  CHECK(m.guest().segment(Segment::Es).base == 0x5'0000);
}

TEST_CASE("In real mode segment loads and far transfers that are let through are what they are trapped") {
  // mov ax, 4000h; mov es, ax; push es; pop fs; jmp 0040h:0; cli; mov eax, es:[0]; mov ebx, fs:[0]; hlt
  for (const std::string_view let_through : {"", "all"}) {
    M m;
    m.set_real_mode();
    m.poke<u32>(0x4'0000, 0x1234'5678);
    m.place("b80040 8ec0 06 0fa1 ea00004000");
    m.place(0x400, "fa 66 26a10000 66 648b1e0000 f4");
    m.attach(let_through);
    CHECK(m.run().reason == ExitReason::Halted);
    CHECK(m.get(Gpr::Eax) == 0x1234'5678);
    CHECK(m.get(Gpr::Ebx) == 0x1234'5678);
    CHECK(m.guest().segment(Segment::Cs).selector == 0x40);
    CHECK(m.guest().segment(Segment::Es).base == 0x4'0000);
    CHECK(m.guest().segment(Segment::Es).attributes.dpl() == 0);
  }
}

TEST_CASE("What was let through just before is part of the state that is saved and handed back") {
  M m;
  m.place("8ec0 43 43 f4");  // mov es, eax; inc ebx...
  m.set(Gpr::Eax, M::data(0) | 1);
  m.attach("mov-to-sreg");
  m.run(1);
  CHECK(m.guest().segment(Segment::Es).selector == M::data(0));
  static_cast<void>(payload_of(*m.monitor));
  CHECK(m.guest().segment(Segment::Es).selector == (M::data(0) | 1u));
}

TEST_CASE("At ring 3 the kernel's stack is the kernel's, also for what is let through") {
  M m;
  m.enable_paging();
  const u32 stack_page = (M::stack_top(0) - 4) & ~kPageOffsetMask;
  constexpr u32 kSupervisor = 3;
  m.poke<u32>(M::page_entry(stack_page), stack_page | kSupervisor);
  m.place(
      "fa 9c 58 6802000000 9d 0e 5b 9a 12000100 0800 f4");  // pushf; popf; push cs; call far next; next: hlt
  m.attach("all", Deprivilege::Ring3);
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK((m.get(Gpr::Eax) & eflags::kIf) != 0);
  CHECK((m.get(Gpr::Ebx) & 0xffff) == (M::code(0) | 3u));
}

TEST_CASE("MOV SS of a ring 0 selector faults at ring 1, and the fault is reflected, not repaired") {
  Kernel k("66b8 1000 8ed0 f4", "mov-to-sreg");
  const Taken taken = k.run_to_handler();
  CHECK(taken.vector == 13);
  CHECK(taken.error_code == M::data(0));
  CHECK(taken.eip == M::kCode + 4);
}

TEST_CASE("A far RET to RPL 1 stays on its stack: SS:ESP is not popped") {
  // push SS; push ESP; push 9 (CS of RPL 1); push target; retf: at ring 0 this is an inter-ring return.
  constexpr std::string_view kReturn = "6a22 6800500200 6a09 6810000100 cb 90 f4";
  M m;
  m.place(kReturn);
  m.attach("ret-far");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.get(Gpr::Esp) == M::stack_top(0) - 8);
}

TEST_CASE("INT n that is let through goes through a shadow gate to the guest's own handler") {
  for (const std::string_view let_through : {"int,iret", "int"}) {
    INFO(let_through);
    M m;
    m.gate(0x30, M::kHandlers + 0x200);
    m.place(M::kHandlers + 0x200, "8b442404 cf");  // mov eax, [esp + 4]: the pushed CS; iret
    m.place("cd30 43 f4");
    m.set(Gpr::Ebx, 0);
    m.attach(let_through);
    const Taken taken = m.run_to_handler();
    CHECK((m.get(Gpr::Eax) & 0xffff) == (M::code(0) | 1u));
    CHECK(m.traps("int") == 0);
    // An emulated IRET takes the pushed RPL 1 for a return to an outer ring, and refuses it.
    CHECK(m.get(Gpr::Ebx) == (let_through == "int" ? 0 : 1));
    CHECK(taken.vector == (let_through == "int" ? 13 : -1));
  }
}

TEST_CASE("INT from user code reaches the kernel's stack from the TSS") {
  M m;
  m.set_ring(3);
  m.gate(0x30, M::kHandlers + 0x200, 3);
  m.place(M::kHandlers + 0x200, "89e3 fa f4");  // mov ebx, esp; cli; hlt
  m.place("cd30");
  m.attach("int");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.get(Gpr::Ebx) == M::stack_top(0) - 20);
  CHECK(m.guest().cpl == 0);
  CHECK(m.peek<u32>(M::stack_top(0) - 16) == M::code(3));
}

TEST_CASE(
    "Virtual-8086 mode traps PUSHF, POPF, INT and IRET by IOPL: real mode does not notice them let through") {
  M m;
  m.set_real_mode();
  m.poke<u32>(4 * 0x30, M::kHandlers + 0x200);
  m.place(M::kHandlers + 0x200, "43 cf");
  m.place("fa 9c 58 fb 9c 5a 68d600 9d 9c 59 cd30 f4");
  m.set(Gpr::Ebx, 0);
  m.attach("all");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK((m.get(Gpr::Eax) & eflags::kIf) == 0);
  CHECK((m.get(Gpr::Edx) & eflags::kIf) != 0);
  CHECK((m.get(Gpr::Ecx) & 0xff) == 0xd6);
  CHECK(m.get(Gpr::Ebx) == 1);
}

TEST_CASE("A policy can change while the guest runs") {
  M m;
  m.place("fa 9c 58 ebfc");
  m.attach();
  m.run(30);
  CHECK((m.get(Gpr::Eax) & eflags::kIf) == 0);
  Policy policy;
  REQUIRE(policy.let_through("pushf"));
  m.monitor->set_policy(policy);
  m.run(30);
  CHECK((m.get(Gpr::Eax) & eflags::kIf) != 0);
  m.monitor->set_policy(Policy());
  m.run(30);
  CHECK((m.get(Gpr::Eax) & eflags::kIf) == 0);
}

TEST_CASE("At ring 3 kernel and user see ring 3, and the kernel's pages stay out of user's reach") {
  Kernel k(kPushf, "pushf", Deprivilege::Ring3);
  CHECK((k.halt().get(Gpr::Eax) & eflags::kIf) != 0);
  CHECK(k.cpu.counters().retired_at_cpl[3] == k.cpu.ticks());
}

}  // namespace ringdown::test
