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
[[gnu::always_inline]] inline Loaded<T> load_at(Processor& cpu, const Operation* op, Segment segment,
                                                u32 offset) {
  const Tlb::Hit hit = find_in_segment<AccessType::Read>(cpu, segment, offset, sizeof(T));
  if (hit.ok) [[likely]]
    return {host_value<T>(hit.host), true};
  return load_at_slow<T>(cpu, op, segment, offset);
}

template <class T>
[[nodiscard, gnu::always_inline]] inline bool store_at(Processor& cpu, const Operation* op, Segment segment,
                                                       u32 offset, T value) {
  const Tlb::Hit hit = find_in_segment<AccessType::Write>(cpu, segment, offset, sizeof(T));
  if (hit.ok) [[likely]] {
    std::memcpy(hit.host, &value, sizeof(T));
    return true;
  }
  return store_at_slow<T>(cpu, op, segment, offset, value);
}

/// Reads with the intention to write it back with store_at(): the write's faults are raised now.
template <class T>
Loaded<T> load_for_modify_at(Processor& cpu, const Operation* op, Segment segment, u32 offset);

}  // namespace ringdown
