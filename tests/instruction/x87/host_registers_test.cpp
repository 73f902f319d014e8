// The x87 registers go to the host's unit and come back as often as blocks demand: a program must leave the
// same state however it is cut into blocks.
#include <catch2/catch.hpp>
#include <string_view>

#include "tests/instruction/x87/x87_machine.h"

namespace ringdown::test {

namespace {

using Program = std::vector<Code>;

void prepare(X87Machine& machine) {
  machine.poke(X87Machine::kData, 1.0 / 3);
  machine.poke<u16>(X87Machine::kData + 8, 0x0C7F);   // truncate, everything masked
  machine.poke<u16>(X87Machine::kData + 10, 0x035F);  // precision exceptions are not
  machine.cpu.registers.set(Gpr::Edi, X87Machine::kData);
}

Code joined(const Program& program) {
  Code code;
  for (const Code& instruction : program) code.insert(code.end(), instruction.begin(), instruction.end());
  return code;
}

void check_same(X87Machine& a, X87Machine& b) {
  CHECK(a.x87().registers == b.x87().registers);
  CHECK(a.status() == b.status());
  CHECK(a.x87().control.value() == b.x87().control.value());
  CHECK(a.x87().valid == b.x87().valid);
  CHECK(a.x87().last_opcode == b.x87().last_opcode);
  CHECK(a.x87().instruction_offset == b.x87().instruction_offset);
  CHECK(a.x87().instruction_selector == b.x87().instruction_selector);
  CHECK(a.x87().data_offset == b.x87().data_offset);
  CHECK(a.x87().data_selector == b.x87().data_selector);
  CHECK(a.cpu.registers.get(Gpr::Eax) == b.cpu.registers.get(Gpr::Eax));
  CHECK(a.cpu.registers.flags.value() == b.cpu.registers.flags.value());
  for (u32 offset = 0; offset < 0x300; offset += 4) {
    CHECK(a.peek<u32>(X87Machine::kData + offset) == b.peek<u32>(X87Machine::kData + offset));
  }
}

/// In one block, and in blocks of one instruction.
void check_program(const Program& program) {
  X87Machine whole;
  X87Machine single({.single_instruction_blocks = true});
  for (X87Machine* machine : {&whole, &single}) {
    prepare(*machine);
    CHECK(machine->execute_block(joined(program), static_cast<unsigned>(program.size())));
    CHECK_FALSE(machine->cpu.x87_on_host);
  }
  check_same(whole, single);
}

const Code kFldDouble{0xDD, 0x07};                    // FLD m64fp [EDI]
const Code kFldPi{0xD9, 0xEB};                        // FLDPI
const Code kFmulpSt1{0xDE, 0xC9};                     // FMULP ST(1), ST(0)
const Code kFaddSt0St1{0xD8, 0xC1};                   // FADD ST(0), ST(1)
const Code kFstDouble{0xDD, 0x57, 0x10};              // FST m64fp [EDI + 16]
const Code kFistpDword{0xDB, 0x5F, 0x18};             // FISTP m32int [EDI + 24]
const Code kFstpExtended{0xDB, 0x7F, 0x20};           // FSTP m80fp [EDI + 32]
const Code kFldcwTruncate{0xD9, 0x6F, 0x08};          // FLDCW [EDI + 8]
const Code kFldcwUnmask{0xD9, 0x6F, 0x0A};            // FLDCW [EDI + 10]
const Code kFnstcw{0xD9, 0x7F, 0x0C};                 // FNSTCW [EDI + 12]
const Code kFnstswAx{0xDF, 0xE0};                     // FNSTSW AX
const Code kFcomiSt1{0xDB, 0xF1};                     // FCOMI ST(0), ST(1)
const Code kFcmovneSt1{0xDB, 0xC9};                   // FCMOVNE ST(0), ST(1)
const Code kFsin{0xD9, 0xFE};                         // FSIN
const Code kFnclex{0xDB, 0xE2};                       // FNCLEX
const Code kFxsave{0x0F, 0xAE, 0x87, 0x00, 1, 0, 0};  // FXSAVE [EDI + 256]
const Code kMovqMm0{0x0F, 0x6F, 0x07};                // MOVQ MM0, [EDI]
const Code kEmms{0x0F, 0x77};                         // EMMS
const Code kFnsave{0xDD, 0xB7, 0x80, 0, 0, 0};        // FNSAVE [EDI + 128]

}  // namespace

TEST_CASE("x87 instructions leave the same state however they are cut into blocks", "[x87]") {
  check_program({kFldPi, kFldDouble, kFmulpSt1, kFldPi, kFaddSt0St1, kFstDouble, kFnstswAx, kFcomiSt1,
                 kFcmovneSt1, kFstpExtended});
  check_program({kFldPi, kFnstcw, kFldcwTruncate, kFistpDword, kFldDouble, kFnclex, kFldPi, kFistpDword});
}

TEST_CASE("what works on the registers in memory finds them there", "[x87]") {
  check_program({kFldPi, kFldDouble, kFxsave, kFmulpSt1, kFsin, kFaddSt0St1, kFstDouble});
  check_program({kFldPi, kFldDouble, kMovqMm0, kEmms, kFldPi, kFldDouble, kFmulpSt1});
  check_program({kFldPi, kFldDouble, kFmulpSt1, kFnsave, kFldDouble, kFldPi});
}

TEST_CASE("FLDCW unmasks an exception while the host holds the registers", "[x87]") {
  check_program({kFldPi, kFldDouble, kFldcwUnmask, kFxsave});
  X87Machine machine;
  prepare(machine);
  const Program program{kFldPi, kFldDouble, kFldcwUnmask, kFmulpSt1, kFldPi};
  REQUIRE_FALSE(machine.execute_block(joined(program), static_cast<unsigned>(program.size())));
  CHECK(machine.fault().vector == Vector::FloatingPoint);
  CHECK(machine.cpu.registers.eip == X87Machine::kCode + 9);
}

TEST_CASE("a fault in the middle of a block finds the registers of the instructions before it", "[x87]") {
  X87Machine machine;
  prepare(machine);
  const Code store_to_hole{0xDD, 0x1D, 0x00, 0x50, 0, 0};  // FSTP m64fp [5000h]
  REQUIRE_FALSE(machine.execute_block(joined({kFldPi, kFldDouble, store_to_hole, kFldPi}), 4));
  CHECK(machine.fault().vector == Vector::PageFault);
  CHECK_FALSE(machine.cpu.x87_on_host);
  CHECK(machine.x87().top() == 6);
  CHECK(machine.st(1) == Float80{0xC90F'DAA2'2168'C235, 0x4000});
  CHECK(machine.x87().data_offset == X87Machine::kData);
}

}  // namespace ringdown::test
