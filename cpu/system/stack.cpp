// Frames on stacks, and the stack pointers in a TSS.
#include "cpu/system/stack.h"

#include "cpu/system/task_state.h"

namespace ringdown {

namespace {

/// Whether [offset, offset + size) of the stack does not wrap at 64 KiB.
bool is_straight(const SegmentRegister& ss, u32 offset, u32 size) {
  return ss.attributes.big() || offset + size <= 0x1'0000;
}

}  // namespace

bool PushFrame::store_fast(const SystemView& view, u32 linear, Privilege privilege) const {
  u8* top = view.memory.fast_write(linear, count_ * bytes_each_, privilege);
  if (top == nullptr) return false;
  for (unsigned i = count_; i-- > 0; top += bytes_each_) {
    if (bytes_each_ == 4) {
      std::memcpy(top, &values_[i], 4);
    } else {
      std::memcpy(top, &values_[i], 2);
    }
  }
  return true;
}

Fault PushFrame::store_element(SystemView& view, u32 linear, Privilege privilege, u32 value) const {
  if (bytes_each_ == 4) return view.write<u32>(linear, privilege, value);
  return view.write<u16>(linear, privilege, static_cast<u16>(value));
}

Fault PushFrame::store(SystemView& view, const SegmentRegister& ss, Privilege privilege, u32 error_code,
                       u32& esp) const {
  // A task switch can leave SS empty.
  const bool usable = ss.attributes.present() || view.state.paragraph_segments();
  if (!usable) return stack_fault(error_code);
  const u32 below = move_stack_pointer(ss, esp, 0u - count_ * bytes_each_);
  const u32 bottom = stack_offset(ss, below);
  if (is_straight(ss, bottom, count_ * bytes_each_) && ss.contains(bottom, count_ * bytes_each_) &&
      store_fast(view, ss.base + bottom, privilege)) {
    esp = below;
    return Fault::none();
  }
  u32 pointer = esp;
  std::array<u32, kMost> linear;
  for (unsigned i = 0; i < count_; ++i) {
    pointer = move_stack_pointer(ss, pointer, 0u - bytes_each_);
    const u32 offset = stack_offset(ss, pointer);
    if (!ss.contains(offset, bytes_each_)) return stack_fault(error_code);
    linear[i] = ss.base + offset;
  }
  // In the order of the pushes, so that CR2 is the first address that a processor would have met.
  for (unsigned i = 0; i < count_; ++i) {
    const bool same_page_as_before =
        i != 0 && ((linear[i] ^ (linear[i - 1] + bytes_each_ - 1)) & ~kPageOffsetMask) == 0;
    if (same_page_as_before) continue;
    if (Fault fault = view.prepare_write(linear[i], privilege, bytes_each_)) return fault;
  }
  for (unsigned i = 0; i < count_; ++i) {
    if (Fault fault = store_element(view, linear[i], privilege, values_[i])) return fault;
  }
  esp = pointer;
  return Fault::none();
}

Fault PushFrame::store_on_current_stack(SystemView& view, u32& esp) const {
  const SegmentRegister& ss = view.state.segment(Segment::Ss);
  esp = view.registers.get(Gpr::Esp);
  const u32 first = stack_offset(ss, move_stack_pointer(ss, esp, 0u - bytes_each_));
  u32 linear = 0;
  if (Fault fault = view.check_segment(Segment::Ss, first, bytes_each_, AccessType::Write, linear))
    return fault;
  return store(view, ss, view.privilege(), 0, esp);
}

Fault PushFrame::push_on_current_stack(SystemView& view) const {
  u32 esp = 0;
  if (Fault fault = store_on_current_stack(view, esp)) return fault;
  view.registers.set(Gpr::Esp, esp);
  return Fault::none();
}

StackReader::StackReader(SystemView& view, OperandSize size)
    : view_(view), size_(size), esp_(view.registers.get(Gpr::Esp)), run_esp_(esp_) {
  const SegmentRegister& ss = view.state.segment(Segment::Ss);
  u32 linear = 0;
  const bool readable =
      is_straight(ss, stack_offset(ss, esp_), kRunBytes) &&
      !view.check_segment(Segment::Ss, stack_offset(ss, esp_), kRunBytes, AccessType::Read, linear);
  // While alignment is checked, the TLB is empty.
  if (readable) run_ = view.memory.fast_read(linear, kRunBytes, view.privilege());
}

Fault StackReader::pop(u32& value) {
  if (size_ == OperandSize::Dword) return pop_element(value);
  u16 word = 0;
  if (Fault fault = pop_element(word)) return fault;
  value = word;
  return Fault::none();
}

template <class T>
Fault StackReader::pop_element(T& value) {
  const u32 within = esp_ - run_esp_;
  if (run_ != nullptr && within <= kRunBytes - sizeof(T)) {
    std::memcpy(&value, run_ + within, sizeof(T));
  } else {
    const u32 offset = stack_offset(view_.state.segment(Segment::Ss), esp_);
    if (Fault fault = view_.read_segment(Segment::Ss, offset, value)) return fault;
  }
  skip(sizeof(T));
  return Fault::none();
}

Fault find_inner_stack(SystemView& view, unsigned level, InnerStack& stack) {
  const SegmentRegister& tr = view.state.tr;
  const bool wide = is_tss32(tr);
  const u32 offset = wide ? tss32::kEsp0 + 8 * level : tss16::kSp0 + 4 * level;
  if (offset + (wide ? 5 : 3) > tr.limit) return invalid_tss(Selector(tr.selector).error_code());
  u16 selector = 0;
  if (wide) {
    if (Fault fault = view.read_table(tr.base + offset, stack.esp)) return fault;
    if (Fault fault = view.read_table(tr.base + offset + 4, selector)) return fault;
  } else {
    u16 sp = 0;
    if (Fault fault = view.read_table(tr.base + offset, sp)) return fault;
    if (Fault fault = view.read_table(tr.base + offset + 2, selector)) return fault;
    stack.esp = sp;
  }
  return check_stack_segment(view, Selector(selector), level, Vector::InvalidTss, stack.segment);
}

Fault store_on_inner_stack(SystemView& view, const PushFrame& frame, const InnerStack& stack, u32& esp) {
  const SegmentRegister ss = stack.segment.loaded();
  esp = replace_stack_pointer(ss, view.registers.get(Gpr::Esp), stack.esp);
  const u32 error_code = stack.segment.selector.error_code();
  if (Fault fault = frame.store(view, ss, Privilege::Supervisor, error_code, esp)) return fault;
  return mark_accessed(view, stack.segment);
}

}  // namespace ringdown
