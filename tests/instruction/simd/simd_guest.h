// Guest code with the SSE and x87 units enabled, and the vectors that its registers hold.
#pragma once

#include <catch2/catch.hpp>

#include "tests/support/guest_code.h"

namespace ringdown::test {

using Doublewords = std::array<u32, 4>;
using Quadwords = std::array<u64, 2>;

inline XmmRegister xmm(Doublewords lanes) { return std::bit_cast<XmmRegister>(lanes); }
inline XmmRegister xmm(u64 low, u64 high) { return std::bit_cast<XmmRegister>(Quadwords{low, high}); }

/// CR0.MP and NE, CR4.OSFXSR and OSXMMEXCPT as systems with SSE support set them.
class SimdGuest : public GuestCode {
 public:
  explicit SimdGuest(CodeMode mode = CodeMode::Flat32, ProcessorConfig config = {})
      : GuestCode(mode, config) {
    cpu().state.cr0 |= cr0::kMp | cr0::kNe;
    cpu().state.cr4 |= cr4::kOsfxsr | cr4::kOsxmmexcpt;
    cpu().x87.initialize();
    set(Gpr::Ebx, kData);
  }
  XmmRegister& xmm_register(unsigned number) { return cpu().sse.xmm[number]; }
  u64 mmx_register(unsigned number) { return cpu().x87.registers[number].significand; }
  void set_mmx_register(unsigned number, u64 value) { cpu().x87.registers[number].significand = value; }
};

}  // namespace ringdown::test
