// Pairs of an arithmetic or logic instruction and the conditional jump behind it, run as one operation.
#include "cpu/execute/fusion.h"

#include "cpu/execute/alu.h"
#include "cpu/execute/condition.h"

namespace ringdown {

namespace {

using alu::FlagUse;

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

template <class Op, class T, Condition C>
[[gnu::always_inline]] inline const Operation* finish(Processor& cpu, const Operation* op, T b) {
  Registers& registers = cpu.registers;
  const T a = registers.read<T>(op->reg);
  T result;
  const bool taken = decide<Op, T, C>(registers.flags, a, b, result);
  if constexpr (Op::kStores) registers.write<T>(op->reg, result);
  return branch(cpu, op, taken);
}

template <class Op, class T, Condition C>
const Operation* register_register(Processor& cpu, const Operation* op) {
  return finish<Op, T, C>(cpu, op, cpu.registers.read<T>(op->rm));
}

template <class Op, class T, Condition C>
const Operation* register_immediate(Processor& cpu, const Operation* op) {
  return finish<Op, T, C>(cpu, op, static_cast<T>(op->immediate));
}

template <class Op, class T, Addressing A, Condition C>
const Operation* register_memory(Processor& cpu, const Operation* op) {
  const Loaded<T> b = load<T, A>(cpu, op);
  if (!b.ok) [[unlikely]]
    return nullptr;
  return finish<Op, T, C>(cpu, op, b.value);
}

/// CMP and TEST of memory: nothing is stored.
template <class Op, class T, Addressing A, Condition C>
[[gnu::always_inline]] inline const Operation* finish_memory(Processor& cpu, const Operation* op, T b) {
  const Loaded<T> a = load<T, A>(cpu, op);
  if (!a.ok) [[unlikely]]
    return nullptr;
  T unused;
  return branch(cpu, op, decide<Op, T, C>(cpu.registers.flags, a.value, b, unused));
}

template <class Op, class T, Addressing A, Condition C>
const Operation* memory_register(Processor& cpu, const Operation* op) {
  return finish_memory<Op, T, A, C>(cpu, op, cpu.registers.read<T>(op->reg));
}

template <class Op, class T, Addressing A, Condition C>
const Operation* memory_immediate(Processor& cpu, const Operation* op) {
  return finish_memory<Op, T, A, C>(cpu, op, static_cast<T>(op->immediate));
}

template <class Op, Condition C>
const Operation* unary_register(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  registers.write<u32>(op->reg,
                       Op::template apply<u32, FlagUse::Live>(registers.flags, registers.read<u32>(op->reg)));
  return branch(cpu, op, holds<C>(registers.flags));
}

/// Jumps on overflow and parity are too rare to be worth handlers.
constexpr bool is_fused(Condition condition) {
  return plain(condition) != Condition::O && plain(condition) != Condition::P;
}

template <class Op, class T, Condition C>
Handler compare_handler(OperandKind kind, Addressing addressing) {
  const bool flat = addressing == Addressing::Flat;
  switch (kind) {
    case OperandKind::RegisterRegister:
      return &register_register<Op, T, C>;
    case OperandKind::RegisterImmediate:
      return &register_immediate<Op, T, C>;
    case OperandKind::RegisterMemory:
      return flat ? &register_memory<Op, T, Addressing::Flat, C>
                  : &register_memory<Op, T, Addressing::Segmented, C>;
    case OperandKind::MemoryRegister:
      return flat ? &memory_register<Op, T, Addressing::Flat, C>
                  : &memory_register<Op, T, Addressing::Segmented, C>;
    case OperandKind::MemoryImmediate:
      return flat ? &memory_immediate<Op, T, Addressing::Flat, C>
                  : &memory_immediate<Op, T, Addressing::Segmented, C>;
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
      return op.size == OperandSize::Byte ? compare_handler<Op, u8, C>(kind, first.addressing)
                                          : compare_handler<Op, u32, C>(kind, first.addressing);
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
      return by_register ? &register_register<Op, u32, C> : &register_immediate<Op, u32, C>;
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
