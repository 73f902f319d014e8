// Runs random guests over the machines of a trial, and shrinks what fails.
#pragma once

#include "tests/unit/mmu/paging_generator.h"

namespace ringdown::test {

struct PagingProperty {
  Flavour flavour;
  Deprivilege deprivilege = Deprivilege::Ring1;
  /// Unless strict, the guest invalidates what may be stale, as the manual demands, before it uses it.
  ShadowSync sync = ShadowSync::Strict;
};

/// Empty, or what differed and the shortest guest found that shows it.
std::string find_difference(u32 seed, const PagingProperty& property, std::size_t steps);

}  // namespace ringdown::test
