// Which flags the manual leaves undefined after an instruction: named entries, each with the manual's place.
#pragma once

#include <Zydis/Zydis.h>

#include <span>
#include <string_view>

#include "core/types.h"

namespace ringdown::test {

/// What decides it.
struct FlagsWriter {
  ZydisMnemonic mnemonic = ZYDIS_MNEMONIC_INVALID;
  u32 width = 0;  // of the first operand, in bits
  u32 count = 0;  // of a shift or rotate: the value of its last operand
};

struct UndefinedFlags {
  std::string_view name;
  u32 flags;
  std::string_view manual;
  bool (*applies)(const FlagsWriter& instruction);
};

/// Several may apply to one instruction.
std::span<const UndefinedFlags> undefined_flags();

}  // namespace ringdown::test
