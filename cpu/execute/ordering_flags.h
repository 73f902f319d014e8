// EFLAGS of floating-point comparisons (Intel SDM vol. 2, FCOMI and COMISS).
#pragma once

#include "cpu/flags.h"
#include "cpu/float/ordering.h"

namespace ringdown {

/// ZF, PF and CF of a comparison; the other status flags are clear.
constexpr u32 status_flags(Ordering order) {
  switch (order) {
    case Ordering::Less:
      return eflags::kCf;
    case Ordering::Equal:
      return eflags::kZf;
    case Ordering::Greater:
      return 0;
    case Ordering::Unordered:
      return eflags::kZf | eflags::kPf | eflags::kCf;
  }
  return 0;
}

}  // namespace ringdown
