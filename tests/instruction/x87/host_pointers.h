// What a host's x87 unit does not keep of the pointers to the last instruction and its operand.
#pragma once

#include <span>
#include <string_view>

#include "tests/instruction/x87/x87_case.h"

namespace ringdown::test {

/// Unlike a deviation it is there in nearly every case, together with whatever else differs.
struct UnkeptX87Pointers {
  std::string_view reason;
  /// Of this host, by CPUID.
  bool applies;
  /// Takes the guest's values in place of what this host does not keep; others stay, so that they are compared.
  void (*take_unkept)(const X87Case& c, X87Outcome& host, const X87Outcome& guest);
};

std::span<const UnkeptX87Pointers> unkept_x87_pointers();

}  // namespace ringdown::test
