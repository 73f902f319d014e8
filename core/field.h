// Named bit fields of hardware registers: Field<> says where a field is, Register<> holds a value.
#pragma once

#include <type_traits>

#include "core/types.h"

namespace ringdown {

/// Bits `Low` to `Low + Width - 1` of a register of type `Rep`, read as `T`.
template <class Rep, unsigned Low, unsigned Width = 1, class T = std::conditional_t<Width == 1, bool, Rep>>
struct Field {
  static_assert(Width > 0 && Low + Width <= sizeof(Rep) * 8);
  static constexpr Rep kMask =
      static_cast<Rep>((Width == sizeof(Rep) * 8 ? ~Rep{0} : static_cast<Rep>((Rep{1} << Width) - 1)) << Low);

  static constexpr T get(Rep value) { return static_cast<T>((value & kMask) >> Low); }
  static constexpr Rep with(Rep value, T field) {
    return static_cast<Rep>((value & static_cast<Rep>(~kMask)) | ((static_cast<Rep>(field) << Low) & kMask));
  }
};

/// A register value accessed by `Field` types: `reg.get<Enable>()`, `reg.set<Enable>(true)`.
template <class Rep>
class Register {
 public:
  constexpr Register() = default;
  constexpr explicit Register(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }
  constexpr void assign(Rep value) { value_ = value; }
  /// Replaces only the bits of `mask`, as a register whose other bits are read-only does.
  constexpr void assign_masked(Rep value, Rep mask) {
    value_ = static_cast<Rep>((value_ & static_cast<Rep>(~mask)) | (value & mask));
  }

  template <class F>
  constexpr auto get() const {
    return F::get(value_);
  }
  template <class F, class T>
  constexpr void set(T field) {
    value_ = F::with(value_, field);
  }

 private:
  Rep value_ = 0;
};

}  // namespace ringdown
