// Which generated cases are not run, or not on the host's processor, and why.
#pragma once

#include <span>
#include <string_view>

#include "tests/oracle/oracle_instruction.h"

namespace ringdown::test {

struct OracleExclusion {
  std::string_view name;
  std::string_view reason;
  /// nullptr: it is no property of the case alone.
  bool (*applies)(const OracleCase& c, std::span<const OracleInstruction> instructions);
};

std::span<const OracleExclusion> oracle_exclusions();

/// What is besides not run on hosts that run 64-bit code only.
const OracleExclusion& no_long_mode_code();

/// The first that applies, or nullptr.
const OracleExclusion* find_exclusion(const OracleCase& c, std::span<const OracleInstruction> instructions);

/// Whether an exclusion applies to every case of a row.
bool never_runs(const InstructionRow& row);

/// Whether any byte of the code, as an opcode, could enter the host's operating system or its hypervisor: INT
/// n, SYSCALL, SYSENTER, VMCALL, VMMCALL. It looks at every position, since branches may lead into the middle
/// of an instruction, and at any mode.
bool may_enter_system(std::span<const u8> code);

}  // namespace ringdown::test
