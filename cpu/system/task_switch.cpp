// Hardware task switches: everything that can fault first, then save, commit, and the new task's segments.
#include "cpu/system/task_switch.h"

#include <array>
#include <cstring>

#include "cpu/system/control_state.h"
#include "cpu/system/event.h"
#include "cpu/system/stack.h"
#include "cpu/system/task_state.h"

namespace ringdown {

namespace {

/// The dynamic part of a TSS in the widths of a 32-bit one.
struct TaskImage {
  u32 cr3 = 0;
  u32 eip = 0;
  u32 flags = 0;
  std::array<u32, 8> gpr{};
  std::array<u16, kSegmentCount> selectors{};  // in encoding order; a 16-bit TSS has no FS and GS
  u16 ldt = 0;
  bool debug_trap = false;
};

template <class T>
T field(std::span<const std::byte> bytes, u32 offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

TaskImage unpack16(std::span<const std::byte> bytes) {
  TaskImage image;
  u32 offset = tss16::kIp;
  const auto next = [&] {
    const u16 value = field<u16>(bytes, offset);
    offset += 2;
    return value;
  };
  image.eip = next();
  image.flags = next();
  for (u32& reg : image.gpr) reg = next();
  for (const Segment segment : {Segment::Es, Segment::Cs, Segment::Ss, Segment::Ds}) {
    image.selectors[static_cast<unsigned>(segment)] = next();
  }
  image.ldt = next();
  return image;
}

TaskImage unpack32(std::span<const std::byte> bytes) {
  TaskImage image;
  image.cr3 = field<u32>(bytes, tss32::kCr3);
  u32 offset = tss32::kEip;
  const auto next = [&] {
    const u32 value = field<u32>(bytes, offset);
    offset += 4;
    return value;
  };
  image.eip = next();
  image.flags = next();
  for (u32& reg : image.gpr) reg = next();
  for (u16& selector : image.selectors) selector = static_cast<u16>(next());
  image.ldt = field<u16>(bytes, tss32::kLdt);
  image.debug_trap = (field<u16>(bytes, tss32::kDebugTrap) & 1) != 0;
  return image;
}

Fault read_bytes(SystemView& view, u32 linear, std::span<std::byte> bytes) {
  return view.to_fault(view.backend.read_table(GuestLinear(linear), bytes));
}
Fault write_bytes(SystemView& view, u32 linear, std::span<const std::byte> bytes) {
  return view.to_fault(view.backend.write_table(GuestLinear(linear), bytes));
}

Fault read_image(SystemView& view, const FoundDescriptor& tss, TaskImage& image) {
  std::array<std::byte, tss32::kSize> bytes{};
  const bool wide = is_tss32(tss.loaded(0));
  const u32 size = wide ? tss32::kSize : tss16::kSize;
  if (tss.descriptor.limit() < size - 1) return invalid_tss(tss.selector.error_code());
  const std::span<std::byte> used = std::span(bytes).first(size);
  if (Fault fault = read_bytes(view, tss.descriptor.base(), used)) return fault;
  image = wide ? unpack32(used) : unpack16(used);
  return Fault::none();
}

/// Saves registers, flags and selectors of the current task as one write, so that it is all or nothing. A TSS
/// that ends before its last selector is #TS (Intel SDM vol. 3A, table 6-6).
Fault save_current(SystemView& view, u32 flags) {
  const SegmentRegister& tr = view.state.tr;
  const bool wide = is_tss32(tr);
  const u32 start = wide ? tss32::kEip : tss16::kIp;
  const u32 end = wide ? tss32::kLdt : tss16::kLdt;
  const u32 width = wide ? 4 : 2;
  if (tr.limit < end - 1) return invalid_tss(Selector(tr.selector).error_code());
  std::array<std::byte, tss32::kLdt - tss32::kEip> bytes{};
  const u32 length = end - start;
  const std::span<std::byte> used = std::span(bytes).first(length);
  // The upper halves of the selectors' slots are reserved: they keep what they held. That takes a read, but a
  // page fault must be that of a write.
  if (Fault fault = view.prepare_write(tr.base + start, Privilege::Supervisor, length)) return fault;
  if (Fault fault = read_bytes(view, tr.base + start, used)) return fault;
  u32 offset = 0;
  const auto put = [&](u32 value, u32 size) {
    std::memcpy(used.data() + offset, &value, size);
    offset += width;
  };
  put(view.registers.eip, width);
  put(flags, width);
  for (unsigned i = 0; i < 8; ++i) put(view.registers.get(static_cast<Gpr>(i)), width);
  const unsigned segments = wide ? 6 : 4;
  for (unsigned i = 0; i < segments; ++i) put(view.state.segments[i].selector, 2);
  return write_bytes(view, tr.base + start, used);
}

/// Makes sure that a later write of the same byte will succeed.
Fault probe_byte(SystemView& view, u32 linear) {
  u8 value = 0;
  if (Fault fault = view.read_table(linear, value)) return fault;
  return view.write_table(linear, value);
}

Fault set_busy(SystemView& view, u32 descriptor_linear, bool busy) {
  u8 access = 0;
  const u32 linear = descriptor_linear + Descriptor::kAccessByte;
  if (Fault fault = view.read_table(linear, access)) return fault;
  access = static_cast<u8>(busy ? access | kTssBusyBit : access & ~kTssBusyBit);
  return view.write_table(linear, access);
}

/// All writes to memory; the last of them that can fault is the first that changes anything.
Fault save_task(SystemView& view, const TaskSwitch& request) {
  const bool nests =
      request.reason == TaskSwitchReason::Call || request.reason == TaskSwitchReason::Interrupt;
  const u32 old_descriptor = view.state.gdtr.base + Selector(view.state.tr.selector).offset();
  const u32 new_tss = request.tss.descriptor.base();
  if (Fault fault = probe_byte(view, request.tss.linear + Descriptor::kAccessByte)) return fault;
  if (!nests) {
    if (Fault fault = probe_byte(view, old_descriptor + Descriptor::kAccessByte)) return fault;
  } else {
    if (Fault fault = probe_byte(view, new_tss + tss32::kLink)) return fault;
    if (Fault fault = probe_byte(view, new_tss + tss32::kLink + 1)) return fault;
  }
  const u32 dropped = request.reason == TaskSwitchReason::Return ? eflags::kNt : 0;
  if (Fault fault = save_current(view, (view.eflags() & ~dropped) | request.saved_flags)) return fault;
  if (nests) {
    if (Fault fault = view.write_table<u16>(new_tss + tss32::kLink, view.state.tr.selector)) return fault;
  } else {
    if (Fault fault = set_busy(view, old_descriptor, false)) return fault;
  }
  if (request.reason == TaskSwitchReason::Return) return Fault::none();
  return set_busy(view, request.tss.linear, true);
}

Fault load_ldt(SystemView& view, u16 value) {
  SegmentRegister& ldtr = view.state.ldtr;
  ldtr = null_segment(value, ldtr);
  const Selector selector(value);
  if (selector.null()) return Fault::none();
  FoundDescriptor found;
  if (selector.local()) return invalid_tss(selector.error_code());
  if (Fault fault = find_descriptor(view, selector, Vector::InvalidTss, found)) return fault;
  if (!found.descriptor.is_system(SystemType::Ldt) || !found.descriptor.present()) {
    return invalid_tss(selector.error_code());
  }
  ldtr = found.loaded(value);
  return Fault::none();
}

/// Its presence comes before its level, unlike elsewhere (table 7-1).
Fault load_task_stack(SystemView& view, Selector selector) {
  FoundDescriptor stack;
  if (Fault fault = find_descriptor(view, selector, Vector::InvalidTss, stack)) return fault;
  const SegmentAttributes attributes = stack.descriptor.attributes();
  if (!attributes.writable()) return invalid_tss(selector.error_code());
  if (!attributes.present()) return stack_fault(selector.error_code());
  const bool level_allows = attributes.dpl() == view.cpl() && selector.rpl() == view.cpl();
  if (!level_allows) return invalid_tss(selector.error_code());
  if (Fault fault = mark_accessed(view, stack)) return fault;
  view.state.segment(Segment::Ss) = stack.loaded();
  return Fault::none();
}

/// CS and SS in the order of table 7-1, which is that of the P6 family: the level of CS, then SS, then the
/// rest of CS.
Fault load_task_code_and_stack(SystemView& view, Selector cs, Selector ss) {
  FoundDescriptor code;
  const Fault no_descriptor = find_descriptor(view, cs, Vector::InvalidTss, code);
  const SegmentAttributes attributes = code.descriptor.attributes();
  const bool level_allows =
      attributes.conforming() ? attributes.dpl() <= cs.rpl() : attributes.dpl() == cs.rpl();
  if (attributes.code() && !level_allows) return invalid_tss(cs.error_code());
  if (Fault fault = load_task_stack(view, ss)) return fault;
  if (no_descriptor) return no_descriptor;
  if (!attributes.code()) return invalid_tss(cs.error_code());
  if (!attributes.present()) return segment_not_present(cs.error_code());
  if (Fault fault = mark_accessed(view, code)) return fault;
  view.state.segment(Segment::Cs) = code.loaded();
  return Fault::none();
}

/// Loads the hidden parts; all selectors are in place already, so that a handler of a fault sees the new
/// task.
Fault load_segments(SystemView& view, const TaskImage& image) {
  PrivilegedState& state = view.state;
  if (Fault fault = load_ldt(view, image.ldt)) return fault;
  if (state.virtual_8086()) {
    for (unsigned i = 0; i < kSegmentCount; ++i) state.segments[i] = v86_segment(image.selectors[i]);
    return Fault::none();
  }
  const Selector cs(image.selectors[static_cast<unsigned>(Segment::Cs)]);
  const Selector ss(image.selectors[static_cast<unsigned>(Segment::Ss)]);
  if (Fault fault = load_task_code_and_stack(view, cs, ss)) return fault;
  for (const Segment segment : {Segment::Es, Segment::Ds, Segment::Fs, Segment::Gs}) {
    SegmentRegister& reg = state.segment(segment);
    const Selector selector(image.selectors[static_cast<unsigned>(segment)]);
    if (Fault fault = load_data_segment(view, selector, reg, Vector::InvalidTss, reg)) return fault;
  }
  return Fault::none();
}

/// TR, CR0.TS, debug enables, general registers and flags: cannot fault.
void commit_registers(SystemView& view, const TaskSwitch& request, const TaskImage& image) {
  PrivilegedState& state = view.state;
  const bool nests =
      request.reason == TaskSwitchReason::Call || request.reason == TaskSwitchReason::Interrupt;
  constexpr u32 kLocalEnables = 0x155;  // DR7.L0 to L3 and LE (SDM vol. 3B, 17.2.4)
  state.tr = request.tss.loaded(request.tss.selector.value);
  state.tr.attributes.value |= kTssBusyBit;
  state.cr0 |= cr0::kTs;
  state.dr7 &= ~kLocalEnables;
  for (unsigned i = 0; i < 8; ++i) view.registers.set(static_cast<Gpr>(i), image.gpr[i]);
  view.registers.eip = image.eip;
  const u32 flags = nests ? image.flags | eflags::kNt : image.flags;
  view.set_eflags(flags, eflags::kStatus | eflags::kControl | eflags::kPrivileged);
  for (unsigned i = 0; i < kSegmentCount; ++i) {
    state.segments[i] = null_segment(image.selectors[i], state.segments[i]);
  }
  state.cpl = state.virtual_8086() ? 3 : static_cast<u8>(Selector(image.selectors[1]).rpl());
}

/// What remains in the new task's own context; its faults are raised there.
Fault start_task(SystemView& view, const TaskSwitch& request, const TaskImage& image) {
  if (Fault fault = load_segments(view, image)) return fault;
  if (request.push_error_code) {
    PushFrame frame(is_tss32(view.state.tr) ? OperandSize::Dword : OperandSize::Word);
    frame.push(request.error_code);
    u32 esp = view.registers.get(Gpr::Esp);
    const SegmentRegister& ss = view.state.segment(Segment::Ss);
    if (Fault fault = frame.store(view, ss, view.privilege(), 0, esp)) return fault;
    view.registers.set(Gpr::Esp, esp);
  }
  if (view.registers.eip > view.state.segment(Segment::Cs).limit) return general_protection();
  // The T flag traps before a first instruction that is due; a fault before that ends the switch otherwise.
  if (image.debug_trap) view.state.pending_debug |= dr6::kBt;
  return Fault::none();
}

}  // namespace

Fault find_tss(SystemView& view, Selector selector, Vector vector, FoundDescriptor& tss) {
  if (selector.local()) return Fault::exception(vector, selector.error_code());
  return find_descriptor(view, selector, vector, tss);
}

TaskSwitchResult switch_task(SystemView& view, const TaskSwitch& request) {
  TaskImage image;
  std::array<u64, 4> pointers = view.state.pdpte;
  if (Fault fault = read_image(view, request.tss, image)) return {fault, false};
  // The same CR3 loads no PDPTEs (SDM vol. 3A, 4.4.1).
  const bool new_root =
      is_tss32(request.tss.loaded(0)) && (view.state.cr0 & cr0::kPg) != 0 && image.cr3 != view.state.cr3;
  if (new_root) {
    if (Fault fault = read_pdptes(view, view.state.cr0, view.state.cr4, image.cr3, pointers)) {
      return {fault, false};
    }
  }
  if (Fault fault = save_task(view, request)) return {fault, false};
  // Again, now that it cannot fault: an IRET whose link is its own TSS loads what it has just saved (vol. 3A,
  // 7.3, steps 8 and 12).
  if (Fault fault = read_image(view, request.tss, image)) return {fault, false};
  commit_registers(view, request, image);
  if (new_root) {
    view.state.cr3 = image.cr3;
    view.state.pdpte = pointers;
    view.backend.paging_changed();
  }
  return {start_task(view, request, image), true};
}

Fault switch_task_for_instruction(SystemView& view, const TaskSwitch& request) {
  const TaskSwitchResult result = switch_task(view, request);
  if (!result.fault || !result.committed) return result.fault;
  return deliver_event(view, event_of(result.fault));
}

}  // namespace ringdown
