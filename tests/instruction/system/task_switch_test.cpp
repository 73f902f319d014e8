// Hardware task switches by JMP, CALL, IRET and task gates, with 32-bit and 16-bit task-state segments.
#include "tests/instruction/system/system_machine.h"

namespace ringdown::test {

namespace {

using M = SystemMachine;
constexpr u16 kNew = M::kFree;
constexpr u32 kNewTss = 0x9000;
constexpr u32 kNewEip = 0xa000;
constexpr u32 kNewStack = 0x3'0000;
constexpr u32 kSegmentSlots = 0x48;  // ES, CS, SS, DS, FS, GS of a 32-bit TSS

u8 available(SystemType type, unsigned level = 0) {
  return static_cast<u8>(access::system(type) | access::dpl(level));
}

/// A 32-bit TSS for a task at `level`.
void make_task32(M& m, unsigned level, u32 flags = eflags::kIf) {
  m.gdt(kNew, make_descriptor(kNewTss, tss32::kSize - 1, available(SystemType::Tss32Available), kFlagsByte));
  m.poke<u32>(kNewTss + tss32::kEip, kNewEip);
  m.poke<u32>(kNewTss + tss32::kEip + 4, flags);
  for (u32 i = 0; i < 8; ++i) m.poke<u32>(kNewTss + 0x28 + 4 * i, 0x1111'1111 * (i + 1));
  m.poke<u32>(kNewTss + 0x38, kNewStack);
  for (u32 i = 0; i < 6; ++i) m.poke<u32>(kNewTss + kSegmentSlots + 4 * i, M::data(level));
  m.poke<u32>(kNewTss + kSegmentSlots + 4, M::code(level));
}

Operation far_to(u16 selector) {
  Operation op;
  op.extra = selector;
  op.length = 7;
  return op;
}

u8 type_of(M& m, u16 selector) { return m.access_byte(selector) & 0xf; }

}  // namespace

TEST_CASE("A far jump to a TSS saves one task and resumes the other") {
  M m;
  make_task32(m, 3);
  m.registers.set(Gpr::Ecx, 0xcccc'cccc);
  m.registers.flags.assign(eflags::kCf);
  m.state.dr7 |= 0x3;  // L0, G0
  m.poke<u32>(M::kTss + kSegmentSlots, 0xabab'0000);
  CHECK(!m.run(op_jmp_far, far_to(kNew)));
  CHECK(m.registers.eip == kNewEip);
  CHECK(m.registers.get(Gpr::Ecx) == 0x2222'2222);
  CHECK(m.registers.get(Gpr::Esp) == kNewStack);
  CHECK(m.state.flags == eflags::kIf);
  CHECK(m.state.cpl == 3);
  CHECK(m.state.segment(Segment::Cs).selector == M::code(3));
  CHECK(m.state.segment(Segment::Gs) == m.loaded(M::data(3)));
  CHECK(m.state.tr.selector == kNew);
  CHECK(m.state.tr.base == kNewTss);
  CHECK((m.state.cr0 & cr0::kTs) != 0);
  CHECK((m.state.dr7 & 0xff) == 0x2);
  CHECK(m.state.ldtr.selector == 0);
  CHECK(type_of(m, kNew) == static_cast<u8>(SystemType::Tss32Busy));
  CHECK(type_of(m, M::kTssSelector) == static_cast<u8>(SystemType::Tss32Available));
  CHECK(m.peek<u32>(M::kTss + tss32::kEip) == M::kEip + 7);
  CHECK(m.peek<u32>(M::kTss + tss32::kEip + 4) == (eflags::kCf | eflags::kReserved1));
  CHECK(m.peek<u32>(M::kTss + 0x2c) == 0xcccc'cccc);
  CHECK(m.peek<u32>(M::kTss + kSegmentSlots) == (0xabab'0000u | M::data(0)));  // only the selector is written
}

TEST_CASE("A call nests: link and NT, until IRET returns") {
  M m;
  make_task32(m, 0);
  CHECK(!m.run(op_call_far, far_to(kNew)));
  CHECK((m.registers.flags.control() & eflags::kNt) != 0);
  CHECK(m.peek<u16>(kNewTss) == M::kTssSelector);
  CHECK(type_of(m, M::kTssSelector) == static_cast<u8>(SystemType::Tss32Busy));
  CHECK(type_of(m, kNew) == static_cast<u8>(SystemType::Tss32Busy));

  m.registers.set(Gpr::Eax, 0xaaaa);
  CHECK(!m.run(op_iret));
  CHECK(m.registers.eip == M::kEip + 7);
  CHECK(m.state.tr.selector == M::kTssSelector);
  CHECK((m.registers.flags.control() & eflags::kNt) == 0);
  CHECK((m.peek<u32>(kNewTss + tss32::kEip + 4) & eflags::kNt) == 0);
  CHECK(m.peek<u32>(kNewTss + 0x28) == 0xaaaa);
  CHECK(type_of(m, kNew) == static_cast<u8>(SystemType::Tss32Available));
  CHECK(type_of(m, M::kTssSelector) == static_cast<u8>(SystemType::Tss32Busy));
  // The link of a task that is not busy cannot be returned to.
  m.registers.flags.set_control(eflags::kNt);
  m.poke<u16>(M::kTss, kNew);
  CHECK(Raised(m.run(op_iret)) == Raised(Vector::InvalidTss, kNew));
}

TEST_CASE("What is wrong with a TSS descriptor is found before anything changes") {
  M m(1);
  make_task32(m, 0);
  const auto jump = [&](u64 descriptor, u16 selector = kNew) {
    m.gdt(kNew, descriptor);
    return Raised(m.run(op_jmp_far, far_to(selector)));
  };
  const u8 good = available(SystemType::Tss32Available, 1);
  CHECK(jump(make_descriptor(kNewTss, 0x67, available(SystemType::Tss32Available, 0))) ==
        Raised(Vector::GeneralProtection, kNew));
  CHECK(jump(make_descriptor(kNewTss, 0x67, good), kNew | 2) == Raised(Vector::GeneralProtection, kNew));
  CHECK(jump(make_descriptor(kNewTss, 0x67, available(SystemType::Tss32Busy, 1))) ==
        Raised(Vector::GeneralProtection, kNew));
  CHECK(jump(make_descriptor(kNewTss, 0x67, static_cast<u8>(good & ~access::kPresent))) ==
        Raised(Vector::SegmentNotPresent, kNew));
  CHECK(jump(make_descriptor(kNewTss, 0x66, good)) == Raised(Vector::InvalidTss, kNew));
  m.ldt(4, make_descriptor(kNewTss, 0x67, good));
  CHECK(Raised(m.run(op_jmp_far, far_to(4))) == Raised(Vector::GeneralProtection, 4));
  m.gdt(M::kFree2, make_gate(kNew, 0, access::system(SystemType::TaskGate) | access::dpl(1)));
  m.gdt(kNew, make_descriptor(kNewTss, 0x67, available(SystemType::Tss32Available, 0), kFlagsByte));
  CHECK(!m.run(op_jmp_far, far_to(M::kFree2)));  // a gate's DPL counts, not the TSS's
  CHECK(m.state.tr.selector == kNew);
}

TEST_CASE("A task's bad segments raise #TS in the new task") {
  struct Case {
    u32 slot;
    u16 selector;
    Vector vector;
  };
  const Case cases[] = {
      {4, M::data(0), Vector::InvalidTss},                     // CS: no code
      {4, 0, Vector::InvalidTss},                              // CS: null
      {8, M::data(1), Vector::InvalidTss},                     // SS: RPL
      {12, M::kFree2, Vector::SegmentNotPresent},              // DS: not present
      {0x60 - kSegmentSlots, M::data(0), Vector::InvalidTss},  // LDT
  };
  for (const Case& c : cases) {
    M m;
    make_task32(m, 0);
    m.gdt(M::kFree2, make_descriptor(0, 0xffff, static_cast<u8>(access::kWritable & ~access::kPresent)));
    m.poke<u32>(kNewTss + kSegmentSlots + c.slot, c.selector);
    m.idt(static_cast<u8>(c.vector),
          make_gate(M::code(0), 0xb000, access::system(SystemType::InterruptGate32)));
    INFO("slot " << c.slot);
    const Fault fault = m.run(op_jmp_far, far_to(kNew));
    CHECK(m.state.tr.selector == kNew);
    CHECK((m.state.cr0 & cr0::kTs) != 0);
    CHECK(m.state.fault_chain[0] == static_cast<u8>(c.vector));
    if (c.slot == 12) {
      CHECK(!fault);
      CHECK(m.registers.eip == 0xb000);
      CHECK(m.words<u32>(m.registers.get(Gpr::Esp), 2) == std::vector<u32>{M::kFree2, kNewEip});
      CHECK(!m.state.segment(Segment::Ds).attributes.present());
    } else if (c.slot == 4) {
      CHECK(!fault);  // SS is loaded before CS is found wrong
    } else {
      // SS is not loaded yet: no handler can be entered.
      CHECK(fault.kind == Fault::Kind::Shutdown);
    }
  }
}

TEST_CASE("A task gate in the IDT pushes the error code on the new task's stack") {
  M m(3);
  make_task32(m, 0);
  m.idt(8, make_gate(kNew, 0, access::system(SystemType::TaskGate)));
  m.registers.eip = M::kEip;
  CHECK(!deliver_event(m.view, event_of(Fault::exception(Vector::DoubleFault, 0))));
  CHECK(m.state.tr.selector == kNew);
  CHECK(m.registers.get(Gpr::Esp) == kNewStack - 4);
  CHECK(m.peek<u32>(kNewStack - 4) == 0);
  CHECK(m.peek<u32>(M::kTss + tss32::kEip) == M::kEip);
  CHECK(m.state.cpl == 0);
  CHECK((m.registers.flags.control() & eflags::kNt) != 0);
}

TEST_CASE("16-bit tasks save and load words") {
  M m;
  m.gdt(kNew, make_descriptor(kNewTss, tss16::kSize - 1, available(SystemType::Tss16Available), kFlagsByte));
  m.poke<u16>(kNewTss + tss16::kIp, 0xa000);
  m.poke<u16>(kNewTss + tss16::kIp + 2, eflags::kZf);
  for (u32 i = 0; i < 8; ++i) m.poke<u16>(kNewTss + 0x12 + 2 * i, static_cast<u16>(0x100 + i));
  const u16 selectors[] = {M::data(0), M::code(0), M::data(0), M::data(0), M::kLdtSelector};
  for (u32 i = 0; i < 5; ++i) m.poke<u16>(kNewTss + 0x22 + 2 * i, selectors[i]);
  CHECK(!m.run(op_call_far, far_to(kNew)));
  CHECK(m.registers.eip == 0xa000);
  CHECK(m.registers.get(Gpr::Edi) == 0x107);
  CHECK(m.state.ldtr.selector == M::kLdtSelector);
  CHECK(m.state.segment(Segment::Fs).selector == 0);
  CHECK(m.peek<u16>(kNewTss) == M::kTssSelector);
  CHECK(!m.run(op_iret));
  CHECK(m.registers.eip == M::kEip + 7);
  CHECK(m.peek<u16>(kNewTss + tss16::kIp) == M::kEip + 2);
  CHECK(m.peek<u16>(kNewTss + 0x22) == M::data(0));
}

TEST_CASE("A task may be a virtual-8086 program, trap on its debug bit, and have its own page tables") {
  M m;
  make_task32(m, 0, eflags::kVm | eflags::kIf);
  for (u32 i = 0; i < 6; ++i) m.poke<u32>(kNewTss + kSegmentSlots + 4 * i, 0x1000 * (i + 1));
  m.poke<u16>(kNewTss + tss32::kDebugTrap, 1);
  constexpr u32 kDirectory = 0x30'0000;
  m.poke<u32>(kDirectory, 0x87);  // 4 MiB at 0
  m.poke<u32>(kNewTss + tss32::kCr3, kDirectory);
  m.state.cr4 = cr4::kPse;
  constexpr u32 kOldDirectory = 0x30'1000;
  m.poke<u32>(kOldDirectory, 0x87);
  m.state.cr3 = kOldDirectory;
  m.state.cr0 |= cr0::kPg;
  m.backend.paging_changed();
  CHECK(!m.run(op_jmp_far, far_to(kNew)));
  CHECK(m.state.virtual_8086());
  CHECK(m.state.cpl == 3);
  CHECK(m.state.segment(Segment::Cs) == v86_segment(0x2000));
  CHECK(m.state.segment(Segment::Gs) == v86_segment(0x6000));
  CHECK(m.state.pending_debug == dr6::kBt);
  CHECK(m.state.cr3 == kDirectory);
  CHECK(m.backend.paging_changes == 2);
}

}  // namespace ringdown::test
