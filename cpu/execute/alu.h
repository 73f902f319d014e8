// The two-operand arithmetic and logic operations, and handlers for every shape of their operands.
#pragma once

#include "cpu/execute/flag_use.h"
#include "cpu/execute/operand_handlers.h"

namespace ringdown::alu {

// Each operation computes in 64 bits: what flags need besides the result stands above it.

struct Arithmetic {
  static constexpr bool kStores = true;
  static constexpr Frequency kFrequency = Frequency::Rare;
  template <class T>
  static void set_flags(Flags& flags, T a, T b, u64 wide) {
    flags.set_arithmetic<T>(a, b, wide);
  }
};

struct Add : Arithmetic {
  static constexpr Frequency kFrequency = Frequency::Frequent;
  template <class T>
  static u64 compute(const Flags&, T a, T b) {
    return u64{a} + b;
  }
};

struct AddWithCarry : Arithmetic {
  template <class T>
  static u64 compute(const Flags& flags, T a, T b) {
    return u64{a} + b + (flags.cf() ? 1 : 0);
  }
};

struct Subtract : Arithmetic {
  static constexpr Frequency kFrequency = Frequency::Frequent;
  template <class T>
  static u64 compute(const Flags&, T a, T b) {
    return u64{a} - b;
  }
};

struct SubtractWithBorrow : Arithmetic {
  template <class T>
  static u64 compute(const Flags& flags, T a, T b) {
    return u64{a} - b - (flags.cf() ? 1 : 0);
  }
};

/// Without a conditional jump behind it, which is another handler (cpu/execute/fusion.cpp).
struct Compare : Subtract {
  static constexpr bool kStores = false;
  static constexpr Frequency kFrequency = Frequency::Rare;
};

struct Logic {
  static constexpr bool kStores = true;
  static constexpr Frequency kFrequency = Frequency::Frequent;
  template <class T>
  static void set_flags(Flags& flags, T, T, u64 result) {
    flags.set_logic<T>(static_cast<T>(result));
  }
};

struct And : Logic {
  template <class T>
  static u64 compute(const Flags&, T a, T b) {
    return a & b;
  }
};

struct Or : Logic {
  template <class T>
  static u64 compute(const Flags&, T a, T b) {
    return a | b;
  }
};

struct Xor : Logic {
  template <class T>
  static u64 compute(const Flags&, T a, T b) {
    return a ^ b;
  }
};

struct Test : And {
  static constexpr bool kStores = false;
  static constexpr Frequency kFrequency = Frequency::Rare;
};

template <class Op, class T, FlagUse Use>
[[gnu::always_inline]] inline T apply(Flags& flags, T a, T b) {
  const u64 wide = Op::template compute<T>(flags, a, b);
  if constexpr (Use == FlagUse::Live) Op::template set_flags<T>(flags, a, b, wide);
  return static_cast<T>(wide);
}

/// Register destination: `b` is the source.
template <class Op, class T, FlagUse Use, RegisterOffset Reg = kEncoded>
[[gnu::always_inline]] inline const Operation* onto_register(Processor& cpu, const Operation* op, T b) {
  Registers& registers = cpu.registers;
  const RegisterOffset reg = known_or<Reg>(op->reg);
  const T result = apply<Op, T, Use>(registers.flags, registers.read<T>(reg), b);
  if constexpr (Op::kStores) registers.write<T>(reg, result);
  return next(cpu, op);
}

/// Where the source of a memory destination is.
enum class Source : u8 { Register, Immediate };

template <class T, Source From>
[[gnu::always_inline]] inline T source_value(const Processor& cpu, const Operation* op) {
  if constexpr (From == Source::Immediate) return static_cast<T>(op->immediate);
  return cpu.registers.read<T>(op->reg);
}

template <class Op, class T, FlagUse Use, Source From>
[[gnu::always_inline]] inline T onto_memory(Processor& cpu, const Operation* op, T a) {
  return apply<Op, T, Use>(cpu.registers.flags, a, source_value<T, From>(cpu, op));
}

/// CMP and TEST of memory.
template <class Op, class T, FlagUse Use, Source From>
[[gnu::always_inline]] inline const Operation* look_at_memory(Processor& cpu, const Operation* op, T a) {
  apply<Op, T, Use>(cpu.registers.flags, a, source_value<T, From>(cpu, op));
  return next(cpu, op);
}

template <class Op, class T, FlagUse Use, Source From>
Handler memory_handler(const LoweringContext& context, const Operation& op) {
  return for_address_shape(context.addressing, op, []<Addressing A>() -> Handler {
    if constexpr (Op::kStores) {
      return &modify_memory<T, A, &onto_memory<Op, T, Use, From>>;
    } else {
      return &with_memory<T, A, &look_at_memory<Op, T, Use, From>>;
    }
  });
}

template <class Op, class T, FlagUse Use>
Handler handler_of(const LoweringContext& context, const Operation& op, OperandKind kind) {
  constexpr Frequency kOften = frequent_if_dword<T>(Op::kFrequency);
  switch (kind) {
    case OperandKind::RegisterRegister:
      return for_register<kOften>(op.reg, [&]<RegisterOffset Reg>() {
        return for_register<kOften>(op.rm, []<RegisterOffset Rm>() -> Handler {
          return &with_rm<T, &onto_register<Op, T, Use, Reg>, Rm>;
        });
      });
    case OperandKind::RegisterImmediate:
      return for_register<kOften>(op.reg, []<RegisterOffset Reg>() -> Handler {
        return &with_immediate<T, &onto_register<Op, T, Use, Reg>>;
      });
    case OperandKind::RegisterMemory:
      return for_address_shape(context.addressing, op, [&]<Addressing A>() {
        return for_register<often_at<A>(kOften)>(op.reg, []<RegisterOffset Reg>() -> Handler {
          return &with_memory<T, A, &onto_register<Op, T, Use, Reg>>;
        });
      });
    case OperandKind::MemoryRegister:
      return memory_handler<Op, T, Use, Source::Register>(context, op);
    case OperandKind::MemoryImmediate:
      return memory_handler<Op, T, Use, Source::Immediate>(context, op);
  }
  return nullptr;
}

template <class Op>
Handler lower(const LoweringContext& context, Operation& op) {
  const OperandKind kind = arrange_two(context, op);
  return for_size(op.size, [&]<class T>() {
    return context.flags_live ? handler_of<Op, T, FlagUse::Live>(context, op, kind)
                              : handler_of<Op, T, FlagUse::Dead>(context, op, kind);
  });
}

/// INC and DEC keep CF: `Step` is 1 or -1.
template <int Step>
struct StepBy {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T a) {
    const u64 wide = u64{a} + static_cast<u64>(s64{Step});
    if constexpr (Use == FlagUse::Live) flags.set_step<T>(a, wide);
    return static_cast<T>(wide);
  }
};
using Increment = StepBy<1>;
using Decrement = StepBy<-1>;

/// One operand: Op::apply<T, FlagUse>(flags, a) returns the result.
template <class Op, class T, FlagUse Use>
[[gnu::always_inline]] inline T unary(Processor& cpu, const Operation*, T a) {
  return Op::template apply<T, Use>(cpu.registers.flags, a);
}

template <class Op, Frequency Often = Frequency::Rare>
Handler lower_unary(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  return for_size(op.size, [&]<class T>() {
    return context.flags_live ? modifying<T, &unary<Op, T, FlagUse::Live>, Often>(context, op)
                              : modifying<T, &unary<Op, T, FlagUse::Dead>, Often>(context, op);
  });
}

}  // namespace ringdown::alu
