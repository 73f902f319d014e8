// Loads of segment registers: every combination of descriptor and privilege, against the manual's rules.
#include "tests/instruction/system/system_machine.h"

namespace ringdown::test {

namespace {

Operation move_to(Segment segment) {
  Operation op = register_operand(Gpr::Eax, OperandSize::Word);
  op.number = static_cast<u8>(segment) & 7;
  return op;
}

struct Case {
  u8 type;  // S and type, without P and DPL
  unsigned dpl;
  bool present;
  unsigned cpl;
  unsigned rpl;
};

constexpr u8 kTypes[] = {0x10, 0x12, 0x16, 0x18, 0x1a, 0x1c, 0x1e, 0x02, 0x0c};

template <class Check>
void for_each_case(Check check) {
  for (const u8 type : kTypes) {
    for (unsigned bits = 0; bits < 128; ++bits) {
      check(Case{type, bits & 3, (bits & 4) != 0, (bits >> 3) & 3, (bits >> 5) & 3});
    }
  }
}

// Intel SDM vol. 2, MOV: "IF DS, ES, FS, or GS is loaded with non-NULL selector".
Raised expected_for_data(const Case& c, u32 code) {
  const bool segment = (c.type & 0x10) != 0;
  const bool is_code = (c.type & 8) != 0;
  if (!segment || (is_code && (c.type & 2) == 0)) return {Vector::GeneralProtection, code};
  const bool conforming = is_code && (c.type & 4) != 0;
  if (!conforming && (c.rpl > c.dpl || c.cpl > c.dpl)) return {Vector::GeneralProtection, code};
  if (!c.present) return {Vector::SegmentNotPresent, code};
  return {};
}

// "IF SS is loaded".
Raised expected_for_stack(const Case& c, u32 code) {
  const bool writable_data = (c.type & 0x1a) == 0x12;
  if (c.rpl != c.cpl || !writable_data || c.dpl != c.cpl) return {Vector::GeneralProtection, code};
  if (!c.present) return {Vector::StackFault, code};
  return {};
}

void check_case(SystemMachine& m, const Case& c, Segment segment, Raised expected) {
  m.set_level(c.cpl);
  m.state.shadow = InterruptShadow::None;
  const u8 access = static_cast<u8>(c.type | access::dpl(c.dpl) | (c.present ? access::kPresent : 0));
  m.gdt(SystemMachine::kFree, make_descriptor(0x12'3000, 0x4567, access, kFlagsByte));
  const u16 selector = static_cast<u16>(SystemMachine::kFree | c.rpl);
  m.registers.set(Gpr::Eax, selector);
  const Raised raised = m.run(op_mov_to_sreg, move_to(segment));
  INFO("type " << int{c.type} << " dpl " << c.dpl << " present " << c.present << " cpl " << c.cpl << " rpl "
               << c.rpl);
  REQUIRE(raised == expected);
  const bool accessed = (m.access_byte(SystemMachine::kFree) & 1) != 0;
  REQUIRE(accessed == (raised == Raised{}));
  if (raised == Raised{}) {
    const SegmentRegister& reg = m.state.segment(segment);
    REQUIRE(reg.selector == selector);
    REQUIRE(reg.base == 0x12'3000);
    REQUIRE(reg.limit == 0x4567);
    REQUIRE(reg.attributes.value == (access | 1));
  }
}

}  // namespace

TEST_CASE("Loads of data and stack segments are checked as the manual says") {
  SystemMachine m;
  for_each_case([&](const Case& c) {
    check_case(m, c, Segment::Fs, expected_for_data(c, SystemMachine::kFree));
    check_case(m, c, Segment::Ss, expected_for_stack(c, SystemMachine::kFree));
  });
}

TEST_CASE("Selectors beyond their table raise #GP with the selector") {
  SystemMachine m;
  const auto load = [&](u16 selector) {
    m.registers.set(Gpr::Eax, selector);
    return Raised(m.run(op_mov_to_sreg, move_to(Segment::Es)));
  };
  CHECK(load(0x107) == Raised(Vector::GeneralProtection, 0x104));
  CHECK(load(32 * 8) == Raised(Vector::GeneralProtection, 32 * 8));
  m.state.gdtr.limit = SystemMachine::kFree + 6;
  CHECK(load(SystemMachine::kFree) == Raised(Vector::GeneralProtection, SystemMachine::kFree));
  m.state.gdtr.limit = SystemMachine::kGdtLimit;
  m.ldt(0x0c, make_descriptor(0x7000, 0xfff, access::kWritable, kFlags32Pages));
  CHECK(load(0x0c) == Raised());
  CHECK(m.state.segment(Segment::Es).limit == 0x00ff'ffff);
  m.state.ldtr = null_segment(0, m.state.ldtr);
  CHECK(load(0x0c) == Raised(Vector::GeneralProtection, 0x0c));
}

TEST_CASE("A null selector empties a data segment register and is refused by SS and CS") {
  SystemMachine m(3);
  for (u16 null = 0; null < 4; ++null) {
    m.registers.set(Gpr::Eax, null);
    CHECK(Raised(m.run(op_mov_to_sreg, move_to(Segment::Ds))) == Raised());
    CHECK(m.state.segment(Segment::Ds).selector == null);
    u32 value = 0;
    CHECK(Raised(m.view.read_segment(Segment::Ds, 0, value)) == Raised(Vector::GeneralProtection));
    CHECK(Raised(m.run(op_mov_to_sreg, move_to(Segment::Ss))) == Raised(Vector::GeneralProtection));
  }
  CHECK(Raised(m.run(op_mov_to_sreg, move_to(Segment::Cs))) == Raised(Vector::InvalidOpcode));
}

TEST_CASE("Real mode keeps limits, virtual-8086 mode sets 64 KiB") {
  SystemMachine m;
  m.set_real();
  m.state.segment(Segment::Ds).limit = 0xffff'ffff;
  m.registers.set(Gpr::Eax, 0x1234);
  CHECK(!m.run(op_mov_to_sreg, move_to(Segment::Ds)));
  CHECK(m.state.segment(Segment::Ds).base == 0x1'2340);
  CHECK(m.state.segment(Segment::Ds).limit == 0xffff'ffff);
  u8 byte = 0;
  CHECK(!m.view.read_segment(Segment::Ds, 0x10'0000, byte));

  SystemMachine v;
  v.set_v86(0);
  v.registers.set(Gpr::Eax, 0x1234);
  v.state.segment(Segment::Gs).limit = 0xffff'ffff;
  CHECK(!v.run(op_mov_to_sreg, move_to(Segment::Gs)));
  CHECK(v.state.segment(Segment::Gs) == v86_segment(0x1234));
}

TEST_CASE("Moves from segment registers zero-extend to 32 bits and store 16") {
  SystemMachine m;
  Operation op = register_operand(Gpr::Ebx);
  op.number = static_cast<u8>(Segment::Cs) & 7;
  m.registers.set(Gpr::Ebx, 0xffff'ffff);
  CHECK(!m.run(op_mov_from_sreg, op));
  CHECK(m.registers.get(Gpr::Ebx) == SystemMachine::code(0));
  op.size = OperandSize::Word;
  m.registers.set(Gpr::Ebx, 0xffff'ffff);
  CHECK(!m.run(op_mov_from_sreg, op));
  CHECK(m.registers.get(Gpr::Ebx) == (0xffff'0000u | SystemMachine::code(0)));
  m.poke<u32>(SystemMachine::kOperand, 0xaaaa'aaaa);
  Operation store = memory_operand(SystemMachine::kOperand);
  store.number = static_cast<u8>(Segment::Ss) & 7;
  CHECK(!m.run(op_mov_from_sreg, store));
  CHECK(m.peek<u32>(SystemMachine::kOperand) == (0xaaaa'0000u | SystemMachine::data(0)));
}

TEST_CASE("PUSH and POP of a segment register move the stack by the operand size") {
  SystemMachine m;
  Operation op;
  op.number = static_cast<u8>(Segment::Ds) & 7;
  m.poke<u32>(SystemMachine::kStack - 4, 0xdead'beef);
  CHECK(!m.run(op_push_sreg, op));
  CHECK(m.registers.get(Gpr::Esp) == SystemMachine::kStack - 4);
  CHECK(m.peek<u32>(SystemMachine::kStack - 4) == (0xdead'0000u | SystemMachine::data(0)));
  op.number = static_cast<u8>(Segment::Ss) & 7;
  CHECK(!m.run(op_pop_sreg, op));
  CHECK(m.registers.get(Gpr::Esp) == SystemMachine::kStack);
  CHECK(m.state.shadow == InterruptShadow::MovSs);

  // A bad selector on the stack leaves ESP where it was.
  m.poke<u32>(SystemMachine::kStack, 0x4444);
  CHECK(Raised(m.run(op_pop_sreg, op)) == Raised(Vector::GeneralProtection, 0x4444));
}

TEST_CASE("Far pointer loads change both registers or neither") {
  SystemMachine m;
  m.poke<u32>(SystemMachine::kOperand, 0x1234'5678);
  m.poke<u16>(SystemMachine::kOperand + 4, SystemMachine::data(3));
  Operation op = memory_operand(SystemMachine::kOperand);
  op.reg = offset_of(Gpr::Esi);
  CHECK(!m.run(op_lfs, op));
  CHECK(m.registers.get(Gpr::Esi) == 0x1234'5678);
  CHECK(m.state.segment(Segment::Fs).selector == SystemMachine::data(3));
  CHECK(m.state.shadow == InterruptShadow::None);
  CHECK(Raised(m.run(op_lss, op)) == Raised(Vector::GeneralProtection, SystemMachine::data(3) & ~3u));
  op.size = OperandSize::Word;
  m.poke<u16>(SystemMachine::kOperand + 2, SystemMachine::data(0));
  CHECK(!m.run(op_lss, op));
  CHECK(m.registers.get(Gpr::Esi) == 0x1234'5678);
  CHECK(!m.run(op_les, op));
}

TEST_CASE("Accesses through segments respect limit, direction, rights and alignment") {
  SystemMachine m(3);
  const auto at = [&](u8 access, u32 limit, u8 flags, u32 offset, u32 size, AccessType type) {
    m.state.segment(Segment::Ds) = {8, {static_cast<u16>(access | (flags << 12))}, 0x1000, limit};
    u32 linear = 0;
    return Raised(m.view.check_segment(Segment::Ds, offset, size, type, linear));
  };
  const Raised gp(Vector::GeneralProtection);
  CHECK(at(access::kWritable, 0xff, kFlags32, 0xfc, 4, AccessType::Write) == Raised());
  CHECK(at(access::kWritable, 0xff, kFlags32, 0xfd, 4, AccessType::Read) == gp);
  CHECK(at(access::kWritable, 0xff, kFlags32, 0xffff'ffff, 2, AccessType::Read) == gp);
  CHECK(at(access::kReadOnly, 0xff, kFlags32, 0, 4, AccessType::Write) == gp);
  CHECK(at(access::kExecuteOnly, 0xff, kFlags32, 0, 4, AccessType::Read) == gp);
  CHECK(at(access::kReadableCode, 0xff, kFlags32, 0, 4, AccessType::Read) == Raised());
  constexpr u8 kExpandDown = access::kWritable | 4;
  CHECK(at(kExpandDown, 0xfff, kFlags32, 0xfff, 1, AccessType::Read) == gp);
  CHECK(at(kExpandDown, 0xfff, kFlags32, 0x1000, 4, AccessType::Read) == Raised());
  CHECK(at(kExpandDown, 0xfff, kFlagsByte, 0xfffe, 4, AccessType::Read) == gp);

  m.state.cr0 |= cr0::kAm;
  m.registers.flags.set_control(eflags::kAc);
  CHECK(at(access::kWritable, 0xff, kFlags32, 2, 4, AccessType::Read) == Raised(Vector::AlignmentCheck));
  CHECK(at(access::kWritable, 0xff, kFlags32, 4, 4, AccessType::Read) == Raised());
  m.state.cpl = 2;
  CHECK(at(access::kWritable, 0xff, kFlags32, 2, 4, AccessType::Read) == Raised());
  u32 linear = 0;
  m.state.segment(Segment::Ss).limit = 0x10;
  CHECK(Raised(m.view.check_segment(Segment::Ss, 0x10, 2, AccessType::Read, linear)) ==
        Raised(Vector::StackFault));
}

}  // namespace ringdown::test
