// Memory at an explicit segment and offset, for strings, stack, XLAT and bit strings: fast when the TLB has
// the page, otherwise through the checked slow path. As with load() and store() of cpu/handler.h, a failure
// is recorded in the processor and the handler returns nullptr.
#pragma once

#include "cpu/handler.h"

namespace ringdown {

template <class T>
Loaded<T> load_at_slow(Processor& cpu, const Operation* op, Segment segment, u32 offset);
template <class T>
bool store_at_slow(Processor& cpu, const Operation* op, Segment segment, u32 offset, T value);
template <class T>
Modifiable<T> load_for_modify_at_slow(Processor& cpu, const Operation* op, Segment segment, u32 offset);

template <class T>
[[gnu::always_inline]] inline Loaded<T> load_at(Processor& cpu, const Operation* op, Segment segment,
                                                u32 offset) {
  const SegmentRegister& s = cpu.state.segment(segment);
  if (s.may_read(offset, sizeof(T))) [[likely]] {
    if (const Tlb::Hit hit = cpu.tlb->read(s.base + offset, sizeof(T)); hit.ok) [[likely]] {
      T value;
      std::memcpy(&value, hit.host, sizeof(T));
      return {value, true};
    }
  }
  return load_at_slow<T>(cpu, op, segment, offset);
}

template <class T>
[[nodiscard, gnu::always_inline]] inline bool store_at(Processor& cpu, const Operation* op, Segment segment,
                                                       u32 offset, T value) {
  const SegmentRegister& s = cpu.state.segment(segment);
  if (s.may_write(offset, sizeof(T))) [[likely]] {
    if (const Tlb::Hit hit = cpu.tlb->write(s.base + offset, sizeof(T)); hit.ok) [[likely]] {
      std::memcpy(hit.host, &value, sizeof(T));
      return true;
    }
  }
  return store_at_slow<T>(cpu, op, segment, offset, value);
}

/// Reads with the intention to write: the write's faults are raised now.
template <class T>
[[gnu::always_inline]] inline Modifiable<T> load_for_modify_at(Processor& cpu, const Operation* op,
                                                               Segment segment, u32 offset) {
  const SegmentRegister& s = cpu.state.segment(segment);
  if (s.may_write(offset, sizeof(T))) [[likely]] {
    if (const Tlb::Hit hit = cpu.tlb->write(s.base + offset, sizeof(T)); hit.ok) [[likely]] {
      T value;
      std::memcpy(&value, hit.host, sizeof(T));
      return {value, true, hit.host};
    }
  }
  return load_for_modify_at_slow<T>(cpu, op, segment, offset);
}

/// Writes back what load_for_modify_at read.
template <class T>
[[gnu::always_inline]] inline void store_modified_at(Processor& cpu, const Operation* op, Segment segment,
                                                     u32 offset, const Modifiable<T>& operand, T value) {
  if (operand.host != nullptr) [[likely]] {
    std::memcpy(operand.host, &value, sizeof(T));
  } else {
    (void)store_at_slow<T>(cpu, op, segment, offset, value);
  }
}

}  // namespace ringdown
