// The stack as far transfers and events use it: frames of several words pushed or popped as one.
#pragma once

#include <array>

#include "cpu/system/segment_descriptor.h"

namespace ringdown {

/// The stack pointer `delta` bytes further, in the width that the segment's B bit selects; of a 16-bit stack
/// the upper half of ESP stays.
constexpr u32 move_stack_pointer(const SegmentRegister& ss, u32 esp, u32 delta) {
  if (ss.attributes.big()) return esp + delta;
  return (esp & 0xffff'0000u) | ((esp + delta) & 0xffffu);
}
/// Sets the stack pointer to `value` in that width.
constexpr u32 replace_stack_pointer(const SegmentRegister& ss, u32 esp, u32 value) {
  return ss.attributes.big() ? value : (esp & 0xffff'0000u) | (value & 0xffffu);
}
constexpr u32 stack_offset(const SegmentRegister& ss, u32 esp) {
  return ss.attributes.big() ? esp : esp & 0xffffu;
}

/// Stores `value` in a slot of that many bytes below the top of the stack, as PUSH does, and moves ESP there.
template <class T>
Fault push_value(SystemView& view, u32 slot_bytes, T value) {
  const SegmentRegister& ss = view.state.segment(Segment::Ss);
  const u32 esp = move_stack_pointer(ss, view.registers.get(Gpr::Esp), 0u - slot_bytes);
  if (Fault fault = view.write_segment(Segment::Ss, stack_offset(ss, esp), value)) return fault;
  view.registers.set(Gpr::Esp, esp);
  return Fault::none();
}
/// Reads what lies on top of the stack; ESP stays.
template <class T>
Fault read_top(SystemView& view, T& value) {
  const SegmentRegister& ss = view.state.segment(Segment::Ss);
  return view.read_segment(Segment::Ss, stack_offset(ss, view.registers.get(Gpr::Esp)), value);
}
/// Moves ESP up.
inline void release_top(SystemView& view, u32 bytes) {
  const SegmentRegister& ss = view.state.segment(Segment::Ss);
  view.registers.set(Gpr::Esp, move_stack_pointer(ss, view.registers.get(Gpr::Esp), bytes));
}

/// Words collected to be pushed, first pushed first, and then stored together or not at all.
class PushFrame {
 public:
  /// `size`: Word or Dword, of every element.
  explicit PushFrame(OperandSize size) : bytes_each_(size == OperandSize::Dword ? 4 : 2) {}
  void push(u32 value) { values_[count_++] = value; }

  /// Checks limit and paging of the whole frame below `ss`:`esp` and stores it; `esp` becomes the new stack
  /// pointer. A limit violation is #SS(`error_code`).
  Fault store(SystemView& view, const SegmentRegister& ss, Privilege privilege, u32 error_code,
              u32& esp) const;
  /// The same on SS:ESP as instructions push, alignment included.
  Fault store_on_current_stack(SystemView& view, u32& esp) const;
  /// Moves ESP too.
  Fault push_on_current_stack(SystemView& view) const;

 private:
  static constexpr unsigned kMost = 40;  // 31 parameters and a return frame with its stack

  /// Stores the frame at `linear` if it lies where the TLB allows that at once.
  bool store_fast(const SystemView& view, u32 linear, Privilege privilege) const;
  Fault store_element(SystemView& view, u32 linear, Privilege privilege, u32 value) const;

  u32 bytes_each_;
  unsigned count_ = 0;
  std::array<u32, kMost> values_;
};

/// Reads words from the top of the current stack without moving it.
class StackReader {
 public:
  StackReader(SystemView& view, OperandSize size);
  /// The next word, zero-extended. Faults as the access through SS does.
  Fault pop(u32& value);
  void skip(u32 bytes) { esp_ = move_stack_pointer(view_.state.segment(Segment::Ss), esp_, bytes); }
  /// The stack pointer as if what was read had been popped.
  u32 esp() const { return esp_; }

 private:
  /// A return frame to an outer level is looked for at once.
  static constexpr u32 kRunBytes = 20;

  template <class T>
  Fault pop_element(T& value);

  SystemView& view_;
  OperandSize size_;
  u32 esp_;
  /// Where the run's bytes lie on the host, if all of them may be read there; else nullptr.
  const u8* run_ = nullptr;
  u32 run_esp_;  // of its first byte
};

/// The stack that the current TSS holds for a privilege level.
struct InnerStack {
  FoundDescriptor segment;
  u32 esp = 0;
};

/// Reads and checks it (Intel SDM vol. 3A, 5.8.5): #TS for what is wrong with TSS or selector, #SS if the
/// segment is not present.
Fault find_inner_stack(SystemView& view, unsigned level, InnerStack& stack);

/// Stores a frame there, or raises #SS with its selector, and sets the accessed bit of the segment. `esp` is
/// the new stack pointer.
Fault store_on_inner_stack(SystemView& view, const PushFrame& frame, const InnerStack& stack, u32& esp);

}  // namespace ringdown
