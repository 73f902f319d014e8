// The SSE registers and MXCSR.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

/// One XMM register as bytes; lanes are read with std::memcpy or std::bit_cast.
struct alignas(16) XmmRegister {
  std::array<u8, 16> bytes{};
  void serialize(Archive& archive) { archive(bytes); }
  friend bool operator==(const XmmRegister&, const XmmRegister&) = default;
};

struct SseState {
  static constexpr u32 kMxcsrReset = 0x1f80;
  /// Bits that may be set (MXCSR_MASK), and those on processors without denormals-are-zeros (Intel SDM vol.
  /// 1, 11.6.6).
  static constexpr u32 kMxcsrMask = 0xffff;
  static constexpr u32 kMxcsrMaskWithoutDaz = 0xffbf;

  std::array<XmmRegister, 8> xmm{};
  u32 mxcsr = kMxcsrReset;

  void serialize(Archive& archive) { archive(xmm, mxcsr); }
};

}  // namespace ringdown
