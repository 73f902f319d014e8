// Decimal arithmetic instructions: DAA, DAS, AAA, AAS, AAM, AAD. Flags that the manual leaves undefined
// follow the addition or subtraction that the processor makes.
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/raising.h"
#include "cpu/handler.h"

namespace ringdown {

namespace {

constexpr RegisterOffset kAl = register_offset(0, 1);
constexpr RegisterOffset kAh = register_offset(4, 1);
constexpr RegisterOffset kAx = register_offset(0, 2);
constexpr u8 kDigit = 0x0f;

bool digit_overflows(u8 al) { return (al & kDigit) > 9; }

enum class Direction : u8 { AfterAddition, AfterSubtraction };

template <Direction D>
u8 adjusted(u8 value, u8 by) {
  return static_cast<u8>(D == Direction::AfterAddition ? value + by : value - by);
}

template <Direction D>
bool overflows(u8 value, u8 by) {
  Flags flags;
  if (D == Direction::AfterAddition) {
    flags.set_add<u8>(value, by);
  } else {
    flags.set_subtract<u8>(value, by);
  }
  return flags.of();
}

/// DAA, DAS (Intel SDM vol. 2A).
template <Direction D>
const Operation* decimal_adjust(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const u8 al = registers.read<u8>(kAl);
  const bool low = digit_overflows(al) || registers.flags.af();
  const bool high = al > 0x99 || registers.flags.cf();
  const u8 by = static_cast<u8>((low ? 0x06 : 0) + (high ? 0x60 : 0));
  // A borrow of the low digit's correction counts; the carry of DAA's implies `high`.
  const bool borrow = D == Direction::AfterSubtraction && low && al < 0x06;
  const u8 result = adjusted<D>(al, by);
  registers.write<u8>(kAl, result);
  registers.flags.set_result<u8>(result, high || borrow, overflows<D>(al, by), low);
  return next(cpu, op);
}

/// AAA, AAS: the correction of AL carries into AH.
template <Direction D>
const Operation* ascii_adjust(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const u16 ax = registers.read<u16>(kAx);
  const u8 al = static_cast<u8>(ax);
  const bool adjust = digit_overflows(al) || registers.flags.af();
  const u16 by = adjust ? 0x0106 : 0;
  const u16 sum = static_cast<u16>(D == Direction::AfterAddition ? ax + by : ax - by);
  const u8 low = static_cast<u8>(by);
  registers.flags.set_result<u8>(adjusted<D>(al, low), adjust, overflows<D>(al, low), adjust);
  registers.write<u16>(kAx, sum);
  registers.write<u8>(kAl, static_cast<u8>(sum & kDigit));
  return next(cpu, op);
}

const Operation* adjust_after_multiplication(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const u8 base = static_cast<u8>(op->immediate);
  if (base == 0) return raise_divide_error(cpu, op);
  const u8 al = registers.read<u8>(kAl);
  const u8 remainder = static_cast<u8>(al % base);
  registers.write<u8>(kAh, static_cast<u8>(al / base));
  registers.write<u8>(kAl, remainder);
  registers.flags.set_logic<u8>(remainder);
  return next(cpu, op);
}

const Operation* adjust_before_division(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const u8 al = registers.read<u8>(kAl);
  const u8 product = static_cast<u8>(registers.read<u8>(kAh) * op->immediate);
  const u8 sum = static_cast<u8>(al + product);
  registers.write<u16>(kAx, sum);
  registers.flags.set_add<u8>(al, product);
  return next(cpu, op);
}

}  // namespace

Handler lower_daa(const LoweringContext&, Operation&) { return &decimal_adjust<Direction::AfterAddition>; }
Handler lower_das(const LoweringContext&, Operation&) { return &decimal_adjust<Direction::AfterSubtraction>; }
Handler lower_aaa(const LoweringContext&, Operation&) { return &ascii_adjust<Direction::AfterAddition>; }
Handler lower_aas(const LoweringContext&, Operation&) { return &ascii_adjust<Direction::AfterSubtraction>; }
Handler lower_aam(const LoweringContext&, Operation&) { return &adjust_after_multiplication; }
Handler lower_aad(const LoweringContext&, Operation&) { return &adjust_before_division; }

}  // namespace ringdown
