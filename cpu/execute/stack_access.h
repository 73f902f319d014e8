// The stack as PUSH, POP, CALL and RET see it, by kind of stack segment.
#pragma once

#include "cpu/execute/operand_handlers.h"
#include "cpu/execute/segment_access.h"

namespace ringdown {

enum class StackKind : u8 {
  Flat,         // ESP, and ESP is the linear address
  Segmented32,  // ESP within SS
  Segmented16,  // SP within SS; the upper half of ESP stays
};

inline StackKind stack_kind(BlockMode mode) {
  if (!mode.stack32) return StackKind::Segmented16;
  return mode.flat_data ? StackKind::Flat : StackKind::Segmented32;
}

template <class F>
Handler for_stack(BlockMode mode, F&& select) {
  switch (stack_kind(mode)) {
    case StackKind::Flat:
      return select.template operator()<StackKind::Flat>();
    case StackKind::Segmented32:
      return select.template operator()<StackKind::Segmented32>();
    case StackKind::Segmented16:
      return select.template operator()<StackKind::Segmented16>();
  }
  return nullptr;
}

/// Stack offsets have 16 or 32 bits.
template <StackKind K>
constexpr u32 wrap_stack(u32 offset) {
  return K == StackKind::Segmented16 ? offset & 0xffffu : offset;
}

template <StackKind K>
[[gnu::always_inline]] inline u32 stack_register(const Registers& registers, Gpr reg) {
  return wrap_stack<K>(registers.get(reg));
}
template <StackKind K>
[[gnu::always_inline]] inline void set_stack_register(Registers& registers, Gpr reg, u32 value) {
  if constexpr (K == StackKind::Segmented16) {
    registers.write<u16>(offset_of(reg), static_cast<u16>(value));
  } else {
    registers.set(reg, value);
  }
}

template <AccessType Access, StackKind K>
[[gnu::always_inline]] inline Tlb::Hit find_on_stack(const Processor& cpu, u32 offset, u32 size) {
  if constexpr (K == StackKind::Flat) {
    return Access == AccessType::Write ? cpu.tlb->write(offset, size) : cpu.tlb->read(offset, size);
  } else {
    return find_in_segment<Access>(cpu, Segment::Ss, offset, size);
  }
}

template <class T, StackKind K>
[[gnu::always_inline]] inline Loaded<T> load_stack(Processor& cpu, const Operation* op, u32 offset) {
  if (const Tlb::Hit hit = find_on_stack<AccessType::Read, K>(cpu, offset, sizeof(T)); hit.ok) [[likely]]
    return {host_value<T>(hit.host), true};
  return load_at_slow<T>(cpu, op, Segment::Ss, offset);
}

/// Where a push of `T` stores.
template <class T, StackKind K>
[[gnu::always_inline]] inline u32 push_offset(const Registers& registers) {
  return wrap_stack<K>(stack_register<K>(registers, Gpr::Esp) - static_cast<u32>(sizeof(T)));
}

/// Pushes `value`; if it returns false, nothing has changed and the handler returns nullptr.
template <class T, StackKind K>
[[nodiscard, gnu::always_inline]] inline bool push(Processor& cpu, const Operation* op, T value) {
  const u32 offset = push_offset<T, K>(cpu.registers);
  if (const Tlb::Hit hit = find_on_stack<AccessType::Write, K>(cpu, offset, sizeof(T)); hit.ok) [[likely]] {
    std::memcpy(hit.host, &value, sizeof(T));
  } else if (!store_at_slow<T>(cpu, op, Segment::Ss, offset, value)) {
    return false;
  }
  set_stack_register<K>(cpu.registers, Gpr::Esp, offset);
  return true;
}

/// Moves the stack pointer up.
template <StackKind K>
[[gnu::always_inline]] inline void release_stack(Registers& registers, u32 bytes) {
  set_stack_register<K>(registers, Gpr::Esp, registers.get(Gpr::Esp) + bytes);
}

// Handlers whose slow path is called last, as in cpu/execute/operand_handlers.h.

/// Continues behind a push as a handler does.
using Continuation = const Operation* (*)(Processor&, const Operation*);

template <class T, StackKind K, ResultBody<T> Value, Continuation Then>
[[gnu::noinline]] const Operation* pushing_slowly(Processor& cpu, const Operation* op) {
  const u32 offset = push_offset<T, K>(cpu.registers);
  if (!store_at_slow<T>(cpu, op, Segment::Ss, offset, Value(cpu, op))) return nullptr;
  set_stack_register<K>(cpu.registers, Gpr::Esp, offset);
  return Then(cpu, op);
}

template <class T, StackKind K, ResultBody<T> Value, Continuation Then>
const Operation* pushing(Processor& cpu, const Operation* op) {
  const u32 offset = push_offset<T, K>(cpu.registers);
  const Tlb::Hit hit = find_on_stack<AccessType::Write, K>(cpu, offset, sizeof(T));
  if (!hit.ok) [[unlikely]]
    return pushing_slowly<T, K, Value, Then>(cpu, op);
  const T value = Value(cpu, op);
  std::memcpy(hit.host, &value, sizeof(T));
  set_stack_register<K>(cpu.registers, Gpr::Esp, offset);
  return Then(cpu, op);
}

/// `Body` gets what lies on top of the stack; ESP still points to it.
template <class T, StackKind K, ValueBody<T> Body>
[[gnu::noinline]] const Operation* with_top_slowly(Processor& cpu, const Operation* op) {
  const Loaded<T> top = load_at_slow<T>(cpu, op, Segment::Ss, stack_register<K>(cpu.registers, Gpr::Esp));
  if (!top.ok) return nullptr;
  return Body(cpu, op, top.value);
}

template <class T, StackKind K, ValueBody<T> Body>
const Operation* with_top(Processor& cpu, const Operation* op) {
  const u32 offset = stack_register<K>(cpu.registers, Gpr::Esp);
  const Tlb::Hit hit = find_on_stack<AccessType::Read, K>(cpu, offset, sizeof(T));
  if (!hit.ok) [[unlikely]]
    return with_top_slowly<T, K, Body>(cpu, op);
  return Body(cpu, op, host_value<T>(hit.host));
}

}  // namespace ringdown
