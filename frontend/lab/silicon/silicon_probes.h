// The probes that roms/lab/silicon.asm holds.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "core/types.h"

namespace ringdown {

struct SiliconProbe {
  /// What is printed of a register; no digits: the name alone.
  struct Part {
    std::string name;
    u32 digits;
  };

  std::string instruction;  // as ProbedInstruction::name has it
  std::string operands;
  std::string emulated_operands;  // of the row of `lab table` that it is like, or empty
  u32 entry;                      // linear addresses
  u32 at;                         // the instruction itself
  u32 end;                        // reached when all was executed
  std::array<Part, 2> parts;      // of EBX and ECX

  std::string value(u32 ebx, u32 ecx) const;
};

/// The code, for `kSiliconOrigin`.
std::span<const u8> silicon_image();
std::vector<SiliconProbe> silicon_probes();

}  // namespace ringdown
