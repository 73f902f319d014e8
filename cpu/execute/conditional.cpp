// Conditional data instructions: SETcc and CMOVcc.
#include "cpu/execute/condition.h"
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/operand_handlers.h"

namespace ringdown {

namespace {

template <Condition C>
[[gnu::always_inline]] inline u8 condition_value(Processor& cpu, const Operation*) {
  return holds<C>(cpu.registers.flags) ? 1 : 0;
}

/// The source is read, and may fault, whatever the condition.
template <class T, Condition C>
[[gnu::always_inline]] inline const Operation* move_if(Processor& cpu, const Operation* op, T value) {
  if (holds<C>(cpu.registers.flags)) cpu.registers.write<T>(op->reg, value);
  return next(cpu, op);
}

}  // namespace

Handler lower_setcc(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  return for_condition(condition_of(context.instruction), [&]<Condition C>() -> Handler {
    if (!op.memory) return &to_reg<u8, &condition_value<C>>;
    return for_addressing(context.addressing,
                          []<Addressing A>() -> Handler { return &to_memory<u8, A, &condition_value<C>>; });
  });
}

Handler lower_cmovcc(const LoweringContext& context, Operation& op) {
  arrange_two(context, op);
  return for_condition(condition_of(context.instruction), [&]<Condition C>() {
    return for_word_size(op.size,
                         [&]<class T>() { return from_rm_or_memory<T, &move_if<T, C>>(context, op); });
  });
}

}  // namespace ringdown
