// FNSTENV, FLDENV, FNSAVE and FRSTOR in their layouts, and the pointers they show.
#include <catch2/catch.hpp>

#include "cpu/float/classify.h"
#include "tests/instruction/x87/x87_machine.h"

namespace ringdown::test {

namespace {

constexpr u32 kImage = 0x3000;
constexpr Float80 kPi{0xC90F'DAA2'2168'C235, 0x4000};

/// Pushes π and loads a single from [EDI + 4], with a prefix so that FIP shows where it begins.
void run_example(X87Machine& machine) {
  machine.poke(X87Machine::kData + 4, u32{0x3F80'0000});
  REQUIRE(machine.execute({0xD9, 0xEB}));              // FLDPI
  REQUIRE(machine.execute({0x26, 0xD9, 0x47, 0x04}));  // FLD m32fp ES:[EDI + 4]
}

constexpr u8 kOperandSize = 0x66;

/// An instruction with the 32-bit address kImage as its operand.
Code at_image(u8 opcode, u8 number, bool prefix) {
  const u8 modrm = static_cast<u8>(number << 3 | 5);
  if (prefix) return {kOperandSize, opcode, modrm, 0x00, 0x30, 0x00, 0x00};
  return {opcode, modrm, 0x00, 0x30, 0x00, 0x00};
}

/// The same with the 16-bit address kImage, for virtual-8086 mode.
Code at_image16(u8 opcode, u8 number, bool prefix) {
  const u8 modrm = static_cast<u8>(number << 3 | 6);
  if (prefix) return {kOperandSize, opcode, modrm, 0x00, 0x30};
  return {opcode, modrm, 0x00, 0x30};
}

}  // namespace

TEST_CASE("FNSTENV shows the last instruction in the 32-bit protected layout", "[x87]") {
  X87Machine machine;
  run_example(machine);
  machine.x87().status.set<x87_status::Flags>(u8{0x20});
  REQUIRE(machine.execute(at_image(0xD9, 6, false)));
  CHECK(machine.peek<u32>(kImage) == 0xFFFF'037F);
  CHECK(machine.peek<u32>(kImage + 4) == 0xFFFF'3020);
  CHECK(machine.peek<u32>(kImage + 8) == 0xFFFF'0FFF);
  CHECK(machine.peek<u32>(kImage + 12) == X87Machine::kCode);
  // D9 47: the opcode's low three bits and the ModRM byte.
  CHECK(machine.peek<u32>(kImage + 16) == (0x0147'0000u | X87Machine::kCodeSelector));
  CHECK(machine.peek<u32>(kImage + 20) == X87Machine::kData + 4);
  CHECK(machine.peek<u32>(kImage + 24) == (0xFFFF'0000u | X87Machine::kDataSelector));
}

TEST_CASE("FNSTENV masks all exceptions, FLDENV brings them back", "[x87]") {
  X87Machine machine;
  machine.x87().control.set<x87_control::Masks>(u8{0x3B});
  REQUIRE(machine.execute({0xD9, 0xE8}));  // FLD1
  REQUIRE(machine.execute({0xD9, 0xEE}));  // FLDZ
  REQUIRE(machine.execute({0xDE, 0xF9}));  // FDIVP: zero divide
  REQUIRE(machine.x87().has_pending_exception());
  REQUIRE(machine.execute(at_image(0xD9, 6, false)));
  CHECK(machine.x87().control.value() == 0x037F);
  CHECK_FALSE(machine.x87().has_pending_exception());
  CHECK(machine.execute({0x9B}));
  REQUIRE(machine.execute(at_image(0xD9, 4, false)));
  CHECK(machine.x87().control.value() == 0x037B);
  REQUIRE_FALSE(machine.execute({0x9B}));
  CHECK(machine.fault().vector == Vector::FloatingPoint);
}

TEST_CASE("the 16-bit protected layout has seven words", "[x87]") {
  X87Machine machine;
  run_example(machine);
  machine.poke(kImage + 14, u16{0x5555});
  REQUIRE(machine.execute(at_image(0xD9, 6, true)));
  CHECK(machine.peek<u16>(kImage) == 0x037F);
  CHECK(machine.peek<u16>(kImage + 4) == 0x0FFF);
  CHECK(machine.peek<u16>(kImage + 6) == X87Machine::kCode);
  CHECK(machine.peek<u16>(kImage + 8) == X87Machine::kCodeSelector);
  CHECK(machine.peek<u16>(kImage + 10) == X87Machine::kData + 4);
  CHECK(machine.peek<u16>(kImage + 12) == X87Machine::kDataSelector);
  CHECK(machine.peek<u16>(kImage + 14) == 0x5555);
}

TEST_CASE("FLDENV of the 16-bit protected layout leaves no opcode", "[x87]") {
  X87Machine machine;
  run_example(machine);
  REQUIRE(machine.x87().last_opcode != 0);
  REQUIRE(machine.execute(at_image(0xD9, 6, true)));
  REQUIRE(machine.execute(at_image(0xD9, 4, true)));
  CHECK(machine.x87().last_opcode == 0);
  CHECK(machine.x87().instruction_offset == X87Machine::kCode);
}

TEST_CASE("the real-mode layouts show linear addresses and the opcode", "[x87]") {
  X87Machine machine;
  machine.enter_virtual_8086();
  machine.cpu.state.segment(Segment::Ds) = v86_segment(0xF000);
  machine.poke(0xF'2004, u32{0x3F80'0000});
  REQUIRE(machine.execute({0xD9, 0x45, 0x04}));  // FLD m32fp [DI + 4]
  machine.cpu.state.segment(Segment::Ds) = v86_segment(0);
  REQUIRE(machine.execute(at_image16(0xD9, 6, false)));
  CHECK(machine.peek<u16>(kImage + 6) == X87Machine::kCode);
  CHECK(machine.peek<u16>(kImage + 8) == 0x0145);
  CHECK(machine.peek<u16>(kImage + 10) == 0x2004);
  CHECK(machine.peek<u16>(kImage + 12) == 0xF000);
  REQUIRE(machine.execute(at_image16(0xD9, 6, true)));
  CHECK(machine.peek<u32>(kImage + 12) == (0xFFFF'0000u | X87Machine::kCode));
  CHECK(machine.peek<u32>(kImage + 16) == 0x0145);
  CHECK(machine.peek<u32>(kImage + 20) == 0xFFFF'2004u);
  CHECK(machine.peek<u32>(kImage + 24) == 0x0000'F000u);
}

TEST_CASE("FNSAVE initialises and FRSTOR restores, in every layout", "[x87]") {
  for (const bool real : {false, true}) {
    for (const bool prefix : {false, true}) {
      X87Machine machine;
      run_example(machine);
      const X87State before = machine.x87();
      if (real) machine.enter_virtual_8086();
      REQUIRE(machine.execute(real ? at_image16(0xDD, 6, prefix) : at_image(0xDD, 6, prefix)));
      CHECK(machine.x87().tag_word() == 0xFFFF);
      CHECK(machine.x87().control.value() == 0x037F);
      CHECK(machine.status() == 0);
      const u32 environment = real == prefix ? 28 : 14;
      CHECK(machine.peek<u64>(kImage + environment) == float80::kIntegerBit);
      CHECK(machine.peek<u64>(kImage + environment + 10) == kPi.significand);
      machine.x87().registers = {};
      REQUIRE(machine.execute(real ? at_image16(0xDD, 4, prefix) : at_image(0xDD, 4, prefix)));
      CHECK(machine.status() == before.status.value());
      CHECK(machine.x87().valid == before.valid);
      CHECK(machine.x87().registers == before.registers);
      CHECK(machine.st(1) == kPi);
    }
  }
}

TEST_CASE("control instructions leave the pointers alone", "[x87]") {
  X87Machine machine;
  run_example(machine);
  const u16 opcode = machine.x87().last_opcode;
  REQUIRE(machine.execute({0xD9, 0x3F}));  // FNSTCW [EDI]
  REQUIRE(machine.execute({0xD9, 0x2F}));  // FLDCW [EDI]
  REQUIRE(machine.execute({0xDB, 0xE2}));  // FNCLEX
  CHECK(machine.x87().last_opcode == opcode);
  CHECK(machine.x87().data_offset == X87Machine::kData + 4);
}

}  // namespace ringdown::test
