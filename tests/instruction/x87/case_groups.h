// Groups of x87 cases: what each is about, and the cases.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "tests/instruction/x87/x87_case.h"

namespace ringdown::test {

struct X87CaseGroup {
  std::string_view name;
  void (*make)(const std::function<void(const X87Case&)>& run);
};

/// Seeds are fixed: each call of `make` makes the same cases.
std::span<const X87CaseGroup> x87_case_groups();

}  // namespace ringdown::test
