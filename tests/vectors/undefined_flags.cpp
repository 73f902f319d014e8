// Which flags the manual leaves undefined after an instruction.
#include "tests/vectors/undefined_flags.h"

#include <algorithm>
#include <initializer_list>

#include "cpu/flags.h"

namespace ringdown::test {

namespace {

using namespace eflags;

bool is_any(const FlagsWriter& instruction, std::initializer_list<ZydisMnemonic> mnemonics) {
  return std::find(mnemonics.begin(), mnemonics.end(), instruction.mnemonic) != mnemonics.end();
}

/// SAL among them: Zydis calls it SHL.
bool is_left_or_logical_shift(const FlagsWriter& i) {
  return is_any(i, {ZYDIS_MNEMONIC_SHL, ZYDIS_MNEMONIC_SHR});
}
bool is_shift(const FlagsWriter& i) { return is_left_or_logical_shift(i) || is_any(i, {ZYDIS_MNEMONIC_SAR}); }
bool is_double_shift(const FlagsWriter& i) { return is_any(i, {ZYDIS_MNEMONIC_SHLD, ZYDIS_MNEMONIC_SHRD}); }
bool is_rotate(const FlagsWriter& i) {
  return is_any(i, {ZYDIS_MNEMONIC_ROL, ZYDIS_MNEMONIC_ROR, ZYDIS_MNEMONIC_RCL, ZYDIS_MNEMONIC_RCR});
}

/// 5 bits of the count are used.
u32 shift_count(const FlagsWriter& i) { return i.count & 0x1f; }

bool counted_shift(const FlagsWriter& i) {
  return (is_shift(i) || is_double_shift(i)) && shift_count(i) != 0;
}
bool shift_by_several(const FlagsWriter& i) {
  return (is_shift(i) || is_double_shift(i)) && shift_count(i) > 1;
}
bool shift_by_whole_operand(const FlagsWriter& i) {
  return is_left_or_logical_shift(i) && shift_count(i) >= i.width;
}
bool double_shift_beyond_operand(const FlagsWriter& i) {
  return is_double_shift(i) && shift_count(i) > i.width;
}
bool rotate_by_several(const FlagsWriter& i) { return is_rotate(i) && shift_count(i) > 1; }
bool logic(const FlagsWriter& i) {
  return is_any(i, {ZYDIS_MNEMONIC_AND, ZYDIS_MNEMONIC_OR, ZYDIS_MNEMONIC_XOR, ZYDIS_MNEMONIC_TEST});
}
bool multiplication(const FlagsWriter& i) { return is_any(i, {ZYDIS_MNEMONIC_MUL, ZYDIS_MNEMONIC_IMUL}); }
bool division(const FlagsWriter& i) { return is_any(i, {ZYDIS_MNEMONIC_DIV, ZYDIS_MNEMONIC_IDIV}); }
bool ascii_adjust(const FlagsWriter& i) { return is_any(i, {ZYDIS_MNEMONIC_AAA, ZYDIS_MNEMONIC_AAS}); }
bool decimal_adjust(const FlagsWriter& i) { return is_any(i, {ZYDIS_MNEMONIC_DAA, ZYDIS_MNEMONIC_DAS}); }
bool ascii_multiplication(const FlagsWriter& i) {
  return is_any(i, {ZYDIS_MNEMONIC_AAM, ZYDIS_MNEMONIC_AAD});
}
bool bit_scan(const FlagsWriter& i) { return is_any(i, {ZYDIS_MNEMONIC_BSF, ZYDIS_MNEMONIC_BSR}); }
bool bit_test(const FlagsWriter& i) {
  return is_any(i, {ZYDIS_MNEMONIC_BT, ZYDIS_MNEMONIC_BTC, ZYDIS_MNEMONIC_BTR, ZYDIS_MNEMONIC_BTS});
}

constexpr UndefinedFlags kEntries[] = {
    {"AND, OR, XOR, TEST: AF", kAf, "SDM vol. 2, AND, OR, XOR, TEST: Flags Affected", &logic},
    {"SHL, SHR, SAR, SHLD, SHRD by at least 1: AF", kAf, "SDM vol. 2, SAL/SAR/SHL/SHR: Flags Affected",
     &counted_shift},
    {"SHL, SHR, SAR, SHLD, SHRD by more than 1: OF", kOf, "SDM vol. 2, SAL/SAR/SHL/SHR: Flags Affected",
     &shift_by_several},
    {"SHL, SHR by the operand's width or more: CF", kCf, "SDM vol. 2, SAL/SAR/SHL/SHR: Flags Affected",
     &shift_by_whole_operand},
    {"SHLD, SHRD by more than the operand's width: all", kStatus, "SDM vol. 2, SHLD, SHRD: Flags Affected",
     &double_shift_beyond_operand},
    {"RCL, RCR, ROL, ROR by more than 1: OF", kOf, "SDM vol. 2, RCL/RCR/ROL/ROR: Flags Affected",
     &rotate_by_several},
    {"MUL, IMUL: SF, ZF, AF, PF", kSf | kZf | kAf | kPf, "SDM vol. 2, MUL, IMUL: Flags Affected",
     &multiplication},
    {"DIV, IDIV: all", kStatus, "SDM vol. 2, DIV, IDIV: Flags Affected", &division},
    {"AAA, AAS: OF, SF, ZF, PF", kOf | kSf | kZf | kPf, "SDM vol. 2, AAA, AAS: Flags Affected",
     &ascii_adjust},
    {"DAA, DAS: OF", kOf, "SDM vol. 2, DAA, DAS: Flags Affected", &decimal_adjust},
    {"AAM, AAD: OF, AF, CF", kOf | kAf | kCf, "SDM vol. 2, AAM, AAD: Flags Affected", &ascii_multiplication},
    {"BSF, BSR: all but ZF", kStatus & ~kZf, "SDM vol. 2, BSF, BSR: Flags Affected", &bit_scan},
    {"BT, BTC, BTR, BTS: OF, SF, AF, PF", kOf | kSf | kAf | kPf, "SDM vol. 2, BT: Flags Affected", &bit_test},
};

}  // namespace

std::span<const UndefinedFlags> undefined_flags() { return kEntries; }

}  // namespace ringdown::test
