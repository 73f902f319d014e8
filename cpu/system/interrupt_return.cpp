// IRET in every mode (Intel SDM vol. 2, IRET).
#include "cpu/system/far_transfer.h"
#include "cpu/system/operations.h"
#include "cpu/system/stack.h"
#include "cpu/system/task_state.h"
#include "cpu/system/task_switch.h"

namespace ringdown {

namespace {

/// What IRET finds on the stack first.
struct Frame {
  u32 eip = 0;
  u32 cs = 0;
  u32 flags = 0;
};

constexpr u32 kAnyLevelFlags = eflags::kStatus | eflags::kTf | eflags::kDf | eflags::kNt;
constexpr u32 kWideFlags = eflags::kRf | eflags::kAc | eflags::kId;

Fault pop_frame(StackReader& stack, Frame& frame) {
  if (Fault fault = stack.pop(frame.eip)) return fault;
  if (Fault fault = stack.pop(frame.cs)) return fault;
  return stack.pop(frame.flags);
}

/// Flags that IRET may change at the current level in protected mode.
u32 writable_flags(const SystemView& view, OperandSize size) {
  u32 mask = kAnyLevelFlags;
  if (size == OperandSize::Dword) mask |= kWideFlags;
  if (view.cpl() <= view.state.iopl()) mask |= eflags::kIf;
  if (view.cpl() == 0) {
    mask |= eflags::kIopl;
    if (size == OperandSize::Dword) mask |= eflags::kVif | eflags::kVip;
  }
  return mask;
}

/// Real mode, and virtual-8086 mode once the flags have been decided.
Fault return_to_paragraph(SystemView& view, const StackReader& stack, const Frame& frame, u32 flags,
                          u32 mask) {
  if (frame.eip > view.state.segment(Segment::Cs).limit) return general_protection();
  view.registers.set(Gpr::Esp, stack.esp());
  view.set_eflags(flags, mask);
  enter_paragraph(view, static_cast<u16>(frame.cs), frame.eip);
  return Fault::none();
}

Fault return_in_real_mode(SystemView& view, OperandSize size) {
  StackReader stack(view, size);
  Frame frame;
  if (Fault fault = pop_frame(stack, frame)) return fault;
  u32 mask = kAnyLevelFlags | eflags::kIf | eflags::kIopl;
  if (size == OperandSize::Dword) mask |= kWideFlags;
  return return_to_paragraph(view, stack, frame, frame.flags, mask);
}

Fault return_in_v86_mode(SystemView& view, OperandSize size) {
  const bool own_interrupt_flag = view.state.iopl() == 3;
  const bool extensions = (view.state.cr4 & cr4::kVme) != 0 && size == OperandSize::Word;
  if (!own_interrupt_flag && !extensions) return general_protection();
  StackReader stack(view, size);
  Frame frame;
  if (Fault fault = pop_frame(stack, frame)) return fault;
  if (own_interrupt_flag) {
    u32 mask = kAnyLevelFlags | eflags::kIf;
    if (size == OperandSize::Dword) mask |= kWideFlags;
    return return_to_paragraph(view, stack, frame, frame.flags, mask);
  }
  const bool enables = (frame.flags & eflags::kIf) != 0;
  const bool pending = (view.state.flags & eflags::kVip) != 0;
  if ((enables && pending) || (frame.flags & eflags::kTf) != 0) return general_protection();
  const u32 flags = (frame.flags & ~eflags::kVif) | (enables ? eflags::kVif : 0);
  return return_to_paragraph(view, stack, frame, flags, kAnyLevelFlags | eflags::kVif);
}

/// From ring 0 to a virtual-8086 task.
Fault return_to_v86(SystemView& view, StackReader& stack, const Frame& frame) {
  u32 esp = 0;
  u32 selectors[5] = {};
  if (Fault fault = stack.pop(esp)) return fault;
  for (u32& selector : selectors) {
    if (Fault fault = stack.pop(selector)) return fault;
  }
  if (frame.eip > 0xffff) return general_protection();
  constexpr Segment kOrder[5] = {Segment::Ss, Segment::Es, Segment::Ds, Segment::Fs, Segment::Gs};
  view.set_eflags(frame.flags, kAnyLevelFlags | kWideFlags | eflags::kPrivileged);
  for (unsigned i = 0; i < std::size(kOrder); ++i) {
    view.state.segment(kOrder[i]) = v86_segment(static_cast<u16>(selectors[i]));
  }
  view.registers.set(Gpr::Esp, esp);
  view.state.cpl = 3;
  enter_paragraph(view, static_cast<u16>(frame.cs), frame.eip);
  return Fault::none();
}

Fault return_from_task(SystemView& view) {
  const SegmentRegister& tr = view.state.tr;
  u16 link = 0;
  if (tr.limit < tss32::kLink + 1) return invalid_tss(Selector(tr.selector).error_code());
  if (Fault fault = view.read_table(tr.base + tss32::kLink, link)) return fault;
  TaskSwitch request;
  request.reason = TaskSwitchReason::Return;
  if (Fault fault = find_tss(view, Selector(link), Vector::InvalidTss, request.tss)) return fault;
  const u32 error_code = request.tss.selector.error_code();
  if (!request.tss.descriptor.busy_tss()) return invalid_tss(error_code);
  if (!request.tss.descriptor.present()) return segment_not_present(error_code);
  return switch_task_for_instruction(view, request);
}

Fault return_in_protected_mode(SystemView& view, OperandSize size) {
  if ((view.registers.flags.control() & eflags::kNt) != 0) return return_from_task(view);
  StackReader stack(view, size);
  Frame frame;
  if (Fault fault = pop_frame(stack, frame)) return fault;
  const bool to_v86 = size == OperandSize::Dword && (frame.flags & eflags::kVm) != 0 && view.cpl() == 0;
  if (to_v86) return return_to_v86(view, stack, frame);

  FarReturn target;
  target.eip = frame.eip;
  if (Fault fault = check_return_code(view, static_cast<u16>(frame.cs), target.code)) return fault;
  const unsigned level = target.code.selector.rpl();
  const u32 mask = writable_flags(view, size);
  if (level == view.cpl()) {
    target.esp = stack.esp();
    if (Fault fault = return_to_same_level(view, target)) return fault;
  } else {
    u32 selector = 0;
    if (Fault fault = stack.pop(target.esp)) return fault;
    if (Fault fault = stack.pop(selector)) return fault;
    if (Fault fault =
            check_stack_segment(view, Selector(selector), level, Vector::GeneralProtection, target.stack)) {
      return fault;
    }
    if (Fault fault = return_to_outer_level(view, target)) return fault;
  }
  view.set_eflags(frame.flags, mask);
  return Fault::none();
}

Fault return_in_current_mode(SystemView& view, OperandSize size) {
  if (!view.state.protected_mode()) return return_in_real_mode(view, size);
  if (view.state.virtual_8086()) return return_in_v86_mode(view, size);
  return return_in_protected_mode(view, size);
}

}  // namespace

Fault op_iret(SystemView& view, const Operation& op) {
  if (Fault fault = return_in_current_mode(view, op.size)) return fault;
  view.state.nmi_blocked = false;
  return Fault::none();
}

}  // namespace ringdown
