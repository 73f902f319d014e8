// Makes a case that shows a difference as short and as plain as it can be while it still shows it.
#pragma once

#include <functional>

#include "tests/oracle/case.h"

namespace ringdown::test {

OracleCase shrink(OracleCase c, const std::function<bool(const OracleCase&)>& still_differs);

}  // namespace ringdown::test
