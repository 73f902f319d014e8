// Where a host's x87 unit and the guest's may differ, and why.
#pragma once

#include <span>
#include <string_view>

#include "tests/instruction/x87/x87_case.h"
#include "tests/support/host_processor.h"

namespace ringdown::test {

struct X87Deviation {
  std::string_view reason;
  /// Of which hosts this is known; Other for those that hold of any.
  HostVendor vendor;
  /// Whether this, and nothing else, makes the difference.
  bool (*explains)(const X87Case& c, X87Outcome host, const X87Outcome& guest);
};

std::span<const X87Deviation> x87_deviations();

}  // namespace ringdown::test
