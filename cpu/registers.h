// The registers every program sees: general registers, EIP and flags, in one standard-layout struct.
#pragma once

#include <cstring>

#include "core/host_compiler.h"
#include "core/types.h"
#include "cpu/flags.h"

namespace ringdown {

/// General registers in encoding order.
enum class Gpr : u8 { Eax, Ecx, Edx, Ebx, Esp, Ebp, Esi, Edi };

/// A register operand as an operation holds it: the byte offset into the register file. Slots are 64 bits
/// wide, sixteen for long mode to come; one more reads as zero and stands for an absent base or index.
using RegisterOffset = u8;
inline constexpr RegisterOffset kNoRegister = 16 * 8;
constexpr RegisterOffset offset_of(Gpr reg) {
  return static_cast<RegisterOffset>(static_cast<unsigned>(reg) * 8);
}
/// Offset of the register that a 3-bit encoding names at an operand width (1: AL CL DL BL AH CH DH BH).
constexpr RegisterOffset register_offset(unsigned encoding, unsigned width_bytes) {
  const bool high_byte = width_bytes == 1 && encoding >= 4;
  return static_cast<RegisterOffset>(high_byte ? (encoding - 4) * 8 + 1 : encoding * 8);
}

struct Registers {
  u64 gpr[17] = {};
  /// Valid at instruction boundaries; within a block the operation knows its own.
  u32 eip = 0;
  Flags flags;

  template <class T>
  T read(RegisterOffset offset) const {
    T value;
    std::memcpy(&value, slot(reinterpret_cast<const u8*>(gpr), offset), sizeof(T));
    return value;
  }
  template <class T>
  void write(RegisterOffset offset, T value) {
    std::memcpy(slot(reinterpret_cast<u8*>(gpr), offset), &value, sizeof(T));
  }
  u32 get(Gpr reg) const { return read<u32>(offset_of(reg)); }
  void set(Gpr reg, u32 value) { write<u32>(offset_of(reg), value); }

  void serialize(Archive& archive) { archive(gpr, eip, flags); }

 private:
  /// An addition of its own unless the offset is known, so that no index is needed to address the register.
  template <class Byte>
  [[gnu::always_inline]] static Byte* slot(Byte* file, RegisterOffset offset) {
    Byte* address = file + offset;
    if (kHostForwardsPlainAddresses && !__builtin_constant_p(offset)) address = opaque(address);
    return address;
  }
};
static_assert(std::is_standard_layout_v<Registers>);

}  // namespace ringdown
