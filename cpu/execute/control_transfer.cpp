// Near control transfer instructions: Jcc, JMP, CALL, RET, LOOP, LOOPE, LOOPNE, JCXZ, JECXZ. Where CS has a
// limit, a target beyond it raises #GP(0) before anything changes.
#include "cpu/execute/condition.h"
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/raising.h"
#include "cpu/execute/stack_access.h"

namespace ringdown {

namespace {

/// Whether every EIP lies within CS.
enum class CodeKind : u8 { Flat, Limited };

template <class F>
Handler for_code(BlockMode mode, F&& select) {
  if (mode.flat_code) return select.template operator()<CodeKind::Flat>();
  return select.template operator()<CodeKind::Limited>();
}

template <CodeKind Code>
[[gnu::always_inline]] inline bool reachable(const Processor& cpu, u32 eip) {
  if constexpr (Code == CodeKind::Flat) return true;
  return code_contains(cpu, eip);
}

/// Direct branches hold their target as immediate, and in their block's exit.
template <CodeKind Code>
[[gnu::always_inline]] inline const Operation* take(Processor& cpu, const Operation* op) {
  if (!reachable<Code>(cpu, op->immediate)) [[unlikely]]
    return raise_beyond_code_limit(cpu, op);
  return follow(cpu, op, Way::Taken);
}

template <Condition C, CodeKind Code>
const Operation* jump_if(Processor& cpu, const Operation* op) {
  if (holds<C>(cpu.registers.flags)) return take<Code>(cpu, op);
  return follow(cpu, op, Way::FallThrough);
}

template <CodeKind Code>
const Operation* jump_direct(Processor& cpu, const Operation* op) {
  return take<Code>(cpu, op);
}

template <class T>
[[gnu::always_inline]] inline T return_address(Processor&, const Operation* op) {
  return static_cast<T>(op->next_eip());
}

/// Only returns within flat 32-bit code are predicted.
template <class T, CodeKind Code>
constexpr bool kReturnExpected = sizeof(T) == sizeof(u32) && Code == CodeKind::Flat;

template <class T, CodeKind Code>
[[gnu::always_inline]] inline const Operation* follow_call(Processor& cpu, const Operation* op) {
  if constexpr (kReturnExpected<T, Code>) expect_return(cpu, op);
  return follow(cpu, op, Way::Taken);
}

template <class T, StackKind K, CodeKind Code>
const Operation* call_direct(Processor& cpu, const Operation* op) {
  if (!reachable<Code>(cpu, op->immediate)) [[unlikely]]
    return raise_beyond_code_limit(cpu, op);
  return pushing<T, K, &return_address<T>, &follow_call<T, Code>>(cpu, op);
}

template <class T, CodeKind Code>
[[gnu::always_inline]] inline const Operation* jump_indirect(Processor& cpu, const Operation* op, T target) {
  if (!reachable<Code>(cpu, target)) [[unlikely]]
    return raise_beyond_code_limit(cpu, op);
  return jump_to(cpu, target);
}

template <class T, StackKind K, CodeKind Code>
[[gnu::always_inline]] inline const Operation* call_indirect(Processor& cpu, const Operation* op, T target) {
  if (!reachable<Code>(cpu, target)) [[unlikely]]
    return raise_beyond_code_limit(cpu, op);
  if (!push<T, K>(cpu, op, return_address<T>(cpu, op))) [[unlikely]]
    return nullptr;
  if constexpr (kReturnExpected<T, Code>) expect_return(cpu, op);
  return jump_to(cpu, target);
}

/// `immediate` more bytes are released (0 for the form without).
template <class T, StackKind K, CodeKind Code>
[[gnu::always_inline]] inline const Operation* return_to(Processor& cpu, const Operation* op, T target) {
  if (!reachable<Code>(cpu, target)) [[unlikely]]
    return raise_beyond_code_limit(cpu, op);
  release_stack<K>(cpu.registers, static_cast<u32>(sizeof(T)) + op->immediate);
  if constexpr (kReturnExpected<T, Code>) return return_to_block(cpu, target);
  return jump_to(cpu, target);
}

enum class LoopKind : u8 { Always, WhileEqual, WhileNotEqual };

/// `Count` is CX or ECX, by address size.
template <LoopKind Kind, class Count, CodeKind Code>
const Operation* loop(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const auto count = static_cast<Count>(registers.read<Count>(offset_of(Gpr::Ecx)) - 1);
  bool taken = count != 0;
  if constexpr (Kind == LoopKind::WhileEqual) taken = taken && registers.flags.zf();
  if constexpr (Kind == LoopKind::WhileNotEqual) taken = taken && !registers.flags.zf();
  if (taken && !reachable<Code>(cpu, op->immediate)) [[unlikely]]
    return raise_beyond_code_limit(cpu, op);
  registers.write<Count>(offset_of(Gpr::Ecx), count);
  return follow(cpu, op, taken ? Way::Taken : Way::FallThrough);
}

template <class Count, CodeKind Code>
const Operation* jump_if_count_zero(Processor& cpu, const Operation* op) {
  if (cpu.registers.read<Count>(offset_of(Gpr::Ecx)) == 0) return take<Code>(cpu, op);
  return follow(cpu, op, Way::FallThrough);
}

template <LoopKind Kind>
Handler lower_loop_kind(const LoweringContext& context, const Operation& op) {
  return for_code(context.mode, [&]<CodeKind Code>() -> Handler {
    return op.address16 ? &loop<Kind, u16, Code> : &loop<Kind, u32, Code>;
  });
}

bool is_direct(const LoweringContext& context) {
  return context.operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
}

}  // namespace

Handler lower_jcc(const LoweringContext& context, Operation&) {
  return for_condition(condition_of(context.instruction), [&]<Condition C>() {
    return for_code(context.mode, []<CodeKind Code>() -> Handler { return &jump_if<C, Code>; });
  });
}

Handler lower_jmp(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  return for_code(context.mode, [&]<CodeKind Code>() -> Handler {
    if (is_direct(context)) return &jump_direct<Code>;
    return for_word_size(
        op.size, [&]<class T>() { return from_reg_or_memory<T, &jump_indirect<T, Code>>(context, op); });
  });
}

Handler lower_call(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  return for_code(context.mode, [&]<CodeKind Code>() {
    return for_word_size(op.size, [&]<class T>() {
      return for_stack(context.mode, [&]<StackKind K>() -> Handler {
        if (is_direct(context)) return &call_direct<T, K, Code>;
        return from_reg_or_memory<T, &call_indirect<T, K, Code>>(context, op);
      });
    });
  });
}

Handler lower_ret(const LoweringContext& context, Operation& op) {
  return for_code(context.mode, [&]<CodeKind Code>() {
    return for_word_size(op.size, [&]<class T>() {
      return for_stack(context.mode,
                       []<StackKind K>() -> Handler { return &with_top<T, K, &return_to<T, K, Code>>; });
    });
  });
}

Handler lower_loop(const LoweringContext& context, Operation& op) {
  return lower_loop_kind<LoopKind::Always>(context, op);
}
Handler lower_loope(const LoweringContext& context, Operation& op) {
  return lower_loop_kind<LoopKind::WhileEqual>(context, op);
}
Handler lower_loopne(const LoweringContext& context, Operation& op) {
  return lower_loop_kind<LoopKind::WhileNotEqual>(context, op);
}

Handler lower_jcxz(const LoweringContext& context, Operation&) {
  return for_code(context.mode, []<CodeKind Code>() -> Handler { return &jump_if_count_zero<u16, Code>; });
}
Handler lower_jecxz(const LoweringContext& context, Operation&) {
  return for_code(context.mode, []<CodeKind Code>() -> Handler { return &jump_if_count_zero<u32, Code>; });
}

}  // namespace ringdown
