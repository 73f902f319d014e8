// The stack as PUSH, POP, CALL and RET see it, by kind of stack segment.
#pragma once

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

template <class T, StackKind K>
[[gnu::always_inline]] inline Loaded<T> load_stack(Processor& cpu, const Operation* op, u32 offset) {
  if constexpr (K == StackKind::Flat) {
    if (const Tlb::Hit hit = cpu.tlb->read(offset, sizeof(T)); hit.ok) [[likely]] {
      T value;
      std::memcpy(&value, hit.host, sizeof(T));
      return {value, true};
    }
    return load_at_slow<T>(cpu, op, Segment::Ss, offset);
  } else {
    return load_at<T>(cpu, op, Segment::Ss, offset);
  }
}

/// Pushes `value`; if it returns false, nothing has changed and the handler returns nullptr.
template <class T, StackKind K>
[[nodiscard, gnu::always_inline]] inline bool push(Processor& cpu, const Operation* op, T value) {
  const u32 offset = wrap_stack<K>(stack_register<K>(cpu.registers, Gpr::Esp) - static_cast<u32>(sizeof(T)));
  if constexpr (K == StackKind::Flat) {
    if (const Tlb::Hit hit = cpu.tlb->write(offset, sizeof(T)); hit.ok) [[likely]] {
      std::memcpy(hit.host, &value, sizeof(T));
    } else if (!store_at_slow<T>(cpu, op, Segment::Ss, offset, value)) {
      return false;
    }
  } else {
    if (!store_at<T>(cpu, op, Segment::Ss, offset, value)) return false;
  }
  set_stack_register<K>(cpu.registers, Gpr::Esp, offset);
  return true;
}

/// Moves the stack pointer up.
template <StackKind K>
[[gnu::always_inline]] inline void release_stack(Registers& registers, u32 bytes) {
  set_stack_register<K>(registers, Gpr::Esp, registers.get(Gpr::Esp) + bytes);
}

}  // namespace ringdown
