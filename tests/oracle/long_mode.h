// Cases as 64-bit code, for hosts whose kernel or hypervisor lets no 32-bit code run.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "tests/oracle/oracle_instruction.h"

namespace ringdown::test {

/// How a host runs cases: as they are, or as 64-bit code, which not every case can be.
enum class HostCodeWidth : u8 { Bits32 = 32, Bits64 = 64 };

/// What 64-bit code does the same on the same registers. Instructions become longer, so that offsets into the
/// code differ: `boundaries` has those of the instructions' starts and of the end.
struct LongModeCode {
  struct Boundary {
    u32 offset32;
    u32 offset64;
  };
  std::vector<u8> bytes;
  std::vector<Boundary> boundaries;

  /// The EIP that the 32-bit code would have had. `start`: where both begin.
  u32 eip_of(u32 rip, u32 start) const;
};

/// None if an instruction is another in 64-bit mode, or none; or if the case has to do with segments, which
/// that mode ignores, with 16-bit addresses, which it lacks, or with the stack, whose slots are wider there.
std::optional<LongModeCode> long_mode_code(const OracleCase& c,
                                           std::span<const OracleInstruction> instructions);

}  // namespace ringdown::test
