// The FXSAVE image (Intel SDM vol. 1, table 10-2) in which x87, MMX and SSE state goes into a case and comes
// back.
#pragma once

#include <array>
#include <cstring>

#include "core/float80.h"
#include "core/types.h"
#include "cpu/float/x87_registers.h"

namespace ringdown::test {

struct alignas(16) FxImage {
  std::array<u8, 512> bytes{};

  static constexpr u32 kControl = 0, kStatus = 2, kValid = 4, kOpcode = 6, kInstruction = 8,
                       kInstructionSelector = 12, kData = 16, kDataSelector = 20, kMxcsr = 24,
                       kMxcsrMask = 28, kRegisters = 32, kXmm = 160, kEnd = 288;

  template <class T>
  T get(u32 offset) const {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
  }
  template <class T>
  void set(u32 offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof(T));
  }

  u16 control() const { return get<u16>(kControl); }
  u16 status() const { return get<u16>(kStatus); }
  u8 top() const { return x87_status::Top::get(status()); }
  /// Bit i is set if Ri, in physical order, is not empty.
  u8 valid() const { return get<u8>(kValid); }
  u32 mxcsr() const { return get<u32>(kMxcsr); }
  Float80 st(unsigned i) const { return {get<u64>(kRegisters + 16 * i), get<u16>(kRegisters + 16 * i + 8)}; }
  void set_st(unsigned i, Float80 value) {
    set<u64>(kRegisters + 16 * i, value.significand);
    set<u16>(kRegisters + 16 * i + 8, value.sign_exponent);
  }

  friend bool operator==(const FxImage&, const FxImage&) = default;
};

}  // namespace ringdown::test
