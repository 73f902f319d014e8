// Availability, pending exceptions, stack faults, commit order and flags of the x87 instructions.
#include <catch2/catch.hpp>

#include "cpu/float/classify.h"
#include "cpu/float/convert.h"
#include "tests/instruction/x87/x87_machine.h"

namespace ringdown::test {

using namespace x87_exception;

namespace {

const Code kFld1{0xD9, 0xE8};
const Code kFldz{0xD9, 0xEE};
const Code kFldPi{0xD9, 0xEB};
const Code kFldDouble{0xDD, 0x07};   // FLD m64fp [EDI]
const Code kFstpDouble{0xDD, 0x1F};  // FSTP m64fp [EDI]
const Code kFstpFloat{0xD9, 0x1F};   // FSTP m32fp [EDI]
const Code kFaddSt0St0{0xD8, 0xC0};  // FADD ST(0), ST(0)
const Code kFaddSt0St1{0xD8, 0xC1};  // FADD ST(0), ST(1)
const Code kFdivpSt1{0xDE, 0xF9};    // FDIVP ST(1), ST(0)
const Code kFcomiSt1{0xDB, 0xF1};    // FCOMI ST(0), ST(1)
const Code kFcmovbSt1{0xDA, 0xC1};   // FCMOVB ST(0), ST(1)
const Code kFnstswAx{0xDF, 0xE0};
const Code kFnclex{0xDB, 0xE2};
const Code kFninit{0xDB, 0xE3};
const Code kFnstenv{0xD9, 0x37};  // FNSTENV [EDI]
const Code kFwait{0x9B};
const Code kFxam{0xD9, 0xE5};
const Code kFdecstp{0xD9, 0xF6};

void unmask(X87Machine& machine, u8 exceptions) {
  const u8 masks = static_cast<u8>(kAll & ~exceptions);
  machine.x87().control.set<x87_control::Masks>(masks);
}

u8 flags(const X87Machine& machine) { return x87_status::Flags::get(machine.status()); }

}  // namespace

TEST_CASE("TS and EM make x87 instructions raise #NM", "[x87]") {
  for (const u32 bit : {cr0::kTs, cr0::kEm}) {
    X87Machine machine;
    machine.set_cr0(bit, true);
    for (const Code& code : {kFld1, kFnstswAx, kFninit, kFnclex, kFnstenv, kFldDouble}) {
      REQUIRE_FALSE(machine.execute(code));
      CHECK(machine.fault().vector == Vector::DeviceNotAvailable);
      CHECK(machine.cpu.registers.eip == X87Machine::kCode);
    }
    CHECK(machine.x87().valid == 0);
  }
}

TEST_CASE("WAIT raises #NM only with both MP and TS", "[x87]") {
  X87Machine machine;
  machine.set_cr0(cr0::kEm, true);
  CHECK(machine.execute(kFwait));
  machine.set_cr0(cr0::kTs, true);
  CHECK(machine.execute(kFwait));
  machine.set_cr0(cr0::kMp, true);
  REQUIRE_FALSE(machine.execute(kFwait));
  CHECK(machine.fault().vector == Vector::DeviceNotAvailable);
}

TEST_CASE("an unmasked exception is reported by the next waiting instruction", "[x87]") {
  X87Machine machine;
  unmask(machine, kZeroDivide);
  REQUIRE(machine.execute(kFld1));
  REQUIRE(machine.execute(kFldz));
  REQUIRE(machine.execute(kFdivpSt1));
  // Nothing was written or popped.
  CHECK(machine.st(0) == float80::zero(false));
  CHECK(machine.st(1) == float80::kOne);
  CHECK(x87_status::ErrorSummary::get(machine.status()));
  CHECK(x87_status::Busy::get(machine.status()));
  CHECK(machine.execute(kFnstswAx));
  CHECK((machine.cpu.registers.get(Gpr::Eax) & 0xffff) == machine.status());

  for (const Code& code : {kFwait, kFld1, kFdecstp}) {
    REQUIRE_FALSE(machine.execute(code));
    CHECK(machine.fault().vector == Vector::FloatingPoint);
  }
  REQUIRE(machine.execute(kFnclex));
  CHECK(machine.execute(kFwait));
  CHECK(flags(machine) == 0);
  CHECK(machine.ferr.empty() == false);
  CHECK(machine.ferr.back() == false);
}

TEST_CASE("with NE = 0 the exception goes out on FERR# at once", "[x87]") {
  X87Machine machine;
  machine.set_cr0(cr0::kNe, false);
  unmask(machine, kZeroDivide);
  REQUIRE(machine.execute(kFld1));
  REQUIRE(machine.execute(kFldz));
  // The division is followed by another instruction of its block, before which an interrupt could come.
  REQUIRE(machine.execute_block({0xDE, 0xF9, 0xD9, 0xE8}, 1));
  CHECK(machine.ferr == std::vector<bool>{true});
  CHECK(machine.cpu.registers.eip == X87Machine::kCode + 2);
  // As if IGNNE# were asserted, the next one runs.
  CHECK(machine.execute(kFld1));
  CHECK(machine.execute(kFnclex));
  CHECK(machine.ferr == std::vector<bool>{true, false});
}

TEST_CASE("stack overflow and underflow differ in C1", "[x87]") {
  X87Machine machine;
  for (int i = 0; i < 8; ++i) REQUIRE(machine.execute(kFld1));
  REQUIRE(machine.execute(kFldz));
  CHECK(x87_status::StackFault::get(machine.status()));
  CHECK(x87_status::C1::get(machine.status()));
  CHECK(flags(machine) == kInvalid);
  CHECK(machine.st(0) == float80::kIndefinite);

  X87Machine empty;
  REQUIRE(empty.execute(kFaddSt0St1));
  CHECK(x87_status::StackFault::get(empty.status()));
  CHECK_FALSE(x87_status::C1::get(empty.status()));
  CHECK(empty.st(0) == float80::kIndefinite);

  X87Machine trapping;
  unmask(trapping, kInvalid);
  REQUIRE(trapping.execute(kFaddSt0St1));
  CHECK(trapping.x87().valid == 0);
  CHECK(trapping.x87().has_pending_exception());
}

TEST_CASE("a store that faults leaves the unit unchanged", "[x87]") {
  X87Machine machine;
  REQUIRE(machine.execute(kFldPi));
  const Code to_hole{0xD9, 0x1D, 0x00, 0x50, 0x00, 0x00};   // FSTP m32fp [kHole]
  const Code crossing{0xDD, 0x1D, 0xFC, 0x4F, 0x00, 0x00};  // FSTP m64fp [kHole - 4]
  const Code save{0xDD, 0x35, 0xC0, 0x4F, 0x00, 0x00};      // FNSAVE [kHole - 64]
  const Code extended{0xDB, 0x3D, 0xFA, 0x4F, 0x00, 0x00};  // FSTP m80fp [kHole - 6]
  const X87State before = machine.x87();
  for (const Code& code : {to_hole, crossing, save, extended}) {
    REQUIRE_FALSE(machine.execute(code));
    CHECK(machine.fault().vector == Vector::PageFault);
    CHECK(machine.fault().address == X87Machine::kHole);
    CHECK(machine.status() == before.status.value());
    CHECK(machine.x87().valid == before.valid);
    CHECK(machine.x87().control.value() == before.control.value());
    CHECK(machine.x87().last_opcode == before.last_opcode);
  }
  CHECK(machine.peek<u32>(X87Machine::kHole - 4) == 0);
  // Where it is possible, the same store reports what was lost.
  REQUIRE(machine.execute(kFstpFloat));
  CHECK(flags(machine) == kPrecision);
  CHECK(machine.peek<u32>(X87Machine::kData) == 0x40490FDB);
}

TEST_CASE("unmasked underflow leaves a memory destination and the stack alone", "[x87]") {
  X87Machine machine;
  unmask(machine, kUnderflow);
  machine.poke(X87Machine::kData, u64{0x0010'0000'0000'0000});  // 2^-1022
  REQUIRE(machine.execute(kFldDouble));
  REQUIRE(machine.execute(kFstpFloat));
  CHECK(flags(machine) == kUnderflow);
  CHECK(machine.peek<u64>(X87Machine::kData) == 0x0010'0000'0000'0000);
  CHECK(machine.x87().top() == 7);
}

TEST_CASE("FCOMI and FCMOV work through EFLAGS", "[x87]") {
  X87Machine machine;
  REQUIRE(machine.execute(kFld1));
  REQUIRE(machine.execute(kFldz));
  machine.cpu.registers.flags.assign_status(eflags::kStatus);
  REQUIRE(machine.execute(kFcomiSt1));
  CHECK(machine.cpu.registers.flags.status() == eflags::kCf);
  REQUIRE(machine.execute(kFcmovbSt1));
  CHECK(machine.st(0) == float80::kOne);
  REQUIRE(machine.execute(kFcomiSt1));
  CHECK(machine.cpu.registers.flags.status() == eflags::kZf);
  machine.x87().registers[machine.x87().physical(1)] = float80::kIndefinite;
  REQUIRE(machine.execute(kFcomiSt1));
  CHECK(machine.cpu.registers.flags.status() == (eflags::kZf | eflags::kPf | eflags::kCf));
  CHECK(flags(machine) == kInvalid);
}

TEST_CASE("FCOMI with an unmasked invalid operand sets EFLAGS to unordered, as silicon does", "[x87]") {
  X87Machine machine;
  unmask(machine, kInvalid);
  REQUIRE(machine.execute(kFld1));
  REQUIRE(machine.execute(kFld1));
  machine.x87().registers[machine.x87().physical(1)] = float80::kIndefinite;
  machine.cpu.registers.flags.assign_status(eflags::kSf);
  machine.x87().status.set<x87_status::C1>(true);
  REQUIRE(machine.execute(kFcomiSt1));
  CHECK(machine.cpu.registers.flags.status() == (eflags::kZf | eflags::kPf | eflags::kCf));
  CHECK(machine.x87().status.get<x87_status::C1>());
  CHECK(machine.x87().has_pending_exception());
}

TEST_CASE("FCOMP with an unmasked invalid operand sets the condition and does not pop", "[x87]") {
  const Code fcomp_st1{0xD8, 0xD9};
  X87Machine machine;
  unmask(machine, kInvalid);
  REQUIRE(machine.execute(kFld1));
  REQUIRE(machine.execute(kFld1));
  machine.x87().registers[machine.x87().physical(1)] = float80::kIndefinite;
  const u8 top = machine.x87().top();
  REQUIRE(machine.execute(fcomp_st1));
  CHECK(machine.x87().status.get<x87_status::C0>());
  CHECK(machine.x87().status.get<x87_status::C2>());
  CHECK(machine.x87().status.get<x87_status::C3>());
  CHECK(machine.x87().top() == top);
}

TEST_CASE("FXAM tells the class and the sign", "[x87]") {
  struct Case {
    Float80 value;
    u8 c3_c2_c0;
  };
  const Case cases[]{
      {float80::zero(true), 0b100},  {float80::kOne, 0b010}, {float80::infinity(true), 0b011},
      {float80::kIndefinite, 0b001}, {{1, 0x8000}, 0b110},   {{0x4000'0000'0000'0000, 0x3FFF}, 0b000},
  };
  for (const Case& c : cases) {
    X87Machine machine;
    REQUIRE(machine.execute(kFld1));
    machine.x87().registers[7] = c.value;
    REQUIRE(machine.execute(kFxam));
    const u16 status = machine.status();
    const unsigned code = (x87_status::C3::get(status) ? 4u : 0u) | (x87_status::C2::get(status) ? 2u : 0u) |
                          (x87_status::C0::get(status) ? 1u : 0u);
    CHECK(code == c.c3_c2_c0);
    CHECK(x87_status::C1::get(status) == sign_of(c.value));
  }
  X87Machine empty;
  REQUIRE(empty.execute(kFxam));
  CHECK(x87_status::C3::get(empty.status()));
  CHECK(x87_status::C0::get(empty.status()));
}

TEST_CASE("control word, rounding and precision come from FLDCW", "[x87]") {
  X87Machine machine;
  machine.poke(X87Machine::kData, u16{0x0C3F});  // truncate, single precision
  REQUIRE(machine.execute({0xD9, 0x2F}));        // FLDCW [EDI]
  CHECK(machine.x87().control.value() == 0x0C7F);
  REQUIRE(machine.execute(kFldPi));
  REQUIRE(machine.execute(kFaddSt0St0));
  CHECK(machine.st(0) == Float80{0xC90F'DA00'0000'0000, 0x4001});
  REQUIRE(machine.execute({0xDF, 0x3F}));  // FISTP m64int [EDI]
  CHECK(machine.peek<s64>(X87Machine::kData) == 6);
}

TEST_CASE("an exception unmasked by FLDCW is pending at once", "[x87]") {
  X87Machine machine;
  machine.x87().status.set<x87_status::Flags>(kOverflow);
  machine.poke(X87Machine::kData, u16{0x0337});
  REQUIRE(machine.execute({0xD9, 0x2F}));
  CHECK(machine.x87().has_pending_exception());
  REQUIRE_FALSE(machine.execute(kFwait));
  CHECK(machine.fault().vector == Vector::FloatingPoint);
}

TEST_CASE("FBLD and FBSTP convert packed decimal", "[x87]") {
  X87Machine machine;
  machine.poke(X87Machine::kData, u64{0x0000'0001'2345'6789});
  machine.poke(X87Machine::kData + 8, u16{0x8000});
  REQUIRE(machine.execute({0xDF, 0x27}));  // FBLD [EDI]
  CHECK(machine.st(0) == soft_float::from_integer(-123456789));
  REQUIRE(machine.execute(kFaddSt0St0));
  REQUIRE(machine.execute({0xDF, 0x37}));  // FBSTP [EDI]
  CHECK(machine.peek<u64>(X87Machine::kData) == 0x2'4691'3578);
  CHECK(machine.peek<u16>(X87Machine::kData + 8) == 0x8000);
  CHECK(machine.x87().valid == 0);
}

TEST_CASE("the reversed forms subtract and divide the other way round", "[x87]") {
  X87Machine machine;
  machine.poke(X87Machine::kData, u32{3});
  machine.poke(X87Machine::kData + 8, u16{0xFFFE});  // -2
  REQUIRE(machine.execute({0xDB, 0x07}));            // FILD m32int: 3
  REQUIRE(machine.execute({0xDE, 0x6F, 0x08}));      // FISUBR m16int: -2 - 3
  CHECK(machine.st(0) == soft_float::from_integer(-5));
  REQUIRE(machine.execute({0xDA, 0x27}));  // FISUB m32int: -5 - 3
  CHECK(machine.st(0) == soft_float::from_integer(-8));
  REQUIRE(machine.execute(kFld1));
  REQUIRE(machine.execute({0xDC, 0xE9}));  // FSUB ST(1), ST(0): -8 - 1
  CHECK(machine.st(1) == soft_float::from_integer(-9));
  REQUIRE(machine.execute({0xDE, 0xE1}));  // FSUBRP ST(1), ST(0): 1 - -9
  CHECK(machine.st(0) == soft_float::from_integer(10));
  CHECK(machine.x87().valid == 0x80);
}

}  // namespace ringdown::test
