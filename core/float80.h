// The 80-bit extended-precision number as the x87 keeps it: a plain value, shared by the host unit and the
// soft float.
#pragma once

#include <cstddef>

#include "core/types.h"

namespace ringdown {

/// A double extended-precision value (Intel SDM vol. 1, 4.2.2). The integer bit is explicit, so encodings
/// exist that no operation produces (unnormals, pseudo-infinities); every bit pattern is kept as it is. The
/// first ten bytes in memory are the ten bytes of an m80fp operand.
struct Float80 {
  u64 significand = 0;
  u16 sign_exponent = 0;

  friend constexpr bool operator==(const Float80&, const Float80&) = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(significand, sign_exponent);
  }
};
static_assert(offsetof(Float80, significand) == 0 && offsetof(Float80, sign_exponent) == 8);

}  // namespace ringdown
