// Pairs of an arithmetic or logic instruction and the conditional jump behind it, run as one operation.
#include "cpu/execute/fusion.h"

#include "cpu/execute/alu.h"
#include "cpu/execute/condition.h"

namespace ringdown {

namespace {

[[gnu::always_inline]] inline const Operation* branch(Processor& cpu, const Operation* op, bool taken) {
  if (taken) return follow(cpu, op, Way::Taken);
  return follow(cpu, op, Way::FallThrough);
}

/// Computes, and says whether the jump behind is taken.
template <class Op, class T, Condition C>
[[gnu::always_inline]] inline bool decide(Flags& flags, T a, T b, T& result) {
  result = alu::apply<Op, T, FlagUse::Live>(flags, a, b);
  if constexpr (std::is_base_of_v<alu::Subtract, Op>) return holds_comparing<C, T>(a, b, flags);
  return holds<C>(flags);
}

template <class Op, class T, Condition C, RegisterOffset Reg = kEncoded>
[[gnu::always_inline]] inline const Operation* onto_register(Processor& cpu, const Operation* op, T b) {
  Registers& registers = cpu.registers;
  const RegisterOffset reg = known_or<Reg>(op->reg);
  T result;
  const bool taken = decide<Op, T, C>(registers.flags, registers.read<T>(reg), b, result);
  if constexpr (Op::kStores) registers.write<T>(reg, result);
  return branch(cpu, op, taken);
}

/// CMP and TEST of memory: nothing is stored.
template <class Op, class T, Condition C, alu::Source From>
[[gnu::always_inline]] inline const Operation* look_at_memory(Processor& cpu, const Operation* op, T a) {
  T unused;
  return branch(cpu, op,
                decide<Op, T, C>(cpu.registers.flags, a, alu::source_value<T, From>(cpu, op), unused));
}

template <class Op, Condition C>
const Operation* unary_register(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const u32 result = Op::template apply<u32, FlagUse::Live>(registers.flags, registers.read<u32>(op->reg));
  registers.write<u32>(op->reg, result);
  return branch(cpu, op, holds<C>(registers.flags));
}

/// Jumps on overflow and parity are too rare to be worth handlers.
constexpr bool is_fused(Condition condition) {
  return plain(condition) != Condition::O && plain(condition) != Condition::P;
}

/// TEST of a register with itself is how compilers ask for zero or sign.
template <class Op, class T, Condition C>
Handler compare_registers(const Operation& op) {
  constexpr Frequency kOften = frequent_if_dword<T>(Frequency::Frequent);
  if (std::is_same_v<Op, alu::Test> && op.reg == op.rm)
    return for_register<kOften>(op.reg, []<RegisterOffset Reg>() -> Handler {
      return &with_rm<T, &onto_register<Op, T, C, Reg>, Reg>;
    });
  return &with_rm<T, &onto_register<Op, T, C>>;
}

template <class Op, class T, Condition C>
Handler compare_handler(const LoweringContext& context, const Operation& op, OperandKind kind) {
  constexpr Frequency kOften = frequent_if_dword<T>(Frequency::Frequent);
  switch (kind) {
    case OperandKind::RegisterRegister:
      return compare_registers<Op, T, C>(op);
    case OperandKind::RegisterImmediate:
      return for_register<kOften>(op.reg, []<RegisterOffset Reg>() -> Handler {
        return &with_immediate<T, &onto_register<Op, T, C, Reg>>;
      });
    case OperandKind::RegisterMemory:
      return for_address_shape(context.addressing, op, []<Addressing A>() -> Handler {
        return &with_memory<T, A, &onto_register<Op, T, C>>;
      });
    case OperandKind::MemoryRegister:
      return for_address_shape(context.addressing, op, []<Addressing A>() -> Handler {
        return &with_memory<T, A, &look_at_memory<Op, T, C, alu::Source::Register>>;
      });
    case OperandKind::MemoryImmediate:
      return for_address_shape(context.addressing, op, [&]<Addressing A>() {
        return for_base<often_at_base<A>(Frequency::Frequent)>(op.base, []<RegisterOffset Base>() -> Handler {
          return &with_memory<T, A, &look_at_memory<Op, T, C, alu::Source::Immediate>, Base>;
        });
      });
  }
  return nullptr;
}

/// CMP and TEST of bytes and doublewords, in every shape.
template <class Op>
Handler fuse_compare(const LoweringContext& first, Operation& op, Condition condition) {
  if (op.size == OperandSize::Word) return nullptr;
  const OperandKind kind = arrange_two(first, op);
  return for_condition(condition, [&]<Condition C>() -> Handler {
    if constexpr (!is_fused(C)) {
      return nullptr;
    } else {
      return op.size == OperandSize::Byte ? compare_handler<Op, u8, C>(first, op, kind)
                                          : compare_handler<Op, u32, C>(first, op, kind);
    }
  });
}

/// Operations that store, on 32-bit registers.
template <class Op>
Handler fuse_arithmetic(const LoweringContext& first, Operation& op, Condition condition) {
  if (op.size != OperandSize::Dword || op.memory) return nullptr;
  const bool by_register = arrange_two(first, op) == OperandKind::RegisterRegister;
  return for_condition(condition, [&]<Condition C>() -> Handler {
    if constexpr (!is_fused(C)) {
      return nullptr;
    } else {
      return by_register ? &with_rm<u32, &onto_register<Op, u32, C>>
                         : &with_immediate<u32, &onto_register<Op, u32, C>>;
    }
  });
}

template <class Op>
Handler fuse_unary(const LoweringContext& first, Operation& op, Condition condition) {
  if (op.size != OperandSize::Dword || op.memory) return nullptr;
  arrange_one(first, op);
  return for_condition(condition, []<Condition C>() -> Handler {
    if constexpr (!is_fused(C)) {
      return nullptr;
    } else {
      return &unary_register<Op, C>;
    }
  });
}

}  // namespace

Handler fuse(const LoweringContext& first, Operation& op, ZydisMnemonic branch_mnemonic) {
  const std::optional<Condition> condition = condition_of_jump(branch_mnemonic);
  if (!condition) return nullptr;
  switch (first.row.mnemonic) {
    case ZYDIS_MNEMONIC_CMP:
      return fuse_compare<alu::Compare>(first, op, *condition);
    case ZYDIS_MNEMONIC_TEST:
      return fuse_compare<alu::Test>(first, op, *condition);
    case ZYDIS_MNEMONIC_SUB:
      return fuse_arithmetic<alu::Subtract>(first, op, *condition);
    case ZYDIS_MNEMONIC_ADD:
      return fuse_arithmetic<alu::Add>(first, op, *condition);
    case ZYDIS_MNEMONIC_AND:
      return fuse_arithmetic<alu::And>(first, op, *condition);
    case ZYDIS_MNEMONIC_OR:
      return fuse_arithmetic<alu::Or>(first, op, *condition);
    case ZYDIS_MNEMONIC_INC:
      return fuse_unary<alu::Increment>(first, op, *condition);
    case ZYDIS_MNEMONIC_DEC:
      return fuse_unary<alu::Decrement>(first, op, *condition);
    default:
      return nullptr;
  }
}

}  // namespace ringdown
