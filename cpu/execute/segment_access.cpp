// Slow paths of memory at an explicit segment and offset.
#include "cpu/execute/segment_access.h"

namespace ringdown {

template <class T>
Loaded<T> load_at_slow(Processor& cpu, const Operation* op, Segment segment, u32 offset) {
  T value{};
  if (Fault fault = read_memory(cpu, *op, segment, offset, value)) {
    (void)raise(cpu, op, fault);
    return {T{}, false};
  }
  return {value, true};
}

template <class T>
bool store_at_slow(Processor& cpu, const Operation* op, Segment segment, u32 offset, T value) {
  if (Fault fault = write_memory(cpu, *op, segment, offset, value)) {
    (void)raise(cpu, op, fault);
    return false;
  }
  return true;
}

template <class T>
Loaded<T> load_for_modify_at(Processor& cpu, const Operation* op, Segment segment, u32 offset) {
  T value{};
  Fault fault = prepare_memory_write(cpu, *op, segment, offset, sizeof(T));
  if (!fault) fault = read_memory(cpu, *op, segment, offset, value);
  if (fault) {
    (void)raise(cpu, op, fault);
    return {T{}, false};
  }
  return {value, true};
}

#define RINGDOWN_INSTANTIATE(T)                                                \
  template Loaded<T> load_at_slow(Processor&, const Operation*, Segment, u32); \
  template bool store_at_slow(Processor&, const Operation*, Segment, u32, T);  \
  template Loaded<T> load_for_modify_at(Processor&, const Operation*, Segment, u32);
RINGDOWN_INSTANTIATE(u8)
RINGDOWN_INSTANTIATE(u16)
RINGDOWN_INSTANTIATE(u32)

}  // namespace ringdown
