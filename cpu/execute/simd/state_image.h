// The memory image of FXSAVE and FXRSTOR.
#pragma once

#include <array>
#include <span>

#include "cpu/float/x87_state.h"
#include "cpu/sse_state.h"

namespace ringdown::simd {

/// The 512-byte image outside 64-bit mode (Intel SDM vol. 1, table 10-2). It is 16-byte aligned in memory.
class StateImage {
 public:
  static constexpr u32 kSize = 512;
  /// What FXSAVE writes: the rest is reserved or left to software. Without the XMM registers it ends before
  /// them.
  static constexpr u32 kSavedSize = 288;
  static constexpr u32 kSavedSizeWithoutXmm = 160;

  std::span<std::byte, kSize> bytes() { return bytes_; }
  std::span<const std::byte> saved(bool with_xmm) const {
    return std::span(bytes_).first(with_xmm ? kSavedSize : kSavedSizeWithoutXmm);
  }

  void store_x87(const X87State& x);
  void load_x87(X87State& x) const;
  /// Registers, tags and status alone.
  void load_x87_registers(X87State& x) const;
  void store_xmm(const SseState& sse);
  void load_xmm(SseState& sse) const;
  /// `mask` 0 means the bits of the first SSE processors, as the manual says.
  void store_mxcsr(u32 mxcsr, u32 mask);
  u32 mxcsr() const;

 private:
  template <class T>
  void put(unsigned offset, T value);
  template <class T>
  T get(unsigned offset) const;

  alignas(16) std::array<std::byte, kSize> bytes_{};
};

}  // namespace ringdown::simd
