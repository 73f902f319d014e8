// Conditional data instructions: SETcc and CMOVcc.
#include "cpu/execute/condition.h"
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/operands.h"
#include "cpu/execute/select.h"
#include "cpu/handler.h"

namespace ringdown {

namespace {

template <Condition C>
const Operation* set_register(Processor& cpu, const Operation* op) {
  cpu.registers.write<u8>(op->reg, holds<C>(cpu.registers.flags) ? 1 : 0);
  return next(cpu, op);
}

template <Condition C, Addressing A>
const Operation* set_memory(Processor& cpu, const Operation* op) {
  if (!store<u8, A>(cpu, op, holds<C>(cpu.registers.flags) ? 1 : 0)) [[unlikely]]
    return nullptr;
  return next(cpu, op);
}

template <class T, Condition C>
const Operation* move_register_if(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  if (holds<C>(registers.flags)) registers.write<T>(op->reg, registers.read<T>(op->rm));
  return next(cpu, op);
}

/// The source is read, and may fault, whatever the condition.
template <class T, Condition C, Addressing A>
const Operation* move_memory_if(Processor& cpu, const Operation* op) {
  const Loaded<T> source = load<T, A>(cpu, op);
  if (!source.ok) [[unlikely]]
    return nullptr;
  if (holds<C>(cpu.registers.flags)) cpu.registers.write<T>(op->reg, source.value);
  return next(cpu, op);
}

}  // namespace

Handler lower_setcc(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  return for_condition(condition_of(context.instruction), [&]<Condition C>() {
    return for_addressing(context.addressing, [&]<Addressing A>() -> Handler {
      return op.memory ? &set_memory<C, A> : &set_register<C>;
    });
  });
}

Handler lower_cmovcc(const LoweringContext& context, Operation& op) {
  arrange_two(context, op);
  return for_condition(condition_of(context.instruction), [&]<Condition C>() {
    return for_word_size(op.size, [&]<class T>() {
      return for_addressing(context.addressing, [&]<Addressing A>() -> Handler {
        return op.memory ? &move_memory_if<T, C, A> : &move_register_if<T, C>;
      });
    });
  });
}

}  // namespace ringdown
