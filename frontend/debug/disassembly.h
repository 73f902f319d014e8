// One instruction in words.
#pragma once

#include <span>
#include <string>

#include "core/types.h"

namespace ringdown {

class Machine;

/// What the bytes at an address say.
struct Disassembly {
  u32 length = 1;    // of the instruction; 1 if there is none
  std::string text;  // in Intel's syntax; empty if there is none
};

inline constexpr u32 kLongestInstruction = 15;

/// `eip` is the first byte's, for the targets of relative branches.
Disassembly disassemble(std::span<const u8> bytes, u32 eip, bool code32);

/// The instruction of the guest's present code segment at `eip`; empty if its bytes cannot be read.
Disassembly disassemble_at(Machine& machine, u32 eip);

}  // namespace ringdown
