// Names of sensitive instructions as users type them.
#pragma once

#include <string_view>

#include "core/result.h"

namespace ringdown {

/// Whether each of a comma-separated list is an instruction that can be let through, or "all". The error
/// begins with `who`, names the first that is none, and suggests the nearest.
Result<void> check_instruction_names(std::string_view who, std::string_view list);

}  // namespace ringdown
