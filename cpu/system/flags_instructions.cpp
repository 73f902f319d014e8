// PUSHF, POPF, CLI and STI in every mode, with the virtual interrupt flag of CR4.VME and CR4.PVI (Intel SDM
// vol. 2; vol. 3B, 20.3.3.5 and 20.4).
#include "cpu/system/operations.h"
#include "cpu/system/stack.h"

namespace ringdown {

namespace {

bool has(u32 value, u32 bit) { return (value & bit) != 0; }

/// Who decides about the interrupt flag for the code that runs now.
enum class InterruptFlag : u8 {
  Real,     // IF itself
  Virtual,  // VIF stands in for it
  Denied,   // CLI and STI raise #GP(0)
};

InterruptFlag interrupt_flag_of(const SystemView& view) {
  const PrivilegedState& state = view.state;
  if (!state.protected_mode() || view.cpl() <= state.iopl()) return InterruptFlag::Real;
  const u32 extension = state.virtual_8086() ? cr4::kVme : cr4::kPvi;
  const bool is_virtual = view.cpl() == 3 && has(state.cr4, extension);
  return is_virtual ? InterruptFlag::Virtual : InterruptFlag::Denied;
}

/// In virtual-8086 mode below IOPL 3, PUSHF and POPF need CR4.VME and 16-bit operands.
enum class FlagImage : u8 { Real, Virtual, Denied };

FlagImage flag_image_of(const SystemView& view, const Operation& op) {
  if (!view.state.virtual_8086() || view.state.iopl() == 3) return FlagImage::Real;
  const bool is_virtual = has(view.state.cr4, cr4::kVme) && op.size == OperandSize::Word;
  return is_virtual ? FlagImage::Virtual : FlagImage::Denied;
}

/// Bits of EFLAGS that POPF changes.
u32 popf_mask(const SystemView& view, OperandSize size) {
  u32 mask = eflags::kStatus | eflags::kTf | eflags::kDf | eflags::kNt | eflags::kRf;
  if (size == OperandSize::Dword) mask |= eflags::kAc | eflags::kId;
  if (view.cpl() <= view.state.iopl()) mask |= eflags::kIf;
  if (view.cpl() == 0) mask |= eflags::kIopl;
  return mask;
}

Fault read_image(SystemView& view, OperandSize size, u32& value) {
  if (size == OperandSize::Dword) return read_top(view, value);
  u16 word = 0;
  if (Fault fault = read_top(view, word)) return fault;
  value = word;
  return Fault::none();
}

void release_image(SystemView& view, OperandSize size) {
  release_top(view, size == OperandSize::Dword ? 4 : 2);
}

/// POPF with 16-bit operands under CR4.VME.
Fault pop_virtual(SystemView& view, u32 value) {
  const bool enables = has(value, eflags::kIf);
  if ((enables && has(view.state.flags, eflags::kVip)) || has(value, eflags::kTf))
    return general_protection();
  constexpr u32 kMask =
      eflags::kStatus | eflags::kTf | eflags::kDf | eflags::kNt | eflags::kRf | eflags::kVif;
  constexpr u32 kCleared = eflags::kRf | eflags::kVif;
  release_image(view, OperandSize::Word);
  view.set_eflags((value & ~kCleared) | (enables ? eflags::kVif : 0), kMask);
  return Fault::none();
}

}  // namespace

Fault op_pushf(SystemView& view, const Operation& op) {
  u32 value = view.eflags() & ~(eflags::kVm | eflags::kRf);
  switch (flag_image_of(view, op)) {
    case FlagImage::Real:
      break;
    case FlagImage::Virtual:
      value = (value & ~eflags::kIf) | eflags::kIopl | (has(value, eflags::kVif) ? eflags::kIf : 0);
      break;
    case FlagImage::Denied:
      return general_protection();
  }
  if (op.size == OperandSize::Dword) return push_value(view, 4, value);
  return push_value(view, 2, static_cast<u16>(value));
}

Fault op_popf(SystemView& view, const Operation& op) {
  const FlagImage image = flag_image_of(view, op);
  if (image == FlagImage::Denied) return general_protection();
  u32 value = 0;
  if (Fault fault = read_image(view, op.size, value)) return fault;
  if (image == FlagImage::Virtual) return pop_virtual(view, value);
  release_image(view, op.size);
  view.set_eflags(value & ~eflags::kRf, popf_mask(view, op.size));
  return Fault::none();
}

Fault op_cli(SystemView& view, const Operation&) {
  switch (interrupt_flag_of(view)) {
    case InterruptFlag::Real:
      view.state.flags &= ~eflags::kIf;
      return Fault::none();
    case InterruptFlag::Virtual:
      view.state.flags &= ~eflags::kVif;
      return Fault::none();
    case InterruptFlag::Denied:
      break;
  }
  return general_protection();
}

Fault op_sti(SystemView& view, const Operation&) {
  PrivilegedState& state = view.state;
  switch (interrupt_flag_of(view)) {
    case InterruptFlag::Real:
      // Interrupts wait for one more instruction, but only where they were off before.
      if (!has(state.flags, eflags::kIf)) state.shadow = InterruptShadow::Sti;
      state.flags |= eflags::kIf;
      return Fault::none();
    case InterruptFlag::Virtual:
      if (has(state.flags, eflags::kVip)) return general_protection();
      state.flags |= eflags::kVif;
      return Fault::none();
    case InterruptFlag::Denied:
      break;
  }
  return general_protection();
}

}  // namespace ringdown
