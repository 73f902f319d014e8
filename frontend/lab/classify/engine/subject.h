// What the search is told of an instruction: a number, and the bytes that may encode it. Nothing of what the
// instruction table knows about it comes through here.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/types.h"

namespace ringdown::classify {

/// An opcode with its mandatory prefix and what its ModRM byte may be.
struct OpcodeForm {
  u8 prefix = 0;  // 0: none
  bool two_bytes = false;
  u8 opcode = 0;
  std::span<const u8> modrm;  // empty: none; one of 00 to 38 stands for all memory forms with that reg field
};

struct Subject {
  unsigned number = 0;
  std::vector<OpcodeForm> forms;
  /// The length of what `code` begins with in 32- or 16-bit code; 0 if that is another instruction.
  std::function<u8(std::span<const u8> code, bool code32)> length_of;
};

}  // namespace ringdown::classify
