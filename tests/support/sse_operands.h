// Singles and doubles that meet the edges of their formats often, and values of MXCSR to compute with them
// under.
#pragma once

#include <random>

#include "cpu/float/sse_format.h"

namespace ringdown::test {

class SseOperands {
 public:
  u64 below(u64 limit) { return random_() % limit; }
  u64 bits() { return random_(); }

  template <class F>
  typename F::Bits number() {
    using Bits = typename F::Bits;
    const Bits fraction = fraction_of<F>();
    const auto maximum = static_cast<u64>(F::kMaximumField);
    u64 field = 0;
    switch (below(8)) {
      case 0:
        field = 0;  // zeros and denormals
        break;
      case 1:
        field = maximum;  // infinities and NaNs
        break;
      case 2:
        field = 1 + below(3);
        break;
      case 3:
        field = maximum - 1 - below(3);
        break;
      case 4:
      case 5:
        field = static_cast<u64>(F::kBias) + below(40) - 4;  // near the integers
        break;
      default:
        field = below(maximum + 1);
        break;
    }
    return sse_float::with_sign<F>(below(2) != 0, static_cast<Bits>(field) << F::kFractionBits | fraction);
  }

  /// Everything masked; any rounding, DAZ, FTZ and flags that were set before.
  u32 masked_control() {
    constexpr u32 kAllMasked = 0x1f80;
    constexpr u32 kFree = 0xe07f;
    return below(3) == 0 ? kAllMasked : kAllMasked | (static_cast<u32>(bits()) & kFree);
  }

 private:
  template <class F>
  typename F::Bits fraction_of() {
    using Bits = typename F::Bits;
    const auto random = static_cast<Bits>(bits()) & F::kFraction;
    switch (below(6)) {
      case 0:
        return 0;
      case 1:
        return F::kFraction;
      case 2:
        return F::kFraction & ~(F::kFraction >> below(F::kFractionBits));  // few bits set: exact results
      case 3:
        return static_cast<Bits>(1) << below(F::kFractionBits);
      default:
        return random;
    }
  }

  std::mt19937_64 random_{7};
};

}  // namespace ringdown::test
