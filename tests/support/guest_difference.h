// What a guest could see different in two machines.
#pragma once

#include <string>

#include "tests/support/code_machine.h"

namespace ringdown::test {

/// One line per difference in what a guest could see of the two machines, which must be at the same tick;
/// empty if there is none. Of memory, only the first is named.
std::string difference(CodeMachine& a, CodeMachine& b);

}  // namespace ringdown::test
