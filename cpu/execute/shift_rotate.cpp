// Shift and rotate instructions: SHL, SHR, SAR, ROL, ROR, RCL, RCR, SHLD, SHRD. Counts are masked to five
// bits; a count of zero changes no flags. OF, defined for a count of 1 only, and AF are what Intel's
// processors compute.
#include "cpu/execute/flag_use.h"
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/operand_handlers.h"

namespace ringdown {

namespace {

constexpr u32 kCountMask = 31;

template <class T>
constexpr unsigned kBits = 8 * sizeof(T);

template <class T>
constexpr bool top_bit(T value) {
  return (value >> (kBits<T> - 1)) != 0;
}
/// The difference of the two highest bits: OF of right rotates and shifts.
template <class T>
constexpr bool top_bits_differ(T value) {
  return top_bit(value) != top_bit(static_cast<T>(value << 1));
}

// Each operation takes a count from 1 to 31.

/// Sets all flags of a shift, if any can be seen.
template <FlagUse Use, class T>
[[gnu::always_inline]] inline void set_shifted(Flags& flags, T result, bool carry, bool overflow) {
  if constexpr (Use == FlagUse::Live) flags.set_result<T>(result, carry, overflow, false);
}
/// CF and OF, all that a rotate sets.
template <FlagUse Use>
[[gnu::always_inline]] inline void set_rotated(Flags& flags, bool carry, bool overflow) {
  if constexpr (Use == FlagUse::Live) flags.set_cf_of(carry, overflow);
}

struct ShiftLeft {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T value, unsigned count) {
    const u64 wide = u64{value} << count;
    const T result = static_cast<T>(wide);
    const bool carry = ((wide >> kBits<T>)&1) != 0;
    set_shifted<Use>(flags, result, carry, top_bit(result) != carry);
    return result;
  }
};

struct ShiftRight {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T value, unsigned count) {
    const T result = static_cast<T>(u32{value} >> count);
    const bool carry = ((u32{value} >> (count - 1)) & 1) != 0;
    set_shifted<Use>(flags, result, carry, top_bits_differ(result));
    return result;
  }
};

struct ShiftArithmetic {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T value, unsigned count) {
    const s32 wide = static_cast<std::make_signed_t<T>>(value);
    const T result = static_cast<T>(wide >> count);
    set_shifted<Use>(flags, result, ((wide >> (count - 1)) & 1) != 0, false);
    return result;
  }
};

struct RotateLeft {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T value, unsigned count) {
    const T result = std::rotl(value, static_cast<int>(count % kBits<T>));
    const bool carry = (result & 1) != 0;
    set_rotated<Use>(flags, carry, top_bit(result) != carry);
    return result;
  }
};

struct RotateRight {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T value, unsigned count) {
    const T result = std::rotr(value, static_cast<int>(count % kBits<T>));
    set_rotated<Use>(flags, top_bit(result), top_bits_differ(result));
    return result;
  }
};

/// Rotates CF and the operand, CF on top, left by `count`; returns both in the same order.
template <class T>
u64 rotate_through_carry(const Flags& flags, T value, unsigned count) {
  constexpr unsigned kWidth = kBits<T> + 1;
  const u64 wide = u64{value} | (flags.cf() ? u64{1} << kBits<T> : 0);
  return ((wide << count) | (wide >> (kWidth - count))) & ((u64{1} << kWidth) - 1);
}

struct RotateCarryLeft {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T value, unsigned count) {
    const u64 rotated = rotate_through_carry(flags, value, count % (kBits<T> + 1));
    const T result = static_cast<T>(rotated);
    const bool carry = (rotated >> kBits<T>) != 0;
    set_rotated<Use>(flags, carry, top_bit(result) != carry);
    return result;
  }
};

struct RotateCarryRight {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T value, unsigned count) {
    constexpr unsigned kWidth = kBits<T> + 1;
    const u64 rotated = rotate_through_carry(flags, value, (kWidth - count % kWidth) % kWidth);
    const T result = static_cast<T>(rotated);
    set_rotated<Use>(flags, (rotated >> kBits<T>) != 0, top_bits_differ(result));
    return result;
  }
};

/// A constant count is from 1 to 31 (the decoder has masked it); CL may hold a count that is zero.
enum class CountSource : u8 { Constant, Cl };

template <CountSource Source>
[[gnu::always_inline]] inline unsigned shift_count(const Registers& registers, const Operation* op) {
  if constexpr (Source == CountSource::Cl) return registers.read<u8>(offset_of(Gpr::Ecx)) & kCountMask;
  return op->immediate;
}

/// A memory operand is written, and a fault of the write raised, even if the count is zero.
template <class Op, class T, CountSource Source, FlagUse Use>
[[gnu::always_inline]] inline T shift(Processor& cpu, const Operation* op, T value) {
  const unsigned count = shift_count<Source>(cpu.registers, op);
  if (Source == CountSource::Cl && count == 0) [[unlikely]]
    return value;
  return Op::template apply<T, Use>(cpu.registers.flags, value, count);
}

template <class T>
[[gnu::always_inline]] inline T unchanged(Processor&, const Operation*, T value) {
  return value;
}

template <class Op, Frequency Often = Frequency::Rare>
Handler lower_shift(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  const bool by_cl = context.operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER;
  return for_size(op.size, [&]<class T>() {
    if (by_cl) return modifying<T, &shift<Op, T, CountSource::Cl, FlagUse::Live>>(context, op);
    if (op.immediate == 0) return modifying<T, &unchanged<T>>(context, op);
    return context.flags_live
               ? modifying<T, &shift<Op, T, CountSource::Constant, FlagUse::Live>, Often>(context, op)
               : modifying<T, &shift<Op, T, CountSource::Constant, FlagUse::Dead>, Often>(context, op);
  });
}

/// Destination and source behind one another. A 16-bit shift by more than 16 goes on with the destination
/// (undefined by the manual; Intel's processors do so).
template <class T>
constexpr u64 join(T high, T low) {
  return u64{high} << kBits<T> | low;
}

struct DoubleLeft {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T to, T from, unsigned count) {
    constexpr unsigned kBelow = 32;  // bits below the destination, for either width
    const u64 wide = sizeof(T) == 2 ? join<T>(to, from) << 16 | to : join<T>(to, from);
    const T result = static_cast<T>((wide << count) >> kBelow);
    const bool carry = ((wide >> (kBelow + kBits<T> - count)) & 1) != 0;
    set_shifted<Use>(flags, result, carry, top_bit(result) != carry);
    return result;
  }
};

struct DoubleRight {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T to, T from, unsigned count) {
    const u64 wide = join<T>(from, to) | (sizeof(T) == 2 ? u64{to} << 32 : 0);
    const T result = static_cast<T>(wide >> count);
    set_shifted<Use>(flags, result, ((wide >> (count - 1)) & 1) != 0, top_bits_differ(result));
    return result;
  }
};

/// The source is `rm` for a register destination, `reg` for memory.
template <class Op, class T, CountSource Source, FlagUse Use, RegisterOffset Operation::*From>
[[gnu::always_inline]] inline T double_shift(Processor& cpu, const Operation* op, T to) {
  const unsigned count = shift_count<Source>(cpu.registers, op);
  if (Source == CountSource::Cl && count == 0) return to;
  return Op::template apply<T, Use>(cpu.registers.flags, to, cpu.registers.read<T>(op->*From), count);
}

template <class Op, class T, CountSource Source, FlagUse Use>
Handler double_shift_handler(const LoweringContext& context, const Operation& op) {
  if (!op.memory) return &modify_reg<T, &double_shift<Op, T, Source, Use, &Operation::rm>>;
  return for_addressing(context.addressing, []<Addressing A>() -> Handler {
    return &modify_memory<T, A, &double_shift<Op, T, Source, Use, &Operation::reg>>;
  });
}

template <class Op>
Handler lower_double_shift(const LoweringContext& context, Operation& op) {
  arrange_two(context, op);
  const bool by_cl = context.operands[2].type == ZYDIS_OPERAND_TYPE_REGISTER;
  return for_word_size(op.size, [&]<class T>() {
    if (by_cl) return double_shift_handler<Op, T, CountSource::Cl, FlagUse::Live>(context, op);
    if (op.immediate == 0) return modifying<T, &unchanged<T>>(context, op);
    return context.flags_live
               ? double_shift_handler<Op, T, CountSource::Constant, FlagUse::Live>(context, op)
               : double_shift_handler<Op, T, CountSource::Constant, FlagUse::Dead>(context, op);
  });
}

}  // namespace

Handler lower_shl(const LoweringContext& context, Operation& op) {
  return lower_shift<ShiftLeft, Frequency::Frequent>(context, op);
}
Handler lower_shr(const LoweringContext& context, Operation& op) {
  return lower_shift<ShiftRight, Frequency::Frequent>(context, op);
}
Handler lower_sar(const LoweringContext& context, Operation& op) {
  return lower_shift<ShiftArithmetic, Frequency::Frequent>(context, op);
}
Handler lower_rol(const LoweringContext& context, Operation& op) {
  return lower_shift<RotateLeft>(context, op);
}
Handler lower_ror(const LoweringContext& context, Operation& op) {
  return lower_shift<RotateRight>(context, op);
}
Handler lower_rcl(const LoweringContext& context, Operation& op) {
  return lower_shift<RotateCarryLeft>(context, op);
}
Handler lower_rcr(const LoweringContext& context, Operation& op) {
  return lower_shift<RotateCarryRight>(context, op);
}
Handler lower_shld(const LoweringContext& context, Operation& op) {
  return lower_double_shift<DoubleLeft>(context, op);
}
Handler lower_shrd(const LoweringContext& context, Operation& op) {
  return lower_double_shift<DoubleRight>(context, op);
}

}  // namespace ringdown
