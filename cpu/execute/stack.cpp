// Stack instructions: PUSH, POP, PUSHA, POPA, ENTER, LEAVE.
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/stack_access.h"

namespace ringdown {

namespace {

template <class T, StackKind K, Addressing A>
const Operation* push_memory(Processor& cpu, const Operation* op) {
  const Loaded<T> source = load<T, A>(cpu, op);
  if (!source.ok) [[unlikely]]
    return nullptr;
  if (!push<T, K>(cpu, op, source.value)) [[unlikely]]
    return nullptr;
  return next(cpu, op);
}

template <class T, StackKind K, RegisterOffset Reg>
[[gnu::always_inline]] inline const Operation* pop_to_register(Processor& cpu, const Operation* op, T top) {
  release_stack<K>(cpu.registers, sizeof(T));
  cpu.registers.write<T>(known_or<Reg>(op->reg), top);  // last: POP ESP keeps what it popped
  return next(cpu, op);
}

/// ESP as a base of the destination is the one after the pop (Intel SDM vol. 2B, POP).
template <class T, StackKind K, Addressing A>
const Operation* pop_memory(Processor& cpu, const Operation* op) {
  const u32 esp = cpu.registers.get(Gpr::Esp);
  const Loaded<T> top = load_stack<T, K>(cpu, op, wrap_stack<K>(esp));
  if (!top.ok) [[unlikely]]
    return nullptr;
  release_stack<K>(cpu.registers, sizeof(T));
  if (!store<T, A>(cpu, op, top.value)) [[unlikely]] {
    cpu.registers.set(Gpr::Esp, esp);
    return nullptr;
  }
  return next(cpu, op);
}

/// All eight in encoding order, ESP as it was. Every slot is checked before the first is written.
template <class T, StackKind K>
Fault push_all(Processor& cpu, const Operation& op) {
  Registers& registers = cpu.registers;
  const u32 esp = stack_register<K>(registers, Gpr::Esp);
  const auto slot = [esp](unsigned index) {
    return wrap_stack<K>(esp - (index + 1) * static_cast<u32>(sizeof(T)));
  };
  for (unsigned i = 0; i < 8; ++i) {
    if (Fault fault = prepare_memory_write(cpu, op, Segment::Ss, slot(i), sizeof(T))) return fault;
  }
  for (unsigned i = 0; i < 8; ++i) {
    const T value = registers.read<T>(register_offset(i, sizeof(T)));
    if (Fault fault = write_memory(cpu, op, Segment::Ss, slot(i), value)) return fault;
  }
  set_stack_register<K>(registers, Gpr::Esp, slot(7));
  return Fault::none();
}

/// The ESP that was pushed is skipped.
template <class T, StackKind K>
Fault pop_all(Processor& cpu, const Operation& op) {
  Registers& registers = cpu.registers;
  const u32 esp = stack_register<K>(registers, Gpr::Esp);
  std::array<T, 8> values{};
  for (unsigned i = 0; i < 8; ++i) {
    const u32 slot = wrap_stack<K>(esp + i * static_cast<u32>(sizeof(T)));
    if (Fault fault = read_memory(cpu, op, Segment::Ss, slot, values[7 - i])) return fault;
  }
  for (unsigned i = 0; i < 8; ++i) {
    if (i != static_cast<unsigned>(Gpr::Esp)) registers.write<T>(register_offset(i, sizeof(T)), values[i]);
  }
  release_stack<K>(registers, 8 * sizeof(T));
  return Fault::none();
}

/// Intel SDM vol. 2A, ENTER: `immediate` bytes of locals, `extra` modulo 32 the nesting level. Outer frame
/// pointers are read and pushed in turn, so that one may be read where another has just been pushed. All
/// accesses are tried before the first push.
template <class T, StackKind K>
Fault enter_frame(Processor& cpu, const Operation& op) {
  constexpr u32 kMaximumLevel = 32, kSize = sizeof(T);
  Registers& registers = cpu.registers;
  const u32 level = op.extra % kMaximumLevel;
  const u32 esp = stack_register<K>(registers, Gpr::Esp);
  const u32 ebp = stack_register<K>(registers, Gpr::Ebp);
  const auto slot = [esp](u32 index) { return wrap_stack<K>(esp - (index + 1) * kSize); };
  const auto outer = [ebp](u32 index) { return wrap_stack<K>(ebp - index * kSize); };
  T value{};
  for (u32 i = 0; i <= level; ++i) {
    if (i > 0 && i < level) {
      if (Fault fault = read_memory(cpu, op, Segment::Ss, outer(i), value)) return fault;
    }
    if (Fault fault = prepare_memory_write(cpu, op, Segment::Ss, slot(i), kSize)) return fault;
  }
  const u32 end = wrap_stack<K>(slot(level) - op.immediate);
  // The processor probes the frame's end as for a write.
  if (Fault fault = prepare_memory_write(cpu, op, Segment::Ss, end, kSize)) return fault;
  // With 32-bit operands processors take all of ESP even on a 16-bit stack (measured; by the manual only BP
  // is written there).
  const T frame = static_cast<T>(registers.get(Gpr::Esp) - kSize);
  for (u32 i = 0; i <= level; ++i) {
    value = i == 0 ? registers.read<T>(offset_of(Gpr::Ebp)) : frame;
    if (i > 0 && i < level) {
      if (Fault fault = read_memory(cpu, op, Segment::Ss, outer(i), value)) return fault;
    }
    if (Fault fault = write_memory(cpu, op, Segment::Ss, slot(i), value)) return fault;
  }
  registers.write<T>(offset_of(Gpr::Ebp), frame);
  set_stack_register<K>(registers, Gpr::Esp, end);
  return Fault::none();
}

template <class T, StackKind K>
const Operation* leave_frame(Processor& cpu, const Operation* op) {
  const u32 frame = stack_register<K>(cpu.registers, Gpr::Ebp);
  const Loaded<T> outer = load_stack<T, K>(cpu, op, frame);
  if (!outer.ok) [[unlikely]]
    return nullptr;
  set_stack_register<K>(cpu.registers, Gpr::Esp, frame + static_cast<u32>(sizeof(T)));
  cpu.registers.write<T>(offset_of(Gpr::Ebp), outer.value);
  return next(cpu, op);
}

/// Registers are pushed and popped often on the stacks of 32-bit systems.
template <class T, StackKind K>
constexpr Frequency often_on_stack() {
  return K == StackKind::Flat ? frequent_if_dword<T>(Frequency::Frequent) : Frequency::Rare;
}

/// Calls `select` with operand type and stack kind.
template <class F>
Handler for_type_and_stack(OperandSize size, BlockMode mode, F&& select) {
  return for_word_size(size, [&]<class T>() {
    return for_stack(mode, [&]<StackKind K>() { return select.template operator()<T, K>(); });
  });
}

}  // namespace

Handler lower_push(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  const bool immediate = context.operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
  return for_type_and_stack(op.size, context.mode, [&]<class T, StackKind K>() -> Handler {
    if (immediate) return &pushing<T, K, &immediate_value<T>, &next>;
    if (!op.memory)
      return for_register<often_on_stack<T, K>()>(op.reg, []<RegisterOffset Reg>() -> Handler {
        return &pushing<T, K, &register_value<T, Reg>, &next>;
      });
    return for_addressing(context.addressing,
                          []<Addressing A>() -> Handler { return &push_memory<T, K, A>; });
  });
}

Handler lower_pop(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  return for_type_and_stack(op.size, context.mode, [&]<class T, StackKind K>() -> Handler {
    if (!op.memory)
      return for_register<often_on_stack<T, K>()>(op.reg, []<RegisterOffset Reg>() -> Handler {
        return &with_top<T, K, &pop_to_register<T, K, Reg>>;
      });
    return for_addressing(context.addressing, []<Addressing A>() -> Handler { return &pop_memory<T, K, A>; });
  });
}

Handler lower_pusha(const LoweringContext& context, Operation& op) {
  return for_type_and_stack(op.size, context.mode,
                            []<class T, StackKind K>() -> Handler { return &cold<push_all<T, K>>; });
}

Handler lower_popa(const LoweringContext& context, Operation& op) {
  return for_type_and_stack(op.size, context.mode,
                            []<class T, StackKind K>() -> Handler { return &cold<pop_all<T, K>>; });
}

Handler lower_enter(const LoweringContext& context, Operation& op) {
  return for_type_and_stack(op.size, context.mode,
                            []<class T, StackKind K>() -> Handler { return &cold<enter_frame<T, K>>; });
}

Handler lower_leave(const LoweringContext& context, Operation& op) {
  return for_type_and_stack(op.size, context.mode,
                            []<class T, StackKind K>() -> Handler { return &leave_frame<T, K>; });
}

}  // namespace ringdown
