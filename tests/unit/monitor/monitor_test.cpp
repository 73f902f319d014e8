// The monitor: the physical state it derives, the ring it never enters, what it traps and how it counts.
#include "cpu/monitor/monitor.h"

#include "cpu/system/segment_descriptor.h"
#include "tests/unit/monitor/monitored_machine.h"

namespace ringdown::test {

namespace {

using M = MonitoredMachine;

PrivilegedState protected_state(unsigned cpl) {
  CodeMachine m;
  m.set_ring(cpl);
  return m.cpu.state;
}

PrivilegedState derived(const PrivilegedState& virtual_state, Deprivilege deprivilege = Deprivilege::Ring1) {
  PrivilegedState physical;
  derive_physical_state(virtual_state, deprivilege, physical);
  return physical;
}

}  // namespace

// --- Deprivileging -----------------------------------------------------------------------------------------

TEST_CASE("Virtual rings 0 and 1 share physical ring 1; with ring 3 all do") {
  const u8 expected[] = {1, 1, 2, 3};
  for (u8 ring = 0; ring < 4; ++ring) {
    CHECK(physical_ring(ring, Deprivilege::Ring1) == expected[ring]);
    CHECK(physical_ring(ring, Deprivilege::Ring3) == 3);
    CHECK(derived(protected_state(ring)).cpl == expected[ring]);
    CHECK(derived(protected_state(ring), Deprivilege::Ring3).cpl == 3);
  }
}

TEST_CASE("The physical state is what docs/monitor.md says") {
  PrivilegedState v = protected_state(0);
  v.flags = eflags::kIopl | eflags::kVif;
  v.cr0 |= cr0::kTs | cr0::kMp | cr0::kNe | cr0::kAm;
  v.cr4 = cr4::kVme | cr4::kPvi | cr4::kTsd | cr4::kDe | cr4::kPce | cr4::kPae | cr4::kOsfxsr;
  v.msr.sysenter_cs = 8;
  const PrivilegedState p = derived(v);
  CHECK(p.cr0 == (cr0::kPe | cr0::kPg | cr0::kWp | cr0::kEt | cr0::kTs | cr0::kMp | cr0::kNe));
  CHECK(p.cr4 == (cr4::kTsd | cr4::kDe | cr4::kPce | cr4::kOsfxsr));
  CHECK(p.flags == eflags::kIf);
  CHECK(p.msr.sysenter_cs == 0);
  CHECK(p.gdtr == TableRegister{0xffc0'0000, 0xffff});
  CHECK(p.idtr.base == 0xffc2'0000);
  CHECK(p.ldtr.base == 0xffc1'0000);
  CHECK(p.tr.base == 0xffc2'1000);
  CHECK(p.segment(Segment::Cs).selector == (M::code(0) | 1u));
  CHECK(p.segment(Segment::Cs).attributes.dpl() == 1);
  CHECK(p.segment(Segment::Ss).selector == (M::data(0) | 1u));
  CHECK(p.segment(Segment::Ds).selector == M::data(0));
  CHECK(p.segment(Segment::Ds).attributes.dpl() == 1);
}

TEST_CASE("Real mode is virtual-8086 mode at ring 3 with IOPL 0, and keeps its hidden limits") {
  CodeMachine m;
  m.set_real_mode();
  PrivilegedState v = m.cpu.state;
  v.segment(Segment::Ds).limit = 0xffff'ffff;
  v.cr0 |= cr0::kAm;
  const PrivilegedState p = derived(v);
  CHECK(p.virtual_8086());
  CHECK(p.cpl == 3);
  CHECK(p.flags == (eflags::kIf | eflags::kVm));
  CHECK((p.cr0 & cr0::kAm) == 0);
  CHECK(p.segment(Segment::Ds).limit == 0xffff'ffff);
  CHECK(p.segment(Segment::Ds).attributes.dpl() == 3);
}

TEST_CASE("Alignment checks follow the guest's user code alone") {
  for (const Deprivilege deprivilege : {Deprivilege::Ring1, Deprivilege::Ring3}) {
    for (unsigned ring = 0; ring < 4; ++ring) {
      PrivilegedState v = protected_state(ring);
      v.cr0 |= cr0::kAm;
      CHECK(((derived(v, deprivilege).cr0 & cr0::kAm) != 0) == (ring == 3));
    }
  }
}

// --- Never at ring 0 ---------------------------------------------------------------------------------------

TEST_CASE("A planted entry at physical ring 0 stops the machine before it runs anything") {
  for (const Deprivilege deprivilege : {Deprivilege::Ring1, Deprivilege::Ring3}) {
    M m;
    m.place("43 43 43 f4");
    m.attach("", deprivilege);
    m.run(1);
    m.cpu.state.cpl = 0;
    const Ticks before = m.cpu.ticks();
    const Exit exit = m.run();
    CHECK(exit.reason == ExitReason::Invariant);
    CHECK(exit.qualification == M::kCode + 1);
    CHECK(m.cpu.ticks() == before);
  }
}

TEST_CASE("Kernel code retires at ring 1 or 3, never at ring 0") {
  for (const Deprivilege deprivilege : {Deprivilege::Ring1, Deprivilege::Ring3}) {
    M m;
    m.place("fa fb 43 0f20c0 0f22c0 9c 9d f4");
    m.attach("", deprivilege);
    CHECK(m.run().reason == ExitReason::Halted);
    const auto& physical = m.cpu.counters().retired_at_cpl;
    CHECK(physical[0] == 0);
    CHECK(physical[deprivilege == Deprivilege::Ring1 ? 1 : 3] == m.cpu.ticks());
    CHECK(m.statistics().virtual_cpl[0] == m.cpu.ticks());
  }
}

TEST_CASE("The guest cannot reach the monitor's tables at their linear addresses") {
  M m;
  m.enable_paging();
  // mov eax, [FFC00008h]: nothing of the guest's is mapped there
  m.place("a1 0800c0ff");
  m.attach();
  CHECK(m.run_to_handler().vector == 14);
  CHECK(m.guest().cr2 == monitor_tables::kGdtBase + 8);
}

// --- Traps -------------------------------------------------------------------------------------------------

TEST_CASE("Privileged and sensitive instructions are emulated, counted by cause and by name") {
  M m;
  m.place("43 fa 9c 58 0f20c3 e440 f4");
  m.attach();
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.traps(TrapCause::Sensitive) == 1);
  CHECK(m.traps(TrapCause::Privileged) == 4);
  CHECK(m.traps("cli") == 1);
  CHECK(m.traps("pushf") == 1);
  CHECK(m.traps("mov-from-cr") == 1);
  CHECK(m.traps("in") == 1);
  CHECK(m.traps("hlt") == 1);
  CHECK(m.statistics().emulated == 5);
  CHECK(m.cpu.ticks() == 7);
  CHECK(m.get(Gpr::Ebx) == (cr0::kPe | cr0::kEt));  // the virtual CR0
}

TEST_CASE("What virtual CPL 3 may not do is reflected to the guest's kernel, and not counted as retired") {
  M m;
  m.set_ring(3);
  m.place("90 fa");
  m.attach();
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 13);
  CHECK(taken.eip == M::kCode + 1);
  CHECK(taken.cs == M::code(3));
  CHECK((taken.eflags & eflags::kIf) == 0);
  CHECK(m.guest().cpl == 0);
  CHECK(m.statistics().emulated == 1);  // the handler's HLT
  CHECK(m.cpu.counters().exceptions[13] == 1);
}

TEST_CASE("The monitor tells virtual rings 0 and 1 apart, which share a physical ring") {
  M m;
  m.set_ring(1);
  m.place("0f20c0");  // mov eax, cr0: not at ring 1
  m.attach();
  CHECK(m.run_to_handler().vector == 13);
  M n;
  n.set_ring(1);
  n.place("668ed8 f4");  // mov ds, ax with a DPL 0 selector of RPL 1
  n.set(Gpr::Eax, M::data(0) | 1);
  n.attach();
  const Taken taken = n.run_to_handler();
  CHECK(taken.vector == 13);
  CHECK(taken.error_code == M::data(0));
}

TEST_CASE("Device accesses and stores to page tables count as emulated, once an instruction") {
  M m;
  m.enable_paging();
  // inc ebx; mov eax, [device]; inc ebx; add [device], eax; or [page table entry], 0; inc ebx; hlt
  m.place("43 a1 00002000 43 0105 00002000 8305 00000000 00 43 f4");
  m.poke<u32>(M::kCode + 15, M::page_entry(M::kData));
  m.attach();
  m.run(1);
  m.peek<u32>(M::kData);
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.traps(TrapCause::Device) >= 2);
  CHECK(m.traps(TrapCause::HiddenFault) >= 1);
  CHECK(m.statistics().emulated >= 3);
  CHECK(m.statistics().emulated <= 4);
  CHECK(m.cpu.ticks() == 7);
}

TEST_CASE("Interrupts and single steps are delivered from the virtual state") {
  M m;
  m.place("fb 43 43 43 f4");
  m.attach();
  m.at(2, [&] { m.interrupt(0x40); });
  const Taken taken = m.run_to_handler();
  CHECK(taken.vector == 0x40);
  CHECK(taken.eip == M::kCode + 2);
  CHECK((taken.eflags & eflags::kIf) != 0);
  CHECK(taken.cs == M::code(0));
  CHECK(m.cpu.counters().interrupts[0x40] == 1);
  CHECK(m.traps(TrapCause::Interrupt) == 1);
  // The virtual IF decides: the physical one is always set.
  M n;
  n.place("fa 43 43 43 f4");
  n.attach();
  n.at(2, [&] { n.interrupt(0x40); });
  CHECK(n.run().reason == ExitReason::Halted);
  CHECK(n.cpu.counters().interrupts[0x40] == 0);
}

TEST_CASE("A triple fault of the guest is a shutdown of its virtual processor") {
  M m;
  m.cpu.state.idtr.limit = 0;
  m.place("0f0b");
  m.attach();
  CHECK(m.run().reason == ExitReason::Shutdown);
  CHECK(m.guest().fault_chain[0] == 6);
}

TEST_CASE("Reset and detach give the guest's own state back") {
  M m;
  m.place("fa 43 f4");
  Monitor& monitor = m.attach();
  CHECK(m.run().reason == ExitReason::Halted);
  monitor.detach();
  CHECK(m.cpu.trap_handler() == nullptr);
  CHECK(m.cpu.state.cpl == 0);
  CHECK(m.cpu.state.segment(Segment::Cs).selector == M::code(0));
  CHECK((m.cpu.state.flags & eflags::kIf) == 0);
  CHECK(m.cpu.state.gdtr == TableRegister{M::kGdt, M::kGdtLimit});
  // It goes on bare, at ring 0.
  m.cpu.state.activity = Activity::Running;
  m.place(M::kCode + 3, "0f20c0 f4");
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.get(Gpr::Eax) == (cr0::kPe | cr0::kEt));
  m.cpu.state.activity = Activity::Running;
  monitor.attach();
  m.cpu.registers.eip = M::kCode;
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.cpu.state.cpl == 1);
}

// --- Stale segments ----------------------------------------------------------------------------------------

namespace {

u64 stale(M& m) { return m.statistics().stale_segment; }

}  // namespace

TEST_CASE("Instructions under big real-mode segments are counted apart") {
  M m;
  m.set_real_mode();
  m.place("43 43 43 43 f4");
  m.attach();
  m.run(2);
  CHECK(stale(m) == 0);
  M big;
  big.set_real_mode();
  big.cpu.state.segment(Segment::Es).limit = 0xffff'ffff;
  big.place("43 43 31c0 8ec0 43 f4");
  big.attach();
  CHECK(big.run().reason == ExitReason::Halted);
  CHECK(stale(big) == big.cpu.ticks());  // loading ES in real mode does not shrink its limit
}

TEST_CASE(
    "A descriptor that changes in memory makes its segment stale from the store on, until it is reloaded") {
  // nop; mov [descriptor of DS], eax (a base); nop; nop; mov ds, ebx; nop; hlt
  for (const bool limit : {false, true}) {
    INFO((limit ? "limit" : "base"));
    M m;
    m.gdt(M::kFree, m.peek<u64>(M::kGdt + M::data(0)));
    m.set(Gpr::Ebx, M::kFree);
    m.set(Gpr::Eax, limit ? 0x0000'1fff : 0x1000'ffff);
    m.place("8edb 90 3e8905 00000000 90 90 8ec3 8edb 90 f4");
    m.poke<u32>(M::kCode + 6, M::kGdt + M::kFree);
    m.attach();
    m.run(2);
    CHECK(stale(m) == 0);
    CHECK(m.run().reason == ExitReason::Halted);
    // NOP, NOP and MOV ES: then MOV DS takes the new descriptor, itself still under the old one.
    CHECK(stale(m) == 4);
  }
}

TEST_CASE("A table loaded in real mode is watched once protected mode is on") {
  M m;
  m.set_real_mode();
  m.poke<u16>(M::kData, M::kGdtLimit);
  m.poke<u32>(M::kData + 2, M::kGdt);
  m.gdt(M::kFree, m.peek<u64>(M::kGdt + M::data(0)));
  // mov ax, kData >> 4; mov ds, ax; lgdt [0]; mov eax, cr0; or al, 1; mov cr0, eax; jmp far 32-bit
  m.place("b80030 8ed8 0f01160000 0f20c0 0c01 0f22c0 66ea 20000100 0800");
  // mov eax, kFree; mov ss, ax; mov ds, ax and its kin; nop; mov byte [DS's base], 10h; nop; nop; hlt
  m.place(M::kCode + 0x20, "b858000000 8ed0 8ed8 8ec0 8ee0 8ee8 90 c605 5c100000 10 90 90 f4");
  m.attach();
  m.run(13);
  const u64 before = stale(m);  // between MOV CR0 and the loads segments hold what real mode put there
  m.run(1);
  CHECK(stale(m) == before);
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(stale(m) == before + 3);
}

TEST_CASE("Direct and emulated instructions are the total") {
  M m;
  m.set_ring(3);
  m.gate(0x30, M::kHandlers + 0x200, 3);
  m.place(M::kHandlers + 0x200, "fa 43 cf");
  m.place("43 43 cd30 43 ebf9");
  m.attach();
  m.run(1000);
  const u64 emulated = m.statistics().emulated;
  CHECK(emulated == m.traps("int") + m.traps("cli") + m.traps("iret"));
  CHECK(emulated < m.cpu.ticks());
  const auto& rings = m.statistics().virtual_cpl;
  CHECK(rings[0] + rings[1] + rings[2] + rings[3] == m.cpu.ticks());
  const auto& physical = m.cpu.counters().retired_at_cpl;
  CHECK(physical[1] == rings[0]);
  CHECK(physical[3] == rings[3]);
  CHECK(physical[0] == 0);
}

}  // namespace ringdown::test
