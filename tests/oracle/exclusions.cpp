// The exclusions of the oracle, each for a reason that no comparison could get round.
#include "tests/oracle/exclusions.h"

#include <algorithm>
#include <initializer_list>

namespace ringdown::test {

namespace {

using Instructions = std::span<const OracleInstruction>;

bool has_any(Instructions instructions, std::initializer_list<ZydisMnemonic> mnemonics) {
  return std::any_of(instructions.begin(), instructions.end(), [&](const OracleInstruction& i) {
    return std::any_of(mnemonics.begin(), mnemonics.end(), [&](ZydisMnemonic m) { return i.is(m); });
  });
}

bool enters_system(const OracleCase& c, Instructions) { return may_enter_system(c.code); }

bool is_newer(const OracleCase&, Instructions instructions) {
  return std::any_of(instructions.begin(), instructions.end(),
                     [](const OracleInstruction& i) { return i.known && i.row == nullptr; });
}

constexpr std::initializer_list<ZydisMnemonic> kCalls = {ZYDIS_MNEMONIC_INT, ZYDIS_MNEMONIC_SYSENTER};
constexpr std::initializer_list<ZydisMnemonic> kFigures = {ZYDIS_MNEMONIC_CPUID, ZYDIS_MNEMONIC_RDTSC};
constexpr std::initializer_list<ZydisMnemonic> kTables = {
    ZYDIS_MNEMONIC_SGDT, ZYDIS_MNEMONIC_SIDT, ZYDIS_MNEMONIC_SLDT, ZYDIS_MNEMONIC_STR, ZYDIS_MNEMONIC_SMSW};

bool has_own_answer(const OracleCase&, Instructions instructions) { return has_any(instructions, kFigures); }

bool reads_system_tables(const OracleCase&, Instructions instructions) {
  return has_any(instructions, kTables);
}

bool leaves_flags_undefined(const OracleInstruction& i, const OracleState& before) {
  const FlagsWriter writer = flags_writer(i, before);
  // CL may have changed until then.
  FlagsWriter most = writer;
  if (i.known && i.decoded.operand_count_visible > 0 &&
      i.operands[i.decoded.operand_count_visible - 1u].type == ZYDIS_OPERAND_TYPE_REGISTER)
    most.count = 31;
  const std::span<const UndefinedFlags> entries = undefined_flags();
  return std::any_of(entries.begin(), entries.end(),
                     [&](const UndefinedFlags& e) { return e.applies(writer) || e.applies(most); });
}

/// Results that differ between processors by known rules, which look at one instruction.
bool has_rules_of_its_own(const OracleInstruction& i) {
  if (i.row == nullptr) return false;
  switch (i.decoded.mnemonic) {
    case ZYDIS_MNEMONIC_CVTPI2PS:
    case ZYDIS_MNEMONIC_LAR:
    case ZYDIS_MNEMONIC_RCPPS:
    case ZYDIS_MNEMONIC_RCPSS:
    case ZYDIS_MNEMONIC_RSQRTPS:
    case ZYDIS_MNEMONIC_RSQRTSS:
      return true;
    default:
      return i.row->feature == Feature::Fxsr || i.decoded.meta.category == ZYDIS_CATEGORY_X87_ALU ||
             i.decoded.meta.category == ZYDIS_CATEGORY_FCMOV;
  }
}

bool uses_mmx_state(const OracleInstruction& i) {
  const std::span<const ZydisDecodedOperand> operands = i.all_operands();
  return i.is(ZYDIS_MNEMONIC_EMMS) || std::any_of(operands.begin(), operands.end(), [](const auto& o) {
           return o.type == ZYDIS_OPERAND_TYPE_REGISTER &&
                  ZydisRegisterGetClass(o.reg.value) == ZYDIS_REGCLASS_MMX;
         });
}

bool is_undefined_midway(const OracleCase& c, Instructions instructions) {
  if (instructions.size() < 2) return false;
  const Instructions before_last = instructions.first(instructions.size() - 1);
  const bool x87_is_last = has_rules_of_its_own(instructions.back());
  return std::any_of(before_last.begin(), before_last.end(), [&](const OracleInstruction& i) {
    const bool changes_x87 = x87_is_last && uses_mmx_state(i);
    return leaves_flags_undefined(i, c.before) || has_rules_of_its_own(i) || changes_x87;
  });
}

constexpr OracleExclusion kExclusions[] = {
    {"enters the system",
     "INT n, SYSCALL, SYSENTER, VMCALL and VMMCALL would call the host's operating system or hypervisor",
     &enters_system},
    {"newer instruction", "the processor model has no such instruction; the host's processor may", &is_newer},
    {"the host's own figures", "CPUID and RDTSC answer for the host's processor", &has_own_answer},
    {"the host's tables", "SGDT, SIDT, SLDT, STR and SMSW answer for the host's system, or trap to it (UMIP)",
     &reads_system_tables},
    {"undefined midway",
     "what follows an instruction that leaves something undefined, or with rules of its own, may depend on "
     "it",
     &is_undefined_midway},
};

}  // namespace

std::span<const OracleExclusion> oracle_exclusions() { return kExclusions; }

const OracleExclusion& no_long_mode_code() {
  static const OracleExclusion exclusion{"no 64-bit code does it",
                                         "this host runs 64-bit code only, and there the instruction, or its "
                                         "stack, segment or address, is another",
                                         nullptr};
  return exclusion;
}

const OracleExclusion* find_exclusion(const OracleCase& c, Instructions instructions) {
  const auto* found = std::find_if(std::begin(kExclusions), std::end(kExclusions),
                                   [&](const OracleExclusion& e) { return e.applies(c, instructions); });
  return found != std::end(kExclusions) ? found : nullptr;
}

bool never_runs(const InstructionRow& row) {
  for (const auto& mnemonics : {kCalls, kFigures, kTables}) {
    if (std::find(mnemonics.begin(), mnemonics.end(), row.mnemonic) != mnemonics.end()) return true;
  }
  return false;
}

bool may_enter_system(std::span<const u8> code) {
  constexpr u8 kInt = 0xcd, kTwoBytes = 0x0f, kSyscall = 0x05, kSysenter = 0x34;
  constexpr u8 kGroup7 = 0x01, kVmcall = 0xc1, kVmmcall = 0xd9;
  const auto byte = [code](std::size_t i) { return i < code.size() ? code[i] : kStopByte; };
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] == kInt) return true;
    if (code[i] != kTwoBytes) continue;
    if (byte(i + 1) == kSyscall || byte(i + 1) == kSysenter) return true;
    if (byte(i + 1) == kGroup7 && (byte(i + 2) == kVmcall || byte(i + 2) == kVmmcall)) return true;
  }
  return false;
}

}  // namespace ringdown::test
