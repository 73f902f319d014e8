// The two-operand arithmetic and logic operations, and handlers for every shape of their operands.
#pragma once

#include "cpu/execute/flag_use.h"
#include "cpu/execute/operand_handlers.h"

namespace ringdown::alu {

// Each operation computes in 64 bits: what flags need besides the result stands above it.

struct Arithmetic {
  static constexpr bool kStores = true;
  template <class T>
  static void set_flags(Flags& flags, T a, T b, u64 wide) {
    flags.set_arithmetic<T>(a, b, wide);
  }
};

struct Add : Arithmetic {
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

struct Compare : Subtract {
  static constexpr bool kStores = false;
};

struct Logic {
  static constexpr bool kStores = true;
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
};

template <class Op, class T, FlagUse Use>
[[gnu::always_inline]] inline T apply(Flags& flags, T a, T b) {
  const u64 wide = Op::template compute<T>(flags, a, b);
  if constexpr (Use == FlagUse::Live) Op::template set_flags<T>(flags, a, b, wide);
  return static_cast<T>(wide);
}

/// Register destination: `b` is the source.
template <class Op, class T, FlagUse Use>
[[gnu::always_inline]] inline const Operation* onto_register(Processor& cpu, const Operation* op, T b) {
  Registers& registers = cpu.registers;
  const T result = apply<Op, T, Use>(registers.flags, registers.read<T>(op->reg), b);
  if constexpr (Op::kStores) registers.write<T>(op->reg, result);
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

template <class Op, class T, Addressing A, FlagUse Use, Source From>
Handler memory_handler() {
  if constexpr (Op::kStores) {
    return &modify_memory<T, A, &onto_memory<Op, T, Use, From>>;
  } else {
    return &with_memory<T, A, &look_at_memory<Op, T, Use, From>>;
  }
}

template <class Op, class T, Addressing A, FlagUse Use>
Handler handler_of(OperandKind kind) {
  switch (kind) {
    case OperandKind::RegisterRegister:
      return &with_rm<T, &onto_register<Op, T, Use>>;
    case OperandKind::RegisterImmediate:
      return &with_immediate<T, &onto_register<Op, T, Use>>;
    case OperandKind::RegisterMemory:
      return &with_memory<T, A, &onto_register<Op, T, Use>>;
    case OperandKind::MemoryRegister:
      return memory_handler<Op, T, A, Use, Source::Register>();
    case OperandKind::MemoryImmediate:
      return memory_handler<Op, T, A, Use, Source::Immediate>();
  }
  return nullptr;
}

template <class Op>
Handler lower(const LoweringContext& context, Operation& op) {
  const OperandKind kind = arrange_two(context, op);
  return for_size(op.size, [&]<class T>() {
    return for_address_shape(context.addressing, op, [&]<Addressing A>() {
      return context.flags_live ? handler_of<Op, T, A, FlagUse::Live>(kind)
                                : handler_of<Op, T, A, FlagUse::Dead>(kind);
    });
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

template <class Op>
Handler lower_unary(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  return for_size(op.size, [&]<class T>() {
    return context.flags_live ? modifying<T, &unary<Op, T, FlagUse::Live>>(context, op)
                              : modifying<T, &unary<Op, T, FlagUse::Dead>>(context, op);
  });
}

}  // namespace ringdown::alu
