// The host's x87 unit with a guest's registers in it: instructions run there as they are encoded.
//
// C++ code for the hosts that have such a unit uses it for `long double` only, of which there is none here;
// so it keeps what it holds from one of these calls to the next. Before other code gets to run, `release`
// leaves it as the host's calling convention asks.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "core/host_x87.h"

namespace ringdown::host_x87 {

/// False where the build has no host unit; nothing here may be called then.
inline constexpr bool kHoldsRegisters = RINGDOWN_HOST_X87 != 0;

/// The image of FXSAVE (Intel SDM vol. 1, table 10-2), aligned to 16 bytes.
inline constexpr std::size_t kImageSize = 512;
using Image = std::span<std::byte, kImageSize>;

/// ZF, PF and CF behind FCOMI and its kin.
struct ConditionFlags {
  bool zero;
  bool parity;
  bool carry;
};

#if RINGDOWN_HOST_X87

/// An instruction on registers, which are those of its encoding.
template <u8 Opcode, u8 ModRm>
[[gnu::always_inline]] inline void execute() {
  asm volatile(".byte %c0, %c1" : : "i"(Opcode), "i"(ModRm));
}
/// The same for one that sets EFLAGS.
template <u8 Opcode, u8 ModRm>
[[gnu::always_inline]] inline ConditionFlags execute_to_flags() {
  ConditionFlags flags;
  asm volatile(".byte %c3, %c4"
               : "=@ccz"(flags.zero), "=@ccp"(flags.parity), "=@ccc"(flags.carry)
               : "i"(Opcode), "i"(ModRm));
  return flags;
}
/// FNSTSW AX.
template <u8 Opcode, u8 ModRm>
[[gnu::always_inline]] inline u16 execute_to_ax() {
  u16 ax;
  asm volatile(".byte %c1, %c2" : "=a"(ax) : "i"(Opcode), "i"(ModRm));
  return ax;
}
/// FCMOVE, with ZF set if `condition` holds.
template <u8 Opcode, u8 ModRm>
[[gnu::always_inline]] inline void execute_if(bool condition) {
  asm volatile("cmpb $1, %2\n\t.byte %c0, %c1" : : "i"(Opcode), "i"(ModRm), "q"(condition) : "cc");
}
/// An instruction that reads its operand, `Size` bytes at `memory`. Encoded with [RAX].
template <u8 Opcode, u8 Extension, unsigned Size>
[[gnu::always_inline]] inline void execute_on(const void* memory) {
  using Operand = std::array<std::byte, Size>;
  asm volatile(".byte %c0, %c1"
               :
               : "i"(Opcode), "i"(Extension << 3), "a"(memory), "m"(*static_cast<const Operand*>(memory)));
}
/// The same for one that stores.
template <u8 Opcode, u8 Extension, unsigned Size>
[[gnu::always_inline]] inline void execute_to(void* memory) {
  using Operand = std::array<std::byte, Size>;
  asm volatile(".byte %c1, %c2"
               : "=m"(*static_cast<Operand*>(memory))
               : "i"(Opcode), "i"(Extension << 3), "a"(memory));
}

/// Loads the unit from `image`, whose XMM registers are lost and whose MXCSR is replaced by the one in force.
inline void restore(Image image) {
  constexpr std::size_t kMxcsr = 24;
  using Whole = std::array<std::byte, kImageSize>;
  asm volatile("stmxcsr %0" : "=m"(*reinterpret_cast<u32*>(image.data() + kMxcsr)));
  asm volatile("fxrstor64 %0"
               :
               : "m"(*reinterpret_cast<const Whole*>(image.data()))
               : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                 "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory");
}
/// Stores the unit to `image` and empties it. The control word is that of C++ code again.
inline void release(Image image) {
  using Whole = std::array<std::byte, kImageSize>;
  asm volatile("fxsave64 %0\n\temms\n\tfldcw %1"
               : "=m"(*reinterpret_cast<Whole*>(image.data()))
               : "m"(kDefaultControl));
}

#else

template <u8 Opcode, u8 ModRm>
void execute();
template <u8 Opcode, u8 ModRm>
ConditionFlags execute_to_flags();
template <u8 Opcode, u8 ModRm>
u16 execute_to_ax();
template <u8 Opcode, u8 ModRm>
void execute_if(bool condition);
template <u8 Opcode, u8 Extension, unsigned Size>
void execute_on(const void* memory);
template <u8 Opcode, u8 Extension, unsigned Size>
void execute_to(void* memory);
void restore(Image image);
void release(Image image);

#endif

}  // namespace ringdown::host_x87
