// Multiplication and division: MUL, IMUL, DIV, IDIV.
#include "cpu/execute/flag_use.h"
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/operand_handlers.h"
#include "cpu/execute/raising.h"

namespace ringdown {

namespace {

template <class T>
constexpr unsigned kBits = 8 * sizeof(T);

/// AX, DX:AX or EDX:EAX.
template <class T>
[[gnu::always_inline]] inline u64 read_wide_accumulator(const Registers& registers) {
  if constexpr (sizeof(T) == 1) {
    return registers.read<u16>(offset_of(Gpr::Eax));
  } else {
    return u64{registers.read<T>(offset_of(Gpr::Edx))} << kBits<T> | registers.read<T>(offset_of(Gpr::Eax));
  }
}

template <class T>
[[gnu::always_inline]] inline void write_wide_accumulator(Registers& registers, T low, T high) {
  registers.write<T>(offset_of(Gpr::Eax), low);
  registers.write<T>(sizeof(T) == 1 ? register_offset(4, 1) : offset_of(Gpr::Edx), high);  // AH or (E)DX
}

/// CF and OF say that the upper half matters. SF, ZF and PF are undefined; they follow the lower half, as
/// Intel's processors do.
template <class T>
[[gnu::always_inline]] inline void set_product_flags(Flags& flags, T low, bool overflow) {
  flags.set_result<T>(low, overflow, overflow, false);
}

// Operations of the accumulator with one operand; false means #DE.

struct MultiplyUnsigned {
  template <class T>
  static bool apply(Registers& registers, T source) {
    const u64 product = u64{registers.read<T>(offset_of(Gpr::Eax))} * source;
    const T low = static_cast<T>(product);
    const T high = static_cast<T>(product >> kBits<T>);
    write_wide_accumulator<T>(registers, low, high);
    set_product_flags<T>(registers.flags, low, high != 0);
    return true;
  }
};

struct MultiplySigned {
  template <class T>
  static bool apply(Registers& registers, T source) {
    using Signed = std::make_signed_t<T>;
    const s64 product = s64{registers.read<Signed>(offset_of(Gpr::Eax))} * static_cast<Signed>(source);
    const T low = static_cast<T>(product);
    write_wide_accumulator<T>(registers, low, static_cast<T>(product >> kBits<T>));
    set_product_flags<T>(registers.flags, low, product != static_cast<Signed>(low));
    return true;
  }
};

struct DivideUnsigned {
  template <class T>
  static bool apply(Registers& registers, T divisor) {
    const u64 dividend = read_wide_accumulator<T>(registers);
    // The quotient fits exactly if the dividend's upper half is less than the divisor.
    if ((dividend >> kBits<T>) >= divisor) return false;
    write_wide_accumulator<T>(registers, static_cast<T>(dividend / divisor),
                              static_cast<T>(dividend % divisor));
    return true;
  }
};

struct DivideSigned {
  template <class T>
  static bool apply(Registers& registers, T source) {
    using Signed = std::make_signed_t<T>;
    constexpr unsigned kUnused = 64 - 2 * kBits<T>;
    const s64 dividend = static_cast<s64>(read_wide_accumulator<T>(registers) << kUnused) >> kUnused;
    const s64 divisor = static_cast<Signed>(source);
    if (divisor == 0) return false;
    // The one quotient that 64 bits cannot hold.
    if (divisor == -1 && dividend == std::numeric_limits<s64>::min()) return false;
    const s64 quotient = dividend / divisor;
    if (quotient != static_cast<Signed>(quotient)) return false;
    write_wide_accumulator<T>(registers, static_cast<T>(quotient), static_cast<T>(dividend % divisor));
    return true;
  }
};

template <class Op, class T>
[[gnu::always_inline]] inline const Operation* with_accumulator(Processor& cpu, const Operation* op,
                                                                T source) {
  if (!Op::template apply<T>(cpu.registers, source)) [[unlikely]]
    return raise_divide_error(cpu, op);
  return next(cpu, op);
}

template <class Op>
Handler lower_accumulator(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  return for_size(op.size,
                  [&]<class T>() { return from_reg_or_memory<T, &with_accumulator<Op, T>>(context, op); });
}

/// IMUL with a register as destination: the product truncated.
template <class T, FlagUse Use>
[[gnu::always_inline]] inline T multiply_truncating(Flags& flags, T a, T b) {
  using Signed = std::make_signed_t<T>;
  const s64 product = s64{static_cast<Signed>(a)} * static_cast<Signed>(b);
  const T result = static_cast<T>(product);
  if constexpr (Use == FlagUse::Live)
    set_product_flags<T>(flags, result, product != static_cast<Signed>(result));
  return result;
}

/// The other factor of a two- or three-operand IMUL.
enum class Factor : u8 { Destination, Immediate };

template <class T, Factor F, FlagUse Use>
[[gnu::always_inline]] inline const Operation* multiply_into_register(Processor& cpu, const Operation* op,
                                                                      T source) {
  Registers& registers = cpu.registers;
  const T factor = F == Factor::Immediate ? static_cast<T>(op->immediate) : registers.read<T>(op->reg);
  registers.write<T>(op->reg, multiply_truncating<T, Use>(registers.flags, source, factor));
  return next(cpu, op);
}

template <Factor F>
Handler lower_truncating(const LoweringContext& context, Operation& op) {
  arrange_two(context, op);
  return for_word_size(op.size, [&]<class T>() {
    return context.flags_live
               ? from_rm_or_memory<T, &multiply_into_register<T, F, FlagUse::Live>>(context, op)
               : from_rm_or_memory<T, &multiply_into_register<T, F, FlagUse::Dead>>(context, op);
  });
}

}  // namespace

Handler lower_mul(const LoweringContext& context, Operation& op) {
  return lower_accumulator<MultiplyUnsigned>(context, op);
}

Handler lower_imul(const LoweringContext& context, Operation& op) {
  switch (context.instruction.operand_count_visible) {
    case 1:
      return lower_accumulator<MultiplySigned>(context, op);
    case 2:
      return lower_truncating<Factor::Destination>(context, op);
    default:
      return lower_truncating<Factor::Immediate>(context, op);
  }
}

Handler lower_div(const LoweringContext& context, Operation& op) {
  return lower_accumulator<DivideUnsigned>(context, op);
}

Handler lower_idiv(const LoweringContext& context, Operation& op) {
  return lower_accumulator<DivideSigned>(context, op);
}

}  // namespace ringdown
