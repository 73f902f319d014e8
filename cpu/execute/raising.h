// Exceptions that general-purpose handlers raise, out of their way.
#pragma once

#include "cpu/operation.h"

namespace ringdown {

[[gnu::cold]] const Operation* raise_divide_error(Processor& cpu, const Operation* op);
[[gnu::cold]] const Operation* raise_bound_range(Processor& cpu, const Operation* op);
/// A near transfer to an EIP beyond CS's limit: #GP(0).
[[gnu::cold]] const Operation* raise_beyond_code_limit(Processor& cpu, const Operation* op);

}  // namespace ringdown
