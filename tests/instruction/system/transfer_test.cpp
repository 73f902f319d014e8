// Far jumps, calls and returns, call gates, IRET, and the flags instructions.
#include "tests/instruction/system/system_machine.h"

namespace ringdown::test {

namespace {

using M = SystemMachine;

Operation far_pointer(u16 selector, u32 offset, OperandSize size = OperandSize::Dword) {
  Operation op;
  op.extra = selector;
  op.immediate = offset;
  op.size = size;
  op.length = 7;
  return op;
}
constexpr u32 kBehindFarPointer = M::kEip + 7;
constexpr u32 kTarget = 0x6000;

Operation of_size(OperandSize size, u32 immediate = 0) {
  Operation op;
  op.size = size;
  op.immediate = immediate;
  return op;
}

/// Puts dwords on the current stack, the first on top.
void put_stack(M& m, std::initializer_list<u32> values) {
  u32 address = m.state.segment(Segment::Ss).base + m.registers.get(Gpr::Esp);
  for (const u32 value : values) {
    m.poke<u32>(address, value);
    address += 4;
  }
}

}  // namespace

TEST_CASE("Far jumps reach code segments by the rules of privilege") {
  struct Case {
    u8 access;
    unsigned cpl;
    unsigned rpl;
    Raised expected;
  };
  constexpr u32 kCode = M::kFree;
  const Raised gp(Vector::GeneralProtection, kCode);
  const Case cases[] = {
      {access::kReadableCode | access::dpl(0), 0, 0, {}},
      {access::kReadableCode | access::dpl(0), 0, 1, gp},
      {access::kReadableCode | access::dpl(1), 0, 0, gp},
      {access::kReadableCode | access::dpl(0), 1, 0, gp},
      {access::kExecuteOnly | access::dpl(2), 2, 1, {}},
      {access::kConforming | access::dpl(0), 3, 3, {}},
      {access::kConforming | access::dpl(1), 2, 3, {}},
      {access::kConforming | access::dpl(3), 2, 0, gp},
      {access::kWritable, 0, 0, gp},
      {static_cast<u8>(access::kReadableCode & ~access::kPresent), 0, 0, {Vector::SegmentNotPresent, kCode}},
  };
  for (const Case& c : cases) {
    M m(c.cpl);
    m.gdt(kCode, make_descriptor(0, 0xffff, c.access));
    INFO("access " << int{c.access} << " cpl " << c.cpl << " rpl " << c.rpl);
    CHECK(Raised(m.run(op_jmp_far, far_pointer(static_cast<u16>(kCode | c.rpl), kTarget))) == c.expected);
    if (c.expected == Raised()) {
      CHECK(m.registers.eip == kTarget);
      CHECK(m.state.segment(Segment::Cs).selector == (kCode | c.cpl));
      CHECK(m.state.cpl == c.cpl);
    }
  }
  M m;
  m.gdt(kCode, make_descriptor(0, 0xffff, access::kReadableCode));
  CHECK(Raised(m.run(op_jmp_far, far_pointer(kCode, 0x1'0000))) == Raised(Vector::GeneralProtection));
  CHECK(Raised(m.run(op_jmp_far, far_pointer(0, 0))) == Raised(Vector::GeneralProtection));
  CHECK(Raised(m.run(op_jmp_far, far_pointer(M::kLdtSelector, 0))) ==
        Raised(Vector::GeneralProtection, M::kLdtSelector));
}

TEST_CASE("A far call pushes CS and EIP of its operand size, from a pointer in memory too") {
  M m;
  CHECK(!m.run(op_call_far, far_pointer(M::code(0), kTarget)));
  CHECK(m.words<u32>(m.registers.get(Gpr::Esp), 2) == std::vector<u32>{kBehindFarPointer, M::code(0)});
  m.poke<u16>(M::kOperand, 0x7000);
  m.poke<u16>(M::kOperand + 2, M::code(0));
  CHECK(!m.run(op_call_far, memory_operand(M::kOperand, OperandSize::Word)));
  CHECK(m.registers.eip == 0x7000);
  CHECK(m.registers.get(Gpr::Esp) == M::kStack - 12);
  CHECK(m.words<u16>(m.registers.get(Gpr::Esp), 2) == std::vector<u32>{M::kEip + 2, M::code(0)});
}

TEST_CASE("A call gate to an inner level switches stacks and copies parameters; RETF undoes it") {
  M m(3);
  m.gdt(M::kFree,
        make_gate(M::code(0) & ~3u, kTarget, access::system(SystemType::CallGate32) | access::dpl(3), 2));
  put_stack(m, {0x1111, 0x2222});
  m.state.segment(Segment::Es) = m.loaded(M::data(3));
  CHECK(!m.run(op_call_far, far_pointer(M::kFree | 3, 0x999)));
  CHECK(m.state.cpl == 0);
  CHECK(m.registers.eip == kTarget);
  CHECK(m.state.segment(Segment::Cs).selector == M::code(0));
  CHECK(m.state.segment(Segment::Ss).selector == M::data(0));
  CHECK(m.registers.get(Gpr::Esp) == M::kStack0 - 24);
  CHECK(m.words<u32>(M::kStack0 - 24, 6) ==
        std::vector<u32>{kBehindFarPointer, M::code(3), 0x1111, 0x2222, M::kStack, M::data(3)});

  // Segment registers that ring 3 may not use are emptied by the return.
  m.state.segment(Segment::Ds) = m.loaded(M::data(0));
  CHECK(!m.run(op_ret_far, of_size(OperandSize::Dword, 8)));
  CHECK(m.state.cpl == 3);
  CHECK(m.registers.eip == kBehindFarPointer);
  CHECK(m.registers.get(Gpr::Esp) == M::kStack + 8);
  CHECK(m.state.segment(Segment::Ss).selector == M::data(3));
  CHECK(m.state.segment(Segment::Ds).selector == 0);
  CHECK(m.state.segment(Segment::Es).selector == M::data(3));
}

TEST_CASE("Call gates are checked before anything is written") {
  M m(3);
  const u8 kGate = access::system(SystemType::CallGate32) | access::dpl(3);
  const auto call = [&](u64 gate) {
    m.gdt(M::kFree, gate);
    return Raised(m.run(op_call_far, far_pointer(M::kFree | 3, 0)));
  };
  CHECK(call(make_gate(M::code(0), 0, access::system(SystemType::CallGate32) | access::dpl(2))) ==
        Raised(Vector::GeneralProtection, M::kFree));
  CHECK(call(make_gate(M::code(0), 0, static_cast<u8>(kGate & ~access::kPresent))) ==
        Raised(Vector::SegmentNotPresent, M::kFree));
  CHECK(call(make_gate(0, 0, kGate)) == Raised(Vector::GeneralProtection));
  CHECK(call(make_gate(M::data(0), 0, kGate)) == Raised(Vector::GeneralProtection, M::data(0)));
  const u64 good = make_gate(M::code(0), kTarget, kGate);
  m.gdt(M::kFree, good);
  CHECK(Raised(m.run(op_jmp_far, far_pointer(M::kFree | 3, 0))) ==
        Raised(Vector::GeneralProtection, M::code(0)));

  // The stack that the TSS names: selector, present bit, limit, TSS limit.
  m.poke<u16>(M::kTss + tss32::kEsp0 + 4, M::data(1));
  CHECK(call(good) == Raised(Vector::InvalidTss, M::data(1) & ~3u));
  m.poke<u16>(M::kTss + tss32::kEsp0 + 4, 0);
  CHECK(call(good) == Raised(Vector::InvalidTss, 0));
  m.gdt(M::kFree2, make_descriptor(0, 0xffff, static_cast<u8>(access::kWritable & ~access::kPresent)));
  m.poke<u16>(M::kTss + tss32::kEsp0 + 4, M::kFree2);
  CHECK(call(good) == Raised(Vector::StackFault, M::kFree2));
  m.gdt(M::kFree2, make_descriptor(0, 0xfff, access::kWritable));
  CHECK(call(good) == Raised(Vector::StackFault, M::kFree2));
  m.state.tr.limit = 8;
  CHECK(call(good) == Raised(Vector::InvalidTss, M::kTssSelector));
}

TEST_CASE("A 16-bit gate pushes words, and a same-level gate uses the current stack") {
  M m(0);
  m.gdt(M::kFree, make_gate(M::code(0), kTarget, access::system(SystemType::CallGate16)));
  CHECK(!m.run(op_call_far, far_pointer(M::kFree, 0)));
  CHECK(m.registers.get(Gpr::Esp) == M::kStack - 4);
  CHECK(m.words<u16>(M::kStack - 4, 2) == std::vector<u32>{kBehindFarPointer, M::code(0)});
}

TEST_CASE("A page fault on the inner stack leaves everything as it was") {
  M m(3);
  m.gdt(M::kFree, make_gate(M::code(0), kTarget, access::system(SystemType::CallGate32) | access::dpl(3)));
  constexpr u32 kDirectory = 0x30'0000, kTable = 0x30'1000;
  m.poke<u32>(kDirectory, kTable | 7);
  for (u32 page = 0; page < 1024; ++page) m.poke<u32>(kTable + 4 * page, (page << 12) | 7);
  m.poke<u32>(kTable + 4 * ((M::kStack0 - 1) >> 12), 0);
  m.state.cr3 = kDirectory;
  m.state.cr0 |= cr0::kPg;
  m.backend.paging_changed();
  const Fault fault = m.run(op_call_far, far_pointer(M::kFree | 3, 0));
  CHECK(Raised(fault) == Raised(Vector::PageFault, page_fault::kWrite));
  CHECK(fault.address == M::kStack0 - 4);
}

TEST_CASE("Far returns are refused to inner levels and wrong segments") {
  M m(2);
  const auto ret = [&](u32 eip, u32 cs, u32 esp, u32 ss) {
    put_stack(m, {eip, cs, esp, ss});
    return Raised(m.run(op_ret_far, of_size(OperandSize::Dword)));
  };
  CHECK(ret(0, M::code(1), 0, 0) == Raised(Vector::GeneralProtection, M::code(1) & ~3u));
  CHECK(ret(0, 0, 0, 0) == Raised(Vector::GeneralProtection));
  CHECK(ret(0, M::data(2), 0, 0) == Raised(Vector::GeneralProtection, M::data(2) & ~3u));
  CHECK(ret(0, M::code(3), 0x100, 0) == Raised(Vector::GeneralProtection));
  CHECK(ret(0, M::code(3), 0x100, M::data(2)) == Raised(Vector::GeneralProtection, M::data(2) & ~3u));
  m.state.segment(Segment::Ss).limit = M::kStack + 6;
  CHECK(ret(0, M::code(2), 0, 0) == Raised(Vector::StackFault));
}

TEST_CASE("Real mode far call and return use 16-bit frames and wrap at 64 KiB") {
  M m;
  m.set_real();
  m.registers.set(Gpr::Esp, 0xabcd'0002);
  CHECK(!m.run(op_call_far, far_pointer(0x2000, 0x30, OperandSize::Word)));
  CHECK(m.registers.get(Gpr::Esp) == 0xabcd'fffe);
  CHECK(m.peek<u16>(0) == 0);
  CHECK(m.peek<u16>(0xfffe) == kBehindFarPointer);
  CHECK(m.state.segment(Segment::Cs).base == 0x2'0000);
  CHECK(!m.run(op_ret_far, of_size(OperandSize::Word)));
  CHECK(m.registers.get(Gpr::Esp) == 0xabcd'0002);
  CHECK(m.registers.eip == kBehindFarPointer);
  CHECK(Raised(m.run(op_jmp_far, far_pointer(0, 0x1'0000))) == Raised(Vector::GeneralProtection));
}

TEST_CASE("IRET changes the flags that the level may change") {
  const u32 all = 0x003f'7fd7;
  const auto flags_after = [&](unsigned cpl, unsigned iopl, OperandSize size) {
    M m(cpl);
    m.set_iopl(iopl);
    if (size == OperandSize::Dword) {
      put_stack(m, {kTarget, M::code(cpl), all & ~eflags::kVm});
    } else {
      put_stack(m, {kTarget | (u32{M::code(cpl)} << 16), all & 0xffff});
    }
    REQUIRE(!m.run(op_iret, of_size(size)));
    return m.view.eflags();
  };
  constexpr u32 kLow = eflags::kStatus | eflags::kTf | eflags::kDf | eflags::kNt | eflags::kReserved1;
  constexpr u32 kHigh = eflags::kRf | eflags::kAc | eflags::kId;
  CHECK(flags_after(0, 0, OperandSize::Dword) ==
        (kLow | kHigh | eflags::kIf | eflags::kIopl | eflags::kVif | eflags::kVip));
  CHECK(flags_after(0, 0, OperandSize::Word) == (kLow | eflags::kIf | eflags::kIopl));
  CHECK(flags_after(3, 3, OperandSize::Dword) == (kLow | kHigh | eflags::kIf | eflags::kIopl));
  CHECK(flags_after(3, 0, OperandSize::Dword) == (kLow | kHigh));
}

TEST_CASE("IRET to an outer level loads the stack; a 16-bit stack keeps the upper half of ESP") {
  M m;
  m.gdt(M::kFree, make_descriptor(0, 0xffff, access::kWritable | access::dpl(3), kFlagsByte));
  m.registers.set(Gpr::Esp, 0x2'0000);
  m.state.nmi_blocked = true;
  put_stack(m, {kTarget, M::code(3), eflags::kIf, 0x1234'5678, M::kFree | 3});
  CHECK(!m.run(op_iret, of_size(OperandSize::Dword)));
  CHECK(m.state.cpl == 3);
  CHECK(m.registers.get(Gpr::Esp) == 0x0002'5678);
  CHECK((m.state.flags & eflags::kIf) != 0);
  CHECK(!m.state.nmi_blocked);
}

TEST_CASE("IRET from ring 0 enters virtual-8086 mode") {
  M m;
  put_stack(m, {0x1234, 0x1000, eflags::kVm | eflags::kIf | eflags::kIopl, 0x800, 0x2000, 0x4000, 0x3000,
                0x5000, 0x6000});
  CHECK(!m.run(op_iret, of_size(OperandSize::Dword)));
  CHECK(m.state.virtual_8086());
  CHECK(m.state.cpl == 3);
  CHECK(m.registers.eip == 0x1234);
  CHECK(m.registers.get(Gpr::Esp) == 0x800);
  for (const auto& [segment, selector] : M::kV86Selectors)
    CHECK(m.state.segment(segment) == v86_segment(selector));

  // At any other level VM on the stack is ignored.
  M user(3);
  put_stack(user, {kTarget, M::code(3), eflags::kVm});
  CHECK(!user.run(op_iret, of_size(OperandSize::Dword)));
  CHECK(!user.state.virtual_8086());
}

TEST_CASE("PUSHF and POPF follow mode, IOPL and VME") {
  M m(3);
  m.state.flags = eflags::kIf;
  m.registers.flags.assign(eflags::kCf | eflags::kRf);
  CHECK(!m.run(op_pushf, of_size(OperandSize::Dword)));
  CHECK(m.peek<u32>(M::kStack - 4) == (eflags::kIf | eflags::kCf | eflags::kReserved1));
  m.poke<u32>(M::kStack - 4, eflags::kIopl | eflags::kZf | eflags::kAc | eflags::kVm | eflags::kVip);
  CHECK(!m.run(op_popf, of_size(OperandSize::Dword)));
  CHECK(m.view.eflags() == (eflags::kIf | eflags::kZf | eflags::kAc | eflags::kReserved1));

  M v;
  v.set_v86(0);
  v.poke<u16>(0x2'0800, eflags::kIf | eflags::kCf);
  CHECK(Raised(v.run(op_pushf, of_size(OperandSize::Word))) == Raised(Vector::GeneralProtection));
  CHECK(Raised(v.run(op_popf, of_size(OperandSize::Word))) == Raised(Vector::GeneralProtection));
  v.state.cr4 |= cr4::kVme;
  CHECK(Raised(v.run(op_popf, of_size(OperandSize::Dword))) == Raised(Vector::GeneralProtection));
  v.state.flags &= ~eflags::kIf;
  CHECK(!v.run(op_popf, of_size(OperandSize::Word)));
  CHECK((v.state.flags & (eflags::kIf | eflags::kVif)) == eflags::kVif);
  CHECK(!v.run(op_pushf, of_size(OperandSize::Word)));
  CHECK(v.peek<u16>(0x2'0800) == (eflags::kIf | eflags::kIopl | eflags::kCf | eflags::kReserved1));
  v.state.flags |= eflags::kVip;
  CHECK(Raised(v.run(op_popf, of_size(OperandSize::Word))) == Raised(Vector::GeneralProtection));
  CHECK(Raised(v.run(op_sti)) == Raised(Vector::GeneralProtection));
}

TEST_CASE("CLI and STI follow IOPL, VME and PVI; STI holds interrupts back when it turns them on") {
  for (unsigned cpl = 0; cpl < 4; ++cpl) {
    for (unsigned iopl = 0; iopl < 4; ++iopl) {
      for (const u32 pvi : {0u, cr4::kPvi}) {
        M m(cpl);
        m.set_iopl(iopl);
        m.state.cr4 = pvi;
        const bool real = cpl <= iopl;
        const bool is_virtual = !real && cpl == 3 && pvi != 0;
        const Raised expected = real || is_virtual ? Raised() : Raised(Vector::GeneralProtection);
        INFO("cpl " << cpl << " iopl " << iopl << " pvi " << pvi);
        CHECK(Raised(m.run(op_sti)) == expected);
        CHECK(((m.state.flags & eflags::kIf) != 0) == real);
        CHECK(((m.state.flags & eflags::kVif) != 0) == is_virtual);
        CHECK((m.state.shadow == InterruptShadow::Sti) == real);
        m.state.shadow = InterruptShadow::None;
        CHECK(Raised(m.run(op_sti)) == expected);
        CHECK(m.state.shadow == InterruptShadow::None);
        CHECK(Raised(m.run(op_cli)) == expected);
        CHECK((m.state.flags & (eflags::kIf | eflags::kVif)) == 0);
      }
    }
  }
}

TEST_CASE("SYSENTER and SYSEXIT load flat segments behind the selector of the MSR") {
  M m(3);
  m.state.flags = eflags::kIf;
  CHECK(Raised(m.run(op_sysenter)) == Raised(Vector::GeneralProtection));
  m.state.msr.sysenter_cs = M::kFree;
  m.state.msr.sysenter_eip = 0xc000'1234;
  m.state.msr.sysenter_esp = 0xc800'0000;
  CHECK(!m.run(op_sysenter));
  CHECK(m.state.cpl == 0);
  CHECK(m.registers.eip == 0xc000'1234);
  CHECK(m.registers.get(Gpr::Esp) == 0xc800'0000);
  CHECK(m.state.flags == 0);
  CHECK(m.state.segment(Segment::Cs) == SegmentRegister{M::kFree, {0xc09b}, 0, 0xffff'ffff});
  CHECK(m.state.segment(Segment::Ss) == SegmentRegister{M::kFree + 8, {0xc093}, 0, 0xffff'ffff});
  m.registers.set(Gpr::Edx, 0x0804'8000);
  m.registers.set(Gpr::Ecx, 0xbfff'0000);
  CHECK(!m.run(op_sysexit));
  CHECK(m.state.cpl == 3);
  CHECK(m.registers.eip == 0x0804'8000);
  CHECK(m.state.segment(Segment::Cs) == SegmentRegister{M::kFree + 16 + 3, {0xc0fb}, 0, 0xffff'ffff});
  CHECK(m.state.segment(Segment::Ss) == SegmentRegister{M::kFree + 24 + 3, {0xc0f3}, 0, 0xffff'ffff});
  CHECK(Raised(m.run(op_sysexit)) == Raised(Vector::GeneralProtection));
}

}  // namespace ringdown::test
