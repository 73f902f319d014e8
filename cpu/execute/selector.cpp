// PUSH and MOV from a segment register, where the selector that the processor holds is the one to show.
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/stack_access.h"
#include "cpu/execute/terminators.h"

namespace ringdown {

namespace {

[[gnu::always_inline]] inline u16 selector_value(Processor& cpu, const Operation* op) {
  return cpu.state.segments[op->number].selector;
}

template <class T>
const Operation* selector_to_register(Processor& cpu, const Operation* op) {
  cpu.registers.write<T>(op->rm, selector_value(cpu, op));
  return next(cpu, op);
}

/// A 32-bit push moves ESP by four but writes only the word (Intel SDM vol. 2, PUSH).
template <StackKind K>
const Operation* push_selector_in_dword(Processor& cpu, const Operation* op) {
  const u32 offset = push_offset<u32, K>(cpu.registers);
  const u16 selector = selector_value(cpu, op);
  const Tlb::Hit hit = find_on_stack<AccessType::Write, K>(cpu, offset, sizeof(selector));
  if (hit.ok) [[likely]] {
    std::memcpy(hit.host, &selector, sizeof(selector));
  } else if (!store_at_slow<u16>(cpu, op, Segment::Ss, offset, selector)) {
    return nullptr;
  }
  set_stack_register<K>(cpu.registers, Gpr::Esp, offset);
  return next(cpu, op);
}

}  // namespace

Handler lower_push_selector(const LoweringContext& context, Operation& op) {
  return for_stack(context.mode, [&]<StackKind K>() -> Handler {
    if (op.size == OperandSize::Word) return &pushing<u16, K, &selector_value, &next>;
    return &push_selector_in_dword<K>;
  });
}

Handler lower_mov_from_selector(const LoweringContext& context, Operation& op) {
  if (op.number >= kSegmentCount) return &raise_invalid_opcode;
  if (op.memory)
    return for_addressing(context.addressing,
                          []<Addressing A>() -> Handler { return &to_memory<u16, A, &selector_value>; });
  return op.size == OperandSize::Word ? &selector_to_register<u16> : &selector_to_register<u32>;
}

}  // namespace ringdown
