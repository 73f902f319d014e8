// Privileged instructions: who may run them, and what they do to control, debug and table registers, ports
// and model-specific registers.
#include "cpu/system/debug.h"
#include "cpu/system/msr_numbers.h"
#include "tests/instruction/system/system_machine.h"

namespace ringdown::test {

namespace {

using M = SystemMachine;
using Function = Fault (*)(SystemView&, const Operation&);

Operation control_operand(u8 number) {
  Operation op = register_operand(Gpr::Eax);
  op.number = number & 7;
  return op;
}

Raised write_control(M& m, u8 number, u32 value) {
  m.registers.set(Gpr::Eax, value);
  return m.run(op_mov_to_cr, control_operand(number));
}

Raised write_msr(M& m, u32 number, u64 value) {
  m.registers.set(Gpr::Ecx, number);
  m.registers.set(Gpr::Eax, static_cast<u32>(value));
  m.registers.set(Gpr::Edx, static_cast<u32>(value >> 32));
  return m.run(op_wrmsr);
}

Raised read_msr(M& m, u32 number, u64& value) {
  m.registers.set(Gpr::Ecx, number);
  const Raised raised = m.run(op_rdmsr);
  value = m.registers.get(Gpr::Eax) | (u64{m.registers.get(Gpr::Edx)} << 32);
  return raised;
}

const Raised kGp(Vector::GeneralProtection);

}  // namespace

TEST_CASE("Privileged instructions raise #GP(0) at CPL 1 to 3 and in virtual-8086 mode") {
  struct Row {
    const char* name;
    Function function;
    Operation op;
    bool invalid_in_v86 = false;
  };
  const Operation table = memory_operand(M::kOperand);
  const Row rows[] = {
      {"hlt", op_hlt, {}},
      {"clts", op_clts, {}},
      {"invd", op_flush_caches, {}},
      {"invlpg", op_invlpg, table},
      {"lgdt", op_lgdt, table},
      {"lidt", op_lidt, table},
      {"lldt", op_lldt, register_operand(Gpr::Ebx), true},
      {"ltr", op_ltr, register_operand(Gpr::Ebx), true},
      {"lmsw", op_lmsw, register_operand(Gpr::Ebx)},
      {"mov from cr0", op_mov_from_cr, control_operand(0)},
      {"mov to cr3", op_mov_to_cr, control_operand(3)},
      {"mov from dr7", op_mov_from_dr, control_operand(7)},
      {"mov to dr0", op_mov_to_dr, control_operand(0)},
      {"rdmsr", op_rdmsr, {}},
      {"wrmsr", op_wrmsr, {}},
      {"sysexit", op_sysexit, {}},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    for (unsigned cpl = 1; cpl < 4; ++cpl) {
      M m(cpl);
      m.set_iopl(3);
      CHECK(Raised(m.run(row.function, row.op)) == kGp);
    }
    M v;
    v.set_v86(3);
    CHECK(Raised(v.run(row.function, row.op)) == (row.invalid_in_v86 ? Raised(Vector::InvalidOpcode) : kGp));
  }
}

TEST_CASE("HLT halts, CLTS clears TS, INVLPG names the page") {
  M m;
  CHECK(!m.run(op_hlt));
  CHECK(m.state.activity == Activity::Halted);
  m.state.cr0 |= cr0::kTs;
  CHECK(!m.run(op_clts));
  CHECK((m.state.cr0 & cr0::kTs) == 0);
  CHECK(!m.run(op_invlpg, memory_operand(0x1234'5678)));
  CHECK(m.backend.invalidated == std::vector<u32>{0x1234'5678});
}

TEST_CASE("CR0 refuses paging without protection and NW without CD, and keeps ET") {
  M m;
  CHECK(write_control(m, 0, cr0::kPg) == kGp);
  CHECK(write_control(m, 0, cr0::kPe | cr0::kNw) == kGp);
  CHECK(write_control(m, 0, cr0::kPe | cr0::kNw | cr0::kCd | 0x1ff0'0000) == Raised());
  CHECK(m.state.cr0 == (cr0::kPe | cr0::kNw | cr0::kCd | cr0::kEt));
  CHECK(m.backend.paging_changes == 1);
  CHECK(write_control(m, 1, 0) == Raised(Vector::InvalidOpcode));
  m.registers.set(Gpr::Ebx, 0xffff'fff0 | cr0::kTs);
  CHECK(!m.run(op_lmsw, register_operand(Gpr::Ebx)));
  CHECK((m.state.cr0 & 0xf) == (cr0::kPe | cr0::kTs));  // PE stays
}

TEST_CASE("CR4 allows what the model has") {
  M m;
  CHECK(write_control(m, 4, cr4::kPae | cr4::kOsfxsr | cr4::kPge) == Raised());
  CHECK(write_control(m, 4, cr4::kUmip) == kGp);
  CHECK(write_control(m, 4, 1u << 13) == kGp);
  m.backend.cpu = CpuModel::find("pentium4-umip");
  CHECK(write_control(m, 4, cr4::kUmip) == Raised());
  m.backend.cpu = CpuModel::find("pentium-mmx");
  CHECK(write_control(m, 4, cr4::kPae) == kGp);
  m.backend.cpu = CpuModel::find("486dx");
  CHECK(write_control(m, 4, 0) == Raised(Vector::InvalidOpcode));
}

TEST_CASE("PAE loads the page-directory pointers with CR3 and refuses reserved bits") {
  M m;
  constexpr u32 kPointers = 0x30'0020, kDirectory = 0x30'1000;
  m.poke<u64>(kPointers, kDirectory | 1);
  m.poke<u64>(kDirectory, 0x87);  // 2 MiB at 0
  m.state.cr4 = cr4::kPae;
  m.state.cr3 = kPointers;
  CHECK(write_control(m, 0, m.state.cr0 | cr0::kPg) == Raised());
  CHECK(m.state.pdpte[0] == (kDirectory | 1));
  m.poke<u64>(kPointers + 8, kDirectory | 3);
  CHECK(write_control(m, 3, kPointers) == kGp);
  m.poke<u64>(kPointers + 8, (u64{1} << 36) | 1);
  CHECK(write_control(m, 3, kPointers) == kGp);
  m.poke<u64>(kPointers + 8, (u64{1} << 36) | 2);  // not present: anything goes
  CHECK(write_control(m, 3, kPointers) == Raised());
}

TEST_CASE("Debug registers: aliases, general detect, fixed bits") {
  M m;
  m.registers.set(Gpr::Eax, 0xffff'ffff);
  CHECK(!m.run(op_mov_to_dr, control_operand(4)));
  CHECK(m.state.dr6 == 0xffff'efff);
  m.registers.set(Gpr::Eax, 0xffff'dfff);
  CHECK(!m.run(op_mov_to_dr, control_operand(7)));
  CHECK(m.state.dr7 == 0xffff'07ff);
  m.state.cr4 = cr4::kDe;
  CHECK(Raised(m.run(op_mov_from_dr, control_operand(5))) == Raised(Vector::InvalidOpcode));
  m.state.dr7 |= dr7::kGd;
  const Fault fault = m.run(op_mov_from_dr, control_operand(0));
  CHECK(Raised(fault) == Raised(Vector::Debug));
  CHECK(fault.address == dr6::kBd);
}

TEST_CASE("Breakpoints match by kind, length and enable") {
  PrivilegedState state;
  state.dr = {0x1003, 0x2000, 0x3000, 0x40};
  // 0: 4 bytes, writes, L; 1: execute, G; 2: 2 bytes, read or write, not enabled; 3: I/O, 1 byte.
  state.dr7 = 0x1 | 0x8 | 0xc0 | (0xdu << 16) | (0x0u << 20) | (0x7u << 24) | (0x2u << 28);
  CHECK(data_breakpoint_hits(state, 0x1000, 1, AccessType::Write) == 1);
  CHECK(data_breakpoint_hits(state, 0x1000, 1, AccessType::Read) == 0);
  CHECK(data_breakpoint_hits(state, 0xffe, 2, AccessType::Write) == 0);
  CHECK(data_breakpoint_hits(state, 0xffd, 4, AccessType::Write) == 1);
  CHECK(data_breakpoint_hits(state, 0x3000, 2, AccessType::Write) == 0);
  CHECK(instruction_breakpoint_hits(state, 0x2000) == 2);
  CHECK(instruction_breakpoint_hits(state, 0x2001) == 0);
  CHECK(io_breakpoint_hits(state, 0x40, 1) == 0);
  state.cr4 = cr4::kDe;
  CHECK(io_breakpoint_hits(state, 0x3e, 4) == 8);
  CHECK(io_breakpoint_hits(state, 0x41, 1) == 0);
}

TEST_CASE("Descriptor table registers load 24 or 32 bits of base and always store 32") {
  M m;
  m.poke<u16>(M::kOperand, 0x1ff);
  m.poke<u32>(M::kOperand + 2, 0x8765'4321);
  CHECK(!m.run(op_lidt, memory_operand(M::kOperand, OperandSize::Word)));
  CHECK(m.state.idtr == TableRegister{0x0065'4321, 0x1ff});
  CHECK(!m.run(op_lidt, memory_operand(M::kOperand)));
  CHECK(m.state.idtr == TableRegister{0x8765'4321, 0x1ff});
  m.state.cpl = 3;
  CHECK(!m.run(op_sidt, memory_operand(M::kOperand + 16, OperandSize::Word)));
  CHECK(m.peek<u16>(M::kOperand + 16) == 0x1ff);
  CHECK(m.peek<u32>(M::kOperand + 18) == 0x8765'4321);
}

TEST_CASE("CR4.UMIP stops the stores outside ring 0") {
  for (const Function function : {op_sgdt, op_sidt, op_sldt, op_str, op_smsw}) {
    M m(3);
    m.backend.cpu = CpuModel::find("pentium4-umip");
    CHECK(!m.run(function, memory_operand(M::kOperand)));
    m.state.cr4 = cr4::kUmip;
    CHECK(Raised(m.run(function, memory_operand(M::kOperand))) == kGp);
    m.state.cpl = 0;
    CHECK(!m.run(function, memory_operand(M::kOperand)));
  }
}

TEST_CASE("LLDT and LTR check type, table and presence") {
  M m;
  const auto load = [&](Function function, u16 selector) {
    m.registers.set(Gpr::Ebx, selector);
    return Raised(m.run(function, register_operand(Gpr::Ebx)));
  };
  CHECK(load(op_lldt, M::kTssSelector) == Raised(Vector::GeneralProtection, M::kTssSelector));
  CHECK(load(op_lldt, 4) == Raised(Vector::GeneralProtection, 4));
  CHECK(load(op_lldt, 0) == Raised());
  CHECK(!m.state.ldtr.attributes.present());
  CHECK(load(op_lldt, M::kLdtSelector) == Raised());
  CHECK(load(op_ltr, M::kTssSelector) == Raised(Vector::GeneralProtection, M::kTssSelector));  // busy
  CHECK(load(op_ltr, 0) == kGp);
  m.gdt(M::kFree, make_descriptor(0x9000, 0x67, 0x09));
  CHECK(load(op_ltr, M::kFree) == Raised(Vector::SegmentNotPresent, M::kFree));
  m.gdt(M::kFree, make_descriptor(0x9000, 0x67, 0x89));
  CHECK(load(op_ltr, M::kFree) == Raised());
  CHECK(m.access_byte(M::kFree) == 0x8b);
  CHECK(m.state.tr.attributes.type() == 0xb);
}

TEST_CASE("LAR, LSL, VERR, VERW and ARPL answer in ZF") {
  M m(3);
  const auto ask = [&](Function function, u16 selector) {
    Operation op = register_operand(Gpr::Ebx);
    op.reg = offset_of(Gpr::Ecx);
    m.registers.set(Gpr::Ebx, selector);
    m.registers.set(Gpr::Ecx, 0);
    REQUIRE(!m.run(function, op));
    return m.registers.flags.zf();
  };
  CHECK(ask(op_lar, M::code(3)));
  CHECK(m.registers.get(Gpr::Ecx) == 0x00c0'fb00);
  CHECK(ask(op_lsl, M::data(3)));
  CHECK(m.registers.get(Gpr::Ecx) == 0xffff'ffff);
  CHECK(!ask(op_lar, M::code(0)));
  CHECK(m.registers.get(Gpr::Ecx) == 0);
  CHECK(!ask(op_lar, 0));
  CHECK(!ask(op_lsl, 0xfff8));
  m.gdt(M::kFree, make_gate(8, 0, access::system(SystemType::CallGate32) | access::dpl(3)));
  CHECK(ask(op_lar, M::kFree | 3));
  CHECK(!ask(op_lsl, M::kFree | 3));
  m.gdt(M::kFree, make_gate(8, 0, access::system(SystemType::InterruptGate32) | access::dpl(3)));
  CHECK(!ask(op_lar, M::kFree | 3));
  m.gdt(M::kFree, make_descriptor(0, 0, access::kConforming));
  CHECK(ask(op_verr, M::kFree | 3));
  CHECK(!ask(op_verw, M::kFree | 3));
  CHECK(ask(op_verw, M::data(3)));
  CHECK(!ask(op_verw, M::data(0)));
  CHECK(!ask(op_verr, M::kTssSelector));

  Operation arpl = register_operand(Gpr::Ebx, OperandSize::Word);
  arpl.reg = offset_of(Gpr::Ecx);
  m.registers.set(Gpr::Ebx, 0xffff'0010);
  m.registers.set(Gpr::Ecx, 3);
  CHECK(!m.run(op_arpl, arpl));
  CHECK(m.registers.get(Gpr::Ebx) == 0xffff'0013);
  CHECK(m.registers.flags.zf());
  CHECK(!m.run(op_arpl, arpl));
  CHECK(!m.registers.flags.zf());
  m.set_v86(3);
  for (const Function function : {op_lar, op_lsl, op_verr, op_verw, op_arpl, op_sldt, op_str}) {
    CHECK(Raised(m.run(function, arpl)) == Raised(Vector::InvalidOpcode));
  }
}

TEST_CASE("Ports are permitted by IOPL or by the bitmap") {
  M m(3);
  Operation in = register_operand(Gpr::Eax, OperandSize::Word);
  in.immediate = 0x21;
  constexpr u16 kMap = 0x80;
  m.poke<u16>(M::kTss + tss32::kIoMapBase, kMap);
  m.poke<u8>(M::kTss + kMap + 0x21 / 8, 0xff);
  CHECK(Raised(m.run(op_in_immediate, in)) == kGp);
  m.poke<u8>(M::kTss + kMap + 0x21 / 8, 0xf9);
  m.registers.set(Gpr::Eax, 0xffff'ffff);
  CHECK(!m.run(op_in_immediate, in));
  CHECK(m.registers.get(Gpr::Eax) == 0xffff'3344);
  in.size = OperandSize::Dword;
  CHECK(Raised(m.run(op_in_immediate, in)) == kGp);
  m.set_iopl(3);
  CHECK(!m.run(op_in_immediate, in));
  CHECK(m.backend.ports_read == std::vector<u16>{0x21, 0x21});

  m.set_v86(3);  // IOPL does not help here
  m.registers.set(Gpr::Edx, 0xfff8);
  CHECK(Raised(m.run(op_out_dx, in)) == kGp);  // the bitmap ends before this port
  m.set_iopl(0);
  m.state.tr.limit = kMap + 0x1fff + 1;
  CHECK(!m.run(op_out_dx, in));
  m.state.tr.attributes.value &= static_cast<u16>(~8u);  // a 16-bit TSS has no bitmap
  CHECK(Raised(m.run(op_out_dx, in)) == kGp);
}

TEST_CASE("REP INS and OUTS do one iteration a call and come back while some remain") {
  M m;
  Operation op;
  op.repeat = Repeat::WhileEqual;
  op.length = 2;
  m.registers.set(Gpr::Edx, 0x1f0);
  m.registers.set(Gpr::Ecx, 2);
  m.registers.set(Gpr::Edi, M::kOperand);
  CHECK(!m.run(op_insw, op));
  CHECK(m.registers.eip == M::kEip);
  CHECK(m.registers.get(Gpr::Ecx) == 1);
  CHECK(!m.run(op_insw, op));
  CHECK(m.registers.eip == M::kEip + 2);
  CHECK(m.registers.get(Gpr::Edi) == M::kOperand + 4);
  CHECK(m.peek<u32>(M::kOperand) == 0x3344'3344);
  CHECK(!m.run(op_insw, op));  // a count of zero does nothing
  CHECK(m.backend.ports_read.size() == 2);
  // The destination is checked before the port is read.
  m.registers.set(Gpr::Ecx, 1);
  m.state.segment(Segment::Es).limit = 0x10;
  CHECK(Raised(m.run(op_insw, op)) == kGp);
  CHECK(m.backend.ports_read.size() == 2);

  m.registers.flags.set_control(eflags::kDf);
  m.registers.set(Gpr::Esi, 0x5'0001);
  m.poke<u8>(1, 0x5a);
  op.address16 = true;
  op.repeat = Repeat::None;
  CHECK(!m.run(op_outsb, op));
  CHECK(m.registers.get(Gpr::Esi) == 0x5'0000);
  CHECK(m.backend.ports_written == std::vector<RecordingBackend::PortWrite>{{0x1f0, Width::Byte, 0x5a}});
}

TEST_CASE("The TSC is virtual time plus the guest's offset") {
  M m;
  u64 value = 0;
  CHECK(!m.run(op_rdtsc));
  CHECK(m.registers.get(Gpr::Eax) == 5000);
  CHECK(write_msr(m, msr::kTsc, 0x7'0000'0100) == Raised());
  m.backend.tsc += 5;
  CHECK(read_msr(m, msr::kTsc, value) == Raised());
  CHECK(value == 0x105);  // a Northwood writes the low half and clears the other
  m.backend.cpu = CpuModel::find("pentium4-nx");
  CHECK(write_msr(m, msr::kTsc, 0x7'0000'0100) == Raised());
  CHECK(!m.run(op_rdtsc));
  CHECK(m.registers.get(Gpr::Edx) == 7);
  m.state.cr4 = cr4::kTsd;
  CHECK(!m.run(op_rdtsc));
  m.set_level(3);
  CHECK(Raised(m.run(op_rdtsc)) == kGp);
}

TEST_CASE("PAUSE takes time from the Pentium 4 on, at any level") {
  for (const unsigned level : {0u, 3u}) {
    M m(level);
    CHECK(!m.run(op_pause));
    CHECK(m.backend.stalled == 140);
    m.backend.cpu = CpuModel::find("pentium3");
    CHECK(!m.run(op_pause));
    CHECK(m.backend.stalled == 140);
  }
}

TEST_CASE("Model-specific registers exist by model and refuse reserved bits") {
  M m;
  u64 value = 0;
  CHECK(read_msr(m, 0x1234'5678, value) == kGp);
  CHECK(read_msr(m, msr::kEfer, value) == kGp);
  m.backend.cpu = CpuModel::find("pentium4-nx");
  CHECK(write_msr(m, msr::kEfer, efer::kNxe) == Raised());
  CHECK(m.backend.paging_changes == 1);
  CHECK(write_msr(m, msr::kEfer, efer::kNxe | 1) == kGp);
  CHECK(write_msr(m, msr::kPat, 0x0007'0406'0007'0406) == Raised());
  CHECK(write_msr(m, msr::kPat, 0x0007'0406'0007'0403) == kGp);
  CHECK(write_msr(m, msr::kMtrrVariable0, 0xf'ffff'f006) == Raised());
  CHECK(write_msr(m, msr::kMtrrVariable0 + 1, u64{1} << 36) == kGp);
  CHECK(write_msr(m, msr::kMtrrFix4K + 7, 0x0606'0606'0606'0606) == Raised());
  CHECK(m.state.msr.mtrr_fixed[10] == 0x0606'0606'0606'0606);
  CHECK(read_msr(m, msr::kMtrrCapability, value) == Raised());
  CHECK(value == 0x508);
  CHECK(write_msr(m, msr::kMtrrCapability, 0) == kGp);
  CHECK(write_msr(m, msr::kApicBase, 0xfee0'0800) == Raised());
  CHECK(m.backend.apic == 0xfee0'0800);
  CHECK(write_msr(m, msr::kApicBase, 0xfee0'0801) == kGp);
  CHECK(write_msr(m, msr::kSysenterEip, 0xc010'0000) == Raised());
  CHECK(m.state.msr.sysenter_eip == 0xc010'0000);
  m.backend.cpu = CpuModel::find("pentium-mmx");
  CHECK(read_msr(m, msr::kSysenterEip, value) == kGp);
  CHECK(read_msr(m, msr::kPat, value) == kGp);
  CHECK(read_msr(m, msr::kP5McType, value) == Raised());
}

TEST_CASE("CPUID names the model and shows its features") {
  M m;
  const auto cpuid = [&](u32 leaf) {
    m.registers.set(Gpr::Eax, leaf);
    REQUIRE(!m.run(op_cpuid));
    return CpuidResult{m.registers.get(Gpr::Eax), m.registers.get(Gpr::Ebx), m.registers.get(Gpr::Ecx),
                       m.registers.get(Gpr::Edx)};
  };
  CHECK(cpuid(0) == CpuidResult{2, 0x756e'6547, 0x6c65'746e, 0x4965'6e69});
  CHECK(cpuid(1).eax == 0xf29);
  CHECK((cpuid(1).edx & cpuid::kSse2) != 0);
  CHECK((cpuid(1).edx & cpuid::kApic) != 0);
  m.backend.apic &= ~u64{0x800};
  CHECK((cpuid(1).edx & cpuid::kApic) == 0);
  CHECK(cpuid(0x8000'0000).eax == 0x8000'0004);
  std::string brand;
  for (u32 leaf = 0x8000'0002; leaf <= 0x8000'0004; ++leaf) {
    const CpuidResult part = cpuid(leaf);
    brand.append(reinterpret_cast<const char*>(&part), sizeof(part));
  }
  CHECK(brand.find("Intel(R) Pentium(R) 4 CPU 2.00GHz") != std::string::npos);
  CHECK(cpuid(0x1234) == cpuid(2));  // beyond the last leaf: the last one
  CHECK(cpuid(0x8000'0001).edx == 0);
  m.backend.cpu = CpuModel::find("pentium4-nx");
  CHECK(cpuid(0x8000'0001).edx == cpuid::kNx);
  CHECK(CpuModel::find("z80") == nullptr);
  for (const CpuModel& model : CpuModel::all()) {
    CHECK(CpuModel::find(model.name()) == &model);
    CHECK(model.tsc_hertz() > 0);
    CHECK(model.has(Feature::Sse2) == (model.family() == CpuModel::Family::Netburst));
  }
}

}  // namespace ringdown::test
