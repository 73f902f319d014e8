// The host's own MMX and SSE units: runs one instruction of the guest's encoding on them.
#pragma once

#include <memory>
#include <span>

#include "cpu/sse_state.h"

namespace ringdown::test {

/// What an instruction sees and leaves.
struct alignas(16) HostSimdState {
  std::array<XmmRegister, 8> xmm{};
  std::array<u64, 8> mmx{};
  u64 eax = 0;
  u64 ecx = 0;
  u64 edx = 0;
  u64 eflags = 0;
  u32 mxcsr = SseState::kMxcsrReset;
  /// At [EBX].
  alignas(16) XmmRegister memory{};
};

class HostSimd {
 public:
  /// False where the host cannot run the guest's instructions; `run` does nothing there.
  static bool available();

  HostSimd();
  ~HostSimd();
  HostSimd(const HostSimd&) = delete;
  HostSimd& operator=(const HostSimd&) = delete;

  /// Executes `instruction`, which may name XMM and MMX registers, EAX, ECX, EDX and [EBX].
  void run(std::span<const u8> instruction, HostSimdState& state);

 private:
  u8* code_ = nullptr;
};

}  // namespace ringdown::test
