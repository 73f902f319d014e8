// The tests that an older processor passes and a later one must not, by design.
#include "tests/vectors/exclusions.h"

#include "cpu/fault.h"
#include "cpu/flags.h"

namespace ringdown::test {

namespace {

using enum MooRegister;
using enum CapturedCpu;

constexpr u32 kLastOffset = 0xffff;

constexpr u8 number(Vector vector) { return static_cast<u8>(vector); }

bool raised(const Subject& s, Vector vector) {
  return s.test.exception && s.test.exception->vector == number(vector);
}

Expectation fault(const Subject& s, Vector vector) { return as_fault(s.test, number(vector), s.cpu.flags); }
Expectation later_invalid(const Subject& s) { return fault(s, Vector::InvalidOpcode); }
Expectation later_divide_error(const Subject& s) { return fault(s, Vector::DivideError); }
Expectation later_stack_fault(const Subject& s) { return fault(s, Vector::StackFault); }
Expectation later_executed(const Subject& s) { return as_executed(s.test, s.instruction.length); }
Expectation later_anything(const Subject& s) { return as_anything(s.test); }

bool has_mnemonic(const Subject& s, ZydisMnemonic mnemonic) {
  return s.instruction.known && s.instruction.decoded.mnemonic == mnemonic;
}

// --- Any older processor

bool lock_where_it_may_not_stand(const Subject& s) {
  return s.instruction.lock && s.instruction.known &&
         (s.instruction.decoded.attributes & ZYDIS_ATTRIB_ACCEPTS_LOCK) == 0;
}

/// The explicit memory operand that crosses the end of its segment.
std::optional<SegmentRange> crossing_operand(const Subject& s) {
  for (unsigned i = 0; i < s.instruction.all_operands().size(); ++i) {
    if (s.instruction.operands[i].visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN) continue;
    const std::optional<SegmentRange> range = operand_range(s.instruction, s.test, i);
    if (range && range->beyond_limit()) return range;
  }
  return std::nullopt;
}

Vector vector_of(ZydisRegister segment) {
  return segment == ZYDIS_REGISTER_SS ? Vector::StackFault : Vector::GeneralProtection;
}

Expectation later_limit_fault(const Subject& s) {
  const std::optional<SegmentRange> range = crossing_operand(s);
  return fault(s, vector_of(range ? range->segment : ZYDIS_REGISTER_DS));
}

// --- 286

bool too_long(const Subject& s) {
  constexpr u32 kLongest = 10;
  return raised(s, Vector::GeneralProtection) && s.instruction.length > kLongest;
}

bool fs_or_gs(const Subject& s) {
  const bool segment_move = s.instruction.is(0x8c) || s.instruction.is(0x8e);
  return segment_move && (s.instruction.extension() == 4 || s.instruction.extension() == 5);
}

bool word_string(const TestedInstruction& i) {
  for (const u8 opcode : {0x6d, 0x6f, 0xa5, 0xa7, 0xab, 0xad, 0xaf}) {
    if (i.is(opcode)) return true;
  }
  return false;
}
bool uses_source(const TestedInstruction& i) { return i.is(0x6f) || i.is(0xa5) || i.is(0xa7) || i.is(0xad); }
bool uses_destination(const TestedInstruction& i) { return !i.is(0x6f) && !i.is(0xad); }

bool string_at_last_offset(const Subject& s) {
  return raised(s, Vector::GeneralProtection) && word_string(s.instruction);
}

/// The iterations before the faulting one have happened, it has not.
Expectation later_string_restarts(const Subject& s) {
  const MooRegisters& before = s.test.initial.registers;
  const u32 step = (before.get(Eflags) & eflags::kDf) != 0 ? 0xfffe : 2;
  u32 si = before.get(Esi);
  u32 di = before.get(Edi);
  u32 cx = before.get(Ecx);
  const bool source = uses_source(s.instruction);
  const bool destination = uses_destination(s.instruction);
  const auto faults = [&] { return (source && si == kLastOffset) || (destination && di == kLastOffset); };
  while (s.instruction.repeated && cx != 0 && !faults()) {
    if (source) si = (si + step) & 0xffff;
    if (destination) di = (di + step) & 0xffff;
    --cx;
  }
  Expectation expectation = as_captured(s.test, false);
  MooRegisters& after = expectation.test.final.registers;
  after[Esi] = si;
  after[Edi] = di;
  after[Ecx] = cx;
  ZydisRegister segment = ZYDIS_REGISTER_ES;
  if (source && si == kLastOffset) {
    const bool overridden = (s.instruction.decoded.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_SS) != 0;
    segment = overridden ? ZYDIS_REGISTER_SS : ZYDIS_REGISTER_DS;
  }
  expectation.exception = number(vector_of(segment));
  expectation.enters_handler = true;
  return expectation;
}

bool pop_to_last_offset(const Subject& s) {
  return raised(s, Vector::GeneralProtection) && s.instruction.is(0x8f) && crossing_operand(s);
}

bool stack_limit(const Subject& s) {
  if (!raised(s, Vector::GeneralProtection)) return false;
  if (const std::optional<SegmentRange> range = crossing_operand(s))
    return range->segment == ZYDIS_REGISTER_SS;
  for (const ZydisDecodedOperand& operand : s.instruction.all_operands()) {
    if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.segment == ZYDIS_REGISTER_SS) return true;
  }
  return false;
}

/// The captured frame of #UD does not hold CS.
bool far_call_pushes_ss(const Subject& s) {
  const TestedInstruction& i = s.instruction;
  if (!raised(s, Vector::InvalidOpcode) || !i.is(0xff) || i.extension() != 3 || !i.register_operand())
    return false;
  const u32 pushed = s.test.final_word(s.test.on_final_stack(MooTest::kPushedCs));
  return pushed == s.test.final_value(Ss) && pushed != s.test.initial.registers.get(Cs);
}

bool aam_by_zero(const Subject& s) {
  return has_mnemonic(s, ZYDIS_MNEMONIC_AAM) && operand_value(s.instruction, s.test, 0) == 0u;
}

/// The quotient of a negative dividend and a positive divisor does not fit, by half a divisor's range: the
/// borrow that should tell has become a sign.
bool missed_overflow(const Subject& s) {
  if (!has_mnemonic(s, ZYDIS_MNEMONIC_IDIV) || s.instruction.operands[0].size != 8) return false;
  const std::optional<u32> raw = operand_value(s.instruction, s.test, 0);
  if (!raw) return false;
  const int divisor = static_cast<s8>(*raw);
  const int dividend = static_cast<s16>(s.test.initial.registers.get(Eax));
  constexpr int kSign = 0x80;
  return dividend < 0 && divisor > 0 && (-dividend >> 7) - divisor == kSign;
}

// --- Before the 286

bool crosses_segment_end(const Subject& s) { return crossing_operand(s).has_value(); }

bool other_opcode(const Subject& s) {
  const TestedInstruction& i = s.instruction;
  if (i.two_bytes || !i.known || i.row == nullptr || fs_or_gs(s) || i.is(0xf1)) return true;
  if (s.cpu.family != I8086) return i.is(0x63) || (i.opcode >= 0x64 && i.opcode <= 0x67);
  return (i.opcode & 0xf0) == 0x60 || i.is(0xc0) || i.is(0xc1) || i.is(0xc8) || i.is(0xc9);
}

bool push_sp(const Subject& s) {
  constexpr u8 kSp = 4;
  const TestedInstruction& i = s.instruction;
  return i.is(0x54) || (i.is(0xff) && i.extension() == 6 && i.register_operand() && (i.modrm & 7) == kSp);
}
Expectation later_push_sp(const Subject& s) {
  Expectation expectation = as_captured(s.test, false);
  const u32 sp = s.test.initial.registers.get(Esp);
  expectation.test.final.memory.clear();
  for (u32 i = 0; i < 2; ++i) {
    const u32 address = (s.test.initial.registers.get(Ss) << 4) + ((sp - 2 + i) & 0xffff);
    expectation.test.final.memory.push_back({address, static_cast<u8>(sp >> (8 * i))});
  }
  return expectation;
}

bool long_shift(const Subject& s) {
  const TestedInstruction& i = s.instruction;
  const bool by_cl = i.is(0xd2) || i.is(0xd3);
  return by_cl && (s.test.initial.registers.get(Ecx) & 0xff) > 0x1f;
}

bool division_before_286(const Subject& s) {
  const bool divides = has_mnemonic(s, ZYDIS_MNEMONIC_DIV) || has_mnemonic(s, ZYDIS_MNEMONIC_IDIV) ||
                       has_mnemonic(s, ZYDIS_MNEMONIC_AAM);
  return divides && (s.instruction.repeated || s.test.final.registers[Esp].has_value());
}

bool repeated_multiplication(const Subject& s) {
  return s.instruction.repeated &&
         (has_mnemonic(s, ZYDIS_MNEMONIC_MUL) || has_mnemonic(s, ZYDIS_MNEMONIC_IMUL));
}

bool pushes_flags(const Subject& s) {
  const TestedInstruction& i = s.instruction;
  const bool interrupts = i.is(0xcc) || i.is(0xcd) || (i.is(0xce) && s.test.final.registers[Esp].has_value());
  return i.is(0x9c) || interrupts;
}
Expectation later_pushes_flags(const Subject& s) {
  Expectation expectation = as_captured(s.test, false);
  const u32 above = 1 + (s.instruction.is(0x9c) ? 0 : MooTest::kPushedFlags);
  const u32 high_byte = s.test.on_final_stack(above);
  for (MooByte& byte : expectation.test.final.memory) {
    if (byte.address == high_byte) byte.value &= 0x0f;
  }
  return expectation;
}

// --- 386

bool only_on_386(const Subject& s) {
  const TestedInstruction& i = s.instruction;
  if (!i.two_bytes) return i.is(0xf1);
  return i.opcode == 0x24 || i.opcode == 0x26 || (i.opcode >= 0x10 && i.opcode <= 0x13) || i.opcode == 0xa6 ||
         i.opcode == 0xa7;
}

constexpr Exclusion kExclusions[] = {
    {"LOCK where it may not stand",
     "#UD from the 386 on; older processors lock any instruction (SDM vol. 2, LOCK)", I8086, I286,
     &lock_where_it_may_not_stand, &later_invalid},
    {"opcode with another meaning",
     "not, or not so, in the later instruction set (SDM vol. 3B, Architecture Compatibility)", I8086, I186,
     &other_opcode, &later_anything},
    {"operand across the end of its segment",
     "wraps before the 286; #GP or #SS later (SDM vol. 3B, Architecture Compatibility, Segment Wraparound)",
     I8086, I186, &crosses_segment_end, &later_limit_fault},
    {"PUSH SP", "before the 286 the decremented SP is pushed (SDM vol. 2, PUSH)", I8086, I186, &push_sp,
     &later_push_sp},
    {"shift by more than 31", "an 8086 does not mask the count (SDM vol. 2, SAL/SAR/SHL/SHR)", I8086, V20,
     &long_shift, &later_anything},
    {"divide error or REP before a division",
     "before the 286 the next instruction's address is pushed, and -80h is no quotient (SDM vol. 3B, "
     "Architecture Compatibility, Exceptions)",
     I8086, I186, &division_before_286, &later_anything},
    {"REP before a multiplication", "reserved: an 8086 negates the product (SDM vol. 2, REP)", I8086, I186,
     &repeated_multiplication, &later_anything},
    {"FLAGS pushed", "an 8086 pushes FLAGS with bits 12 to 15 set (SDM vol. 3B, Architecture Compatibility)",
     I8086, I186, &pushes_flags, &later_pushes_flags},
    {"longer than 10 bytes",
     "15 bytes are allowed from the 386 on (SDM vol. 3B, Architecture Compatibility, Invalid Opcode and #GP)",
     I286, I286, &too_long, &later_executed},
    {"MOV from or to FS, GS", "these exist from the 386 on (SDM vol. 2, MOV)", I286, I286, &fs_or_gs,
     &later_executed},
    {"string instruction at offset FFFF",
     "a 286 leaves SI, DI and CX advanced; later a fault restarts the iteration (SDM vol. 3A, 6.5)", I286,
     I286, &string_at_last_offset, &later_string_restarts},
    {"POP to offset FFFF",
     "a 286 leaves SP advanced; later a fault restarts the instruction (SDM vol. 3A, 6.5)", I286, I286,
     &pop_to_last_offset, &later_limit_fault},
    {"beyond the stack's limit", "#SS in real mode, where a 286 raises #GP (SDM vol. 3A, 6.15, Interrupt 12)",
     I286, I286, &stack_limit, &later_stack_fault},
    {"far CALL through a register", "a 286 may push SS in place of CS with #UD (SDM vol. 2, CALL)", I286,
     I286, &far_call_pushes_ss, &later_invalid},
    {"AAM by zero",
     "a 286 has changed the flags; a divide error accompanies no change (SDM vol. 3A, 6.15, Interrupt 0)",
     I286, I286, &aam_by_zero, &later_divide_error},
    {"IDIV overflow that the 286 misses",
     "a quotient outside -80h to 7Fh is a divide error (SDM vol. 2, IDIV); the 286 gives -80h where the high "
     "bits of the dividend exceed the divisor by 80h",
     I286, I286, &missed_overflow, &later_divide_error},
    {"386 opcode", "test registers, UMOV, XBTS and IBTS are gone (SDM vol. 3B, Architecture Compatibility)",
     I386, I386, &only_on_386, &later_anything},
};

}  // namespace

std::span<const Exclusion> exclusions() { return kExclusions; }

const Exclusion* find_exclusion(const Subject& subject) {
  for (const Exclusion& exclusion : kExclusions) {
    const bool concerned = subject.cpu.family >= exclusion.first && subject.cpu.family <= exclusion.last;
    if (concerned && exclusion.applies(subject)) return &exclusion;
  }
  return nullptr;
}

}  // namespace ringdown::test
