// The two-operand arithmetic and logic operations, and handlers for every shape of their operands.
#pragma once

#include "cpu/execute/operands.h"
#include "cpu/execute/select.h"
#include "cpu/handler.h"

namespace ringdown::alu {

struct Add {
  static constexpr bool kStores = true;
  template <class T>
  static T compute(const Flags&, T a, T b) {
    return static_cast<T>(a + b);
  }
  template <class T>
  static void set_flags(Flags& flags, T a, T b, T result) {
    flags.set_add<T>(a, b, result);
  }
};

struct AddWithCarry : Add {
  template <class T>
  static T compute(const Flags& flags, T a, T b) {
    return static_cast<T>(a + b + (flags.cf() ? 1 : 0));
  }
};

struct Subtract {
  static constexpr bool kStores = true;
  template <class T>
  static T compute(const Flags&, T a, T b) {
    return static_cast<T>(a - b);
  }
  template <class T>
  static void set_flags(Flags& flags, T a, T b, T result) {
    flags.set_subtract<T>(a, b, result);
  }
};

struct SubtractWithBorrow : Subtract {
  template <class T>
  static T compute(const Flags& flags, T a, T b) {
    return static_cast<T>(a - b - (flags.cf() ? 1 : 0));
  }
};

struct Compare : Subtract {
  static constexpr bool kStores = false;
};

struct Logic {
  static constexpr bool kStores = true;
  template <class T>
  static void set_flags(Flags& flags, T, T, T result) {
    flags.set_logic<T>(result);
  }
};

struct And : Logic {
  template <class T>
  static T compute(const Flags&, T a, T b) {
    return a & b;
  }
};

struct Or : Logic {
  template <class T>
  static T compute(const Flags&, T a, T b) {
    return a | b;
  }
};

struct Xor : Logic {
  template <class T>
  static T compute(const Flags&, T a, T b) {
    return a ^ b;
  }
};

struct Test : And {
  static constexpr bool kStores = false;
};

/// Whether the flags of an operation are needed.
enum class FlagUse : u8 { Dead, Live };

template <class Op, class T, FlagUse Use>
[[gnu::always_inline]] inline T apply(Flags& flags, T a, T b) {
  const T result = Op::template compute<T>(flags, a, b);
  if constexpr (Use == FlagUse::Live) Op::template set_flags<T>(flags, a, b, result);
  return result;
}

template <class Op, class T, FlagUse Use>
[[gnu::always_inline]] inline void apply_to_register(Processor& cpu, const Operation* op, T b) {
  Registers& registers = cpu.registers;
  const T result = apply<Op, T, Use>(registers.flags, registers.read<T>(op->reg), b);
  if constexpr (Op::kStores) registers.write<T>(op->reg, result);
}

/// False if the memory operand faulted.
template <class Op, class T, Addressing A, FlagUse Use>
[[nodiscard, gnu::always_inline]] inline bool apply_to_memory(Processor& cpu, const Operation* op, T b) {
  if constexpr (Op::kStores) {
    const Modifiable<T> a = load_for_modify<T, A>(cpu, op);
    if (!a.ok) [[unlikely]]
      return false;
    store_modified<T, A>(cpu, op, a, apply<Op, T, Use>(cpu.registers.flags, a.value, b));
  } else {
    const Loaded<T> a = load<T, A>(cpu, op);
    if (!a.ok) [[unlikely]]
      return false;
    apply<Op, T, Use>(cpu.registers.flags, a.value, b);
  }
  return true;
}

template <class Op, class T, FlagUse Use>
const Operation* register_register(Processor& cpu, const Operation* op) {
  apply_to_register<Op, T, Use>(cpu, op, cpu.registers.read<T>(op->rm));
  return next(cpu, op);
}

template <class Op, class T, FlagUse Use>
const Operation* register_immediate(Processor& cpu, const Operation* op) {
  apply_to_register<Op, T, Use>(cpu, op, static_cast<T>(op->immediate));
  return next(cpu, op);
}

template <class Op, class T, Addressing A, FlagUse Use>
const Operation* register_memory(Processor& cpu, const Operation* op) {
  const Loaded<T> b = load<T, A>(cpu, op);
  if (!b.ok) [[unlikely]]
    return nullptr;
  apply_to_register<Op, T, Use>(cpu, op, b.value);
  return next(cpu, op);
}

template <class Op, class T, Addressing A, FlagUse Use>
const Operation* memory_register(Processor& cpu, const Operation* op) {
  if (!apply_to_memory<Op, T, A, Use>(cpu, op, cpu.registers.read<T>(op->reg))) [[unlikely]]
    return nullptr;
  return next(cpu, op);
}

template <class Op, class T, Addressing A, FlagUse Use>
const Operation* memory_immediate(Processor& cpu, const Operation* op) {
  if (!apply_to_memory<Op, T, A, Use>(cpu, op, static_cast<T>(op->immediate))) [[unlikely]]
    return nullptr;
  return next(cpu, op);
}

template <class Op, class T, Addressing A, FlagUse Use>
Handler handler_of(OperandKind kind) {
  switch (kind) {
    case OperandKind::RegisterRegister:
      return &register_register<Op, T, Use>;
    case OperandKind::RegisterImmediate:
      return &register_immediate<Op, T, Use>;
    case OperandKind::RegisterMemory:
      return &register_memory<Op, T, A, Use>;
    case OperandKind::MemoryRegister:
      return &memory_register<Op, T, A, Use>;
    case OperandKind::MemoryImmediate:
      return &memory_immediate<Op, T, A, Use>;
  }
  return nullptr;
}

template <class Op>
Handler lower(const LoweringContext& context, Operation& op) {
  const OperandKind kind = arrange_two(context, op);
  return for_size(op.size, [&]<class T>() {
    return for_addressing(context.addressing, [&]<Addressing A>() {
      return context.flags_live ? handler_of<Op, T, A, FlagUse::Live>(kind)
                                : handler_of<Op, T, A, FlagUse::Dead>(kind);
    });
  });
}

/// INC and DEC keep CF.
struct Increment {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T a) {
    const T result = static_cast<T>(a + 1);
    if constexpr (Use == FlagUse::Live) flags.set_increment<T>(a, result);
    return result;
  }
};

struct Decrement {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T a) {
    const T result = static_cast<T>(a - 1);
    if constexpr (Use == FlagUse::Live) flags.set_decrement<T>(a, result);
    return result;
  }
};

// One operand: Op::apply<T, FlagUse>(flags, a) returns the result.

template <class Op, class T, FlagUse Use>
const Operation* unary_register(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  registers.write<T>(op->reg, Op::template apply<T, Use>(registers.flags, registers.read<T>(op->reg)));
  return next(cpu, op);
}

template <class Op, class T, Addressing A, FlagUse Use>
const Operation* unary_memory(Processor& cpu, const Operation* op) {
  const Modifiable<T> a = load_for_modify<T, A>(cpu, op);
  if (!a.ok) [[unlikely]]
    return nullptr;
  store_modified<T, A>(cpu, op, a, Op::template apply<T, Use>(cpu.registers.flags, a.value));
  return next(cpu, op);
}

template <class Op>
Handler lower_unary(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  return for_size(op.size, [&]<class T>() {
    return for_addressing(context.addressing, [&]<Addressing A>() -> Handler {
      if (context.flags_live) {
        return op.memory ? &unary_memory<Op, T, A, FlagUse::Live> : &unary_register<Op, T, FlagUse::Live>;
      }
      return op.memory ? &unary_memory<Op, T, A, FlagUse::Dead> : &unary_register<Op, T, FlagUse::Dead>;
    });
  });
}

}  // namespace ringdown::alu
