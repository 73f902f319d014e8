// Delivery of events: gates, stacks, error codes, nested faults, real and virtual-8086 mode.
#include "tests/instruction/system/system_machine.h"

namespace ringdown::test {

namespace {

using M = SystemMachine;
constexpr u32 kHandler = 0x7000;
const u8 kInterruptGate = access::system(SystemType::InterruptGate32);
const u8 kTrapGate = access::system(SystemType::TrapGate32);

Event exception(Vector vector, u32 error_code = 0) { return event_of(Fault::exception(vector, error_code)); }
Event external(u8 vector) {
  Event event;
  event.source = Event::Source::External;
  event.vector = vector;
  return event;
}
Operation int_n(u8 vector) {
  Operation op;
  op.immediate = vector;
  return op;
}

}  // namespace

TEST_CASE("An exception at the same level pushes flags, CS, EIP and its error code") {
  M m;
  m.state.flags = eflags::kIf;
  m.registers.flags.set_control(eflags::kTf | eflags::kNt);
  m.registers.eip = M::kEip;
  m.state.activity = Activity::Halted;
  m.idt(13, make_gate(M::code(0), kHandler, kInterruptGate));
  CHECK(!deliver_event(m.view, exception(Vector::GeneralProtection, 0x1234)));
  CHECK(m.registers.eip == kHandler);
  CHECK(m.registers.get(Gpr::Esp) == M::kStack - 16);
  const u32 pushed = eflags::kIf | eflags::kTf | eflags::kNt | eflags::kRf | eflags::kReserved1;
  CHECK(m.words<u32>(M::kStack - 16, 4) == std::vector<u32>{0x1234, M::kEip, M::code(0), pushed});
  CHECK(m.view.eflags() == eflags::kReserved1);
  CHECK(m.state.activity == Activity::Running);
}

TEST_CASE("Interrupts to ring 0 use the TSS's stack; a trap gate keeps IF; RF is not set") {
  M m(3);
  m.state.flags = eflags::kIf;
  m.registers.eip = M::kEip;
  m.idt(0x40, make_gate(M::code(0), kHandler, kTrapGate));
  CHECK(!deliver_event(m.view, external(0x40)));
  CHECK(m.state.cpl == 0);
  CHECK(m.state.flags == eflags::kIf);
  CHECK(m.words<u32>(M::kStack0 - 20, 5) ==
        std::vector<u32>{M::kEip, M::code(3), eflags::kIf | eflags::kReserved1, M::kStack, M::data(3)});
  CHECK(m.state.segment(Segment::Ds).selector == M::data(3));
}

TEST_CASE("INT n and INT3 check the gate's DPL, exceptions and INTR do not") {
  M m(3);
  m.idt(3, make_gate(M::code(0), kHandler, kInterruptGate));
  m.idt(0x80, make_gate(M::code(0), kHandler, kInterruptGate));
  CHECK(Raised(m.run(op_int, int_n(0x80))) == Raised(Vector::GeneralProtection, 0x80 * 8 + 2));
  CHECK(Raised(m.run(op_int3)) == Raised(Vector::GeneralProtection, 3 * 8 + 2));
  CHECK(Raised(m.run(op_int, int_n(0xff))) == Raised(Vector::GeneralProtection, 0xff * 8 + 2));
  m.idt(0x80, make_gate(M::code(0), kHandler, kInterruptGate | access::dpl(3)));
  CHECK(!m.run(op_int, int_n(0x80)));
  CHECK(m.peek<u32>(M::kStack0 - 20) == M::kEip + 2);
  CHECK(!m.run(op_into));
  m.registers.flags.assign(eflags::kOf);
  CHECK(Raised(m.run(op_into)) == Raised(Vector::GeneralProtection, 4 * 8 + 2));
}

TEST_CASE("Faults of delivery have EXT set for events from outside the instruction") {
  M m;
  m.idt(13, make_gate(M::code(0), kHandler, kInterruptGate));
  m.idt(11, make_gate(M::code(0), kHandler + 1, kInterruptGate));
  m.idt(0x21, make_gate(M::code(0), 0, static_cast<u8>(kInterruptGate & ~access::kPresent)));
  CHECK(!deliver_event(m.view, external(0x20)));  // an empty gate
  CHECK(m.registers.eip == kHandler);
  CHECK(m.peek<u32>(m.registers.get(Gpr::Esp)) == 0x20 * 8 + 3);
  CHECK(!deliver_event(m.view, external(0x21)));
  CHECK(m.registers.eip == kHandler + 1);
  CHECK(m.peek<u32>(m.registers.get(Gpr::Esp)) == 0x21 * 8 + 3);
  CHECK(m.state.fault_chain_length == 2);
  CHECK(m.state.fault_chain[0] == 0x21);
  CHECK(m.state.fault_chain[1] == 11);
}

TEST_CASE("Contributory faults make a double fault, and a third one shuts the processor down") {
  M m;
  m.idt(8, make_gate(M::code(0), kHandler, kInterruptGate));
  m.registers.eip = M::kEip;
  CHECK(!deliver_event(m.view, exception(Vector::GeneralProtection)));  // no gate for 13
  CHECK(m.registers.eip == kHandler);
  CHECK(m.words<u32>(m.registers.get(Gpr::Esp), 2) == std::vector<u32>{0, M::kEip});
  // A benign first event: the second fault is delivered instead.
  m.idt(13, make_gate(M::code(0), kHandler + 4, kInterruptGate));
  CHECK(!deliver_event(m.view, exception(Vector::InvalidOpcode)));
  CHECK(m.registers.eip == kHandler + 4);

  m.state.idtr.limit = 0;
  const M::Saved before = m.save();
  CHECK(deliver_event(m.view, exception(Vector::InvalidOpcode)).kind == Fault::Kind::Shutdown);
  CHECK(m.state.activity == Activity::Shutdown);
  CHECK(m.registers.eip == before.registers.eip);
  CHECK(m.state.fault_chain_length == 4);
  CHECK(m.state.fault_chain == std::array<u8, 4>{6, 13, 8, 13});
}

TEST_CASE("A page fault while a #PF or #GP is delivered") {
  // The inner stack is not mapped for the handler's push.
  M m(3);
  constexpr u32 kDirectory = 0x30'0000, kTable = 0x30'1000;
  m.poke<u32>(kDirectory, kTable | 7);
  for (u32 page = 0; page < 1024; ++page) m.poke<u32>(kTable + 4 * page, (page << 12) | 7);
  m.poke<u32>(kTable + 4 * ((M::kStack0 - 1) >> 12), 0);
  m.state.cr3 = kDirectory;
  m.state.cr0 |= cr0::kPg;
  m.backend.paging_changed();
  m.idt(13, make_gate(M::code(0), kHandler, kInterruptGate));
  m.idt(14, make_gate(M::code(0) & ~3u, kHandler, kInterruptGate));
  // #GP, then #PF on its stack, then #PF again: a double fault, which has no gate here.
  CHECK(deliver_event(m.view, exception(Vector::GeneralProtection)).kind == Fault::Kind::Shutdown);
  CHECK(m.state.fault_chain[0] == 13);
  CHECK(m.state.fault_chain[1] == 14);
  CHECK(m.state.fault_chain[2] == 8);
  CHECK(m.state.cr2 == M::kStack0 - 4);

  m.gdt(M::kFree, make_descriptor(0, 0xf'ffff, access::kConforming, kFlags32Pages));
  m.idt(14, make_gate(M::kFree, kHandler, kInterruptGate));
  m.state.activity = Activity::Running;
  CHECK(!deliver_event(m.view, exception(Vector::GeneralProtection)));  // 13 faults, 14 runs at ring 3
  CHECK(m.state.cpl == 3);
  CHECK(m.peek<u32>(m.registers.get(Gpr::Esp)) == page_fault::kWrite);
}

TEST_CASE("CR2, DR6 and DR7 change as their exceptions say") {
  M m;
  m.idt(14, make_gate(M::code(0), kHandler, kInterruptGate));
  m.idt(1, make_gate(M::code(0), kHandler, kInterruptGate));
  CHECK(!deliver_event(m.view, event_of(Fault::page(0xdead'b000, 2))));
  CHECK(m.state.cr2 == 0xdead'b000);
  m.state.dr7 |= dr7::kGd;
  m.state.dr6 |= dr6::kB0 << 3;
  Event step = exception(Vector::Debug);
  step.address = dr6::kBs | dr6::kB0;
  CHECK(!deliver_event(m.view, step));
  CHECK(m.state.dr6 == (dr6::kReset | dr6::kBs | dr6::kB0));
  CHECK((m.state.dr7 & dr7::kGd) == 0);
  CHECK((m.peek<u32>(m.registers.get(Gpr::Esp) + 8) & eflags::kRf) == 0);
}

TEST_CASE("Real mode goes through the vector table and checks its limit") {
  M m;
  m.set_real();
  m.state.flags = eflags::kIf;
  m.registers.flags.set_control(eflags::kAc | eflags::kTf);
  m.poke<u16>(0x10 * 4, 0x1234);
  m.poke<u16>(0x10 * 4 + 2, 0xf000);
  CHECK(!m.run(op_int, int_n(0x10)));
  CHECK(m.registers.eip == 0x1234);
  CHECK(m.state.segment(Segment::Cs).base == 0xf'0000);
  CHECK(m.words<u16>(0x8000 - 6, 3) ==
        std::vector<u32>{M::kEip + 2, 0, eflags::kIf | eflags::kTf | eflags::kReserved1});
  CHECK(m.view.eflags() == eflags::kReserved1);

  Operation iret;
  iret.size = OperandSize::Word;
  CHECK(!m.run(op_iret, iret));
  CHECK(m.registers.eip == M::kEip + 2);
  CHECK(m.state.flags == eflags::kIf);

  m.state.idtr.limit = 0x10 * 4 + 2;
  CHECK(Raised(m.run(op_int, int_n(0x10))) == Raised(Vector::GeneralProtection));
  m.state.idtr.limit = 0;
  CHECK(deliver_event(m.view, exception(Vector::GeneralProtection)).kind == Fault::Kind::Shutdown);
}

TEST_CASE("An event in virtual-8086 mode saves and empties the data segments; IRET restores them") {
  M m;
  m.set_v86(3);
  const M::Saved before = m.save();
  m.registers.eip = 0x100;
  m.idt(0x21, make_gate(M::code(0), kHandler, kInterruptGate));
  CHECK(!deliver_event(m.view, external(0x21)));
  CHECK(!m.state.virtual_8086());
  CHECK(m.state.cpl == 0);
  const u32 flags = eflags::kVm | eflags::kIopl | eflags::kIf | eflags::kReserved1;
  CHECK(m.words<u32>(M::kStack0 - 36, 9) ==
        std::vector<u32>{0x100, 0x1000, flags, 0x800, 0x2000, 0x4000, 0x3000, 0x5000, 0x6000});
  CHECK(m.state.segment(Segment::Gs).selector == 0);
  CHECK(!m.state.segment(Segment::Ds).attributes.present());
  Operation iret;
  CHECK(!m.run(op_iret, iret));
  CHECK(m.state.flags == (flags & eflags::kPrivileged));
  CHECK(m.save().segments == before.segments);
  // Through a gate to any level but 0: #GP with the selector of the code segment.
  m.idt(0x22, make_gate(M::code(1), kHandler, kInterruptGate));
  m.idt(13, make_gate(M::code(0), kHandler, kInterruptGate));
  CHECK(!deliver_event(m.view, external(0x22)));
  CHECK(m.peek<u32>(m.registers.get(Gpr::Esp)) == ((M::code(1) & ~3u) | 1));
}

TEST_CASE("INT n in virtual-8086 mode: IOPL, VME and the redirection bitmap") {
  M m;
  m.set_v86(0);
  m.idt(0x21, make_gate(M::code(0), kHandler, kInterruptGate | access::dpl(3)));
  m.poke<u16>(0x21 * 4, 0x4444);
  m.poke<u16>(0x21 * 4 + 2, 0x7000);
  CHECK(Raised(m.run(op_int, int_n(0x21))) == Raised(Vector::GeneralProtection));

  m.state.cr4 |= cr4::kVme;
  constexpr u16 kIoMap = 0x100;
  m.poke<u16>(M::kTss + tss32::kIoMapBase, kIoMap);
  const u32 bitmap = M::kTss + kIoMap - tss32::kRedirectionBytes + 0x21 / 8;
  m.poke<u8>(bitmap, 1 << (0x21 % 8));
  CHECK(Raised(m.run(op_int, int_n(0x21))) == Raised(Vector::GeneralProtection));

  m.poke<u8>(bitmap, 0);
  m.state.flags = eflags::kVm | eflags::kIf | eflags::kVif;
  CHECK(!m.run(op_int, int_n(0x21)));
  CHECK(m.state.virtual_8086());
  CHECK(m.registers.eip == 0x4444);
  CHECK(m.state.segment(Segment::Cs) == v86_segment(0x7000));
  CHECK(m.state.flags == (eflags::kVm | eflags::kIf));
  CHECK(m.peek<u16>(0x2'0800 - 2) == (eflags::kIf | eflags::kIopl | eflags::kReserved1));
  Operation iret;
  iret.size = OperandSize::Word;
  CHECK(!m.run(op_iret, iret));
  CHECK(m.state.flags == (eflags::kVm | eflags::kIf | eflags::kVif));

  // With IOPL 3 the bitmap chooses between the program's handler and the IDT's.
  m.set_v86(3);
  CHECK(!m.run(op_int, int_n(0x21)));
  CHECK(m.registers.eip == 0x4444);
  CHECK((m.state.flags & eflags::kIf) == 0);
  m.set_v86(3);
  m.poke<u8>(bitmap, 1 << (0x21 % 8));
  CHECK(!m.run(op_int, int_n(0x21)));
  CHECK(m.registers.eip == kHandler);
  // INT3 is not subject to IOPL.
  m.set_v86(0);
  m.idt(3, make_gate(M::code(0), kHandler + 3, kInterruptGate | access::dpl(3)));
  CHECK(!m.run(op_int3));
  CHECK(m.registers.eip == kHandler + 3);
}

}  // namespace ringdown::test
