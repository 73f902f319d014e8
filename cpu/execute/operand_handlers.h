// Handlers made of a body and a way to get at its operand: register, immediate, or memory.
//
// What misses the fast path continues in a handler of its own, called last: a call in the middle of a handler
// would cost every execution the saving of registers around it.
#pragma once

#include "cpu/execute/operands.h"
#include "cpu/execute/segment_access.h"
#include "cpu/execute/select.h"

namespace ringdown {

// --- One value is read -------------------------------------------------------------------------------------

/// Uses the value, and continues as a handler does.
template <class T>
using ValueBody = const Operation* (*)(Processor&, const Operation*, T);

template <class T, ValueBody<T> Body>
const Operation* with_reg(Processor& cpu, const Operation* op) {
  return Body(cpu, op, cpu.registers.read<T>(op->reg));
}

template <class T, ValueBody<T> Body, RegisterOffset Rm = kEncoded>
const Operation* with_rm(Processor& cpu, const Operation* op) {
  return Body(cpu, op, cpu.registers.read<T>(known_or<Rm>(op->rm)));
}

template <class T, ValueBody<T> Body>
const Operation* with_immediate(Processor& cpu, const Operation* op) {
  return Body(cpu, op, static_cast<T>(op->immediate));
}

template <class T, ValueBody<T> Body>
[[gnu::noinline]] const Operation* with_memory_slowly(Processor& cpu, const Operation* op) {
  const Loaded<T> operand = load_slow<T>(cpu, op);
  if (!operand.ok) return nullptr;
  return Body(cpu, op, operand.value);
}

template <class T, Addressing A, ValueBody<T> Body, RegisterOffset Base = kEncoded>
const Operation* with_memory(Processor& cpu, const Operation* op) {
  const Tlb::Hit hit = find_operand<AccessType::Read, A, Base>(cpu, op, sizeof(T));
  if (!hit.ok) [[unlikely]]
    return with_memory_slowly<T, Body>(cpu, op);
  return Body(cpu, op, host_value<T>(hit.host));
}

/// For a source that is `rm` or memory.
template <class T, ValueBody<T> Body>
Handler from_rm_or_memory(const LoweringContext& context, const Operation& op) {
  if (!op.memory) return &with_rm<T, Body>;
  return for_address_shape(context.addressing, op,
                           []<Addressing A>() -> Handler { return &with_memory<T, A, Body>; });
}

/// For an only operand that is `reg` or memory.
template <class T, ValueBody<T> Body>
Handler from_reg_or_memory(const LoweringContext& context, const Operation& op) {
  if (!op.memory) return &with_reg<T, Body>;
  return for_address_shape(context.addressing, op,
                           []<Addressing A>() -> Handler { return &with_memory<T, A, Body>; });
}

// --- One value is written ----------------------------------------------------------------------------------

/// Says what to write; nothing else may change.
template <class T>
using ResultBody = T (*)(Processor&, const Operation*);

template <class T, RegisterOffset Reg = kEncoded>
[[gnu::always_inline]] inline T register_value(Processor& cpu, const Operation* op) {
  return cpu.registers.read<T>(known_or<Reg>(op->reg));
}

template <class T>
[[gnu::always_inline]] inline T immediate_value(Processor&, const Operation* op) {
  return static_cast<T>(op->immediate);
}

template <class T, ResultBody<T> Body>
const Operation* to_reg(Processor& cpu, const Operation* op) {
  cpu.registers.write<T>(op->reg, Body(cpu, op));
  return next(cpu, op);
}

template <class T, ResultBody<T> Body>
[[gnu::noinline]] const Operation* to_memory_slowly(Processor& cpu, const Operation* op) {
  if (!store_slow<T>(cpu, op, Body(cpu, op))) return nullptr;
  return next(cpu, op);
}

template <class T, Addressing A, ResultBody<T> Body, RegisterOffset Base = kEncoded>
const Operation* to_memory(Processor& cpu, const Operation* op) {
  const Tlb::Hit hit = find_operand<AccessType::Write, A, Base>(cpu, op, sizeof(T));
  if (!hit.ok) [[unlikely]]
    return to_memory_slowly<T, Body>(cpu, op);
  const T value = Body(cpu, op);
  std::memcpy(hit.host, &value, sizeof(T));
  return next(cpu, op);
}

// --- One value is read and written back --------------------------------------------------------------------

/// Makes the new value of the old one. It may change registers and flags: the write cannot fail any more.
template <class T>
using ModifyBody = T (*)(Processor&, const Operation*, T);

template <class T, ModifyBody<T> Body, RegisterOffset Reg = kEncoded>
const Operation* modify_reg(Processor& cpu, const Operation* op) {
  const RegisterOffset reg = known_or<Reg>(op->reg);
  const T value = Body(cpu, op, cpu.registers.read<T>(reg));
  cpu.registers.write<T>(reg, value);
  return next(cpu, op);
}

template <class T, ModifyBody<T> Body>
[[gnu::noinline]] const Operation* modify_memory_slowly(Processor& cpu, const Operation* op) {
  const u32 offset = effective_offset(cpu.registers, *op);
  const Loaded<T> operand = load_for_modify_slow<T>(cpu, op);
  if (!operand.ok) return nullptr;
  const T value = Body(cpu, op, operand.value);
  // The body may have changed a register of the address.
  if (!store_at_slow<T>(cpu, op, op->segment, offset, value)) return nullptr;
  return next(cpu, op);
}

template <class T, Addressing A, ModifyBody<T> Body>
const Operation* modify_memory(Processor& cpu, const Operation* op) {
  const Tlb::Hit hit = find_operand<AccessType::Write, A>(cpu, op, sizeof(T));
  if (!hit.ok) [[unlikely]]
    return modify_memory_slowly<T, Body>(cpu, op);
  const T value = Body(cpu, op, host_value<T>(hit.host));
  std::memcpy(hit.host, &value, sizeof(T));
  return next(cpu, op);
}

/// For an operand that is `reg` or memory.
template <class T, ModifyBody<T> Body, Frequency Often = Frequency::Rare>
Handler modifying(const LoweringContext& context, const Operation& op) {
  if (!op.memory)
    return for_register<frequent_if_dword<T>(Often)>(
        op.reg, []<RegisterOffset Reg>() -> Handler { return &modify_reg<T, Body, Reg>; });
  return for_address_shape(context.addressing, op,
                           []<Addressing A>() -> Handler { return &modify_memory<T, A, Body>; });
}

}  // namespace ringdown
