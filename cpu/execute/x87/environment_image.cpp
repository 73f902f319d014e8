// Layouts of FSTENV, FLDENV, FSAVE and FRSTOR images.
#include "cpu/execute/x87/environment_image.h"

#include <cstring>

#include "cpu/processor.h"

namespace ringdown::x87 {

namespace {

/// Slots of the environment. In the 16-bit formats each has 16 bits.
enum Slot : unsigned { kControl, kStatus, kTag, kInstruction, kInstructionHigh, kData, kDataHigh };

/// What the unused upper halves of 32-bit slots read as.
constexpr u32 kReservedHigh = 0xFFFF'0000;
constexpr u16 kOpcodeMask = 0x07FF;
/// In the real-mode formats the upper part of a linear address stands from bit 12 up.
constexpr unsigned kRealHighShift = 12;
/// The protected 32-bit format keeps the opcode above the selector.
constexpr unsigned kOpcodeShift = 16;

constexpr u32 linear(u16 selector, u32 offset) { return (static_cast<u32>(selector) << 4) + offset; }

}  // namespace

EnvironmentFormat environment_format(const Processor& cpu, const Operation& op) {
  const bool wide = op.size != OperandSize::Word;
  if (cpu.state.paragraph_segments()) return wide ? EnvironmentFormat::Real32 : EnvironmentFormat::Real16;
  return wide ? EnvironmentFormat::Protected32 : EnvironmentFormat::Protected16;
}

void set_control(X87State& x, u16 value) {
  x.control.assign(static_cast<u16>((value & x87_control::kWritable) | x87_control::kReservedOne));
}

void EnvironmentImage::put(unsigned slot, u32 value) {
  std::memcpy(bytes_.data() + slot * slot_size(), &value, slot_size());
}

u32 EnvironmentImage::get(unsigned slot) const {
  u32 value = 0;
  std::memcpy(&value, bytes_.data() + slot * slot_size(), slot_size());
  return value;
}

void EnvironmentImage::store_environment(const X87State& x) {
  put(kControl, x.control.value() | kReservedHigh);
  put(kStatus, x.status.value() | kReservedHigh);
  put(kTag, x.tag_word() | kReservedHigh);
  const u32 instruction = linear(x.instruction_selector, x.instruction_offset);
  const u32 data = linear(x.data_selector, x.data_offset);
  switch (format_) {
    case EnvironmentFormat::Protected32:
      put(kInstruction, x.instruction_offset);
      put(kInstructionHigh, x.instruction_selector | static_cast<u32>(x.last_opcode) << kOpcodeShift);
      put(kData, x.data_offset);
      put(kDataHigh, x.data_selector | kReservedHigh);
      break;
    case EnvironmentFormat::Real32:
      put(kInstruction, (instruction & 0xFFFF) | kReservedHigh);
      put(kInstructionHigh, instruction >> 16 << kRealHighShift | x.last_opcode);
      put(kData, (data & 0xFFFF) | kReservedHigh);
      put(kDataHigh, data >> 16 << kRealHighShift);
      break;
    case EnvironmentFormat::Protected16:
      put(kInstruction, x.instruction_offset);
      put(kInstructionHigh, x.instruction_selector);
      put(kData, x.data_offset);
      put(kDataHigh, x.data_selector);
      break;
    case EnvironmentFormat::Real16:
      put(kInstruction, instruction);
      put(kInstructionHigh, instruction >> 16 << kRealHighShift | x.last_opcode);
      put(kData, data);
      put(kDataHigh, data >> 16 << kRealHighShift);
      break;
  }
}

void EnvironmentImage::load_environment(X87State& x) const {
  set_control(x, static_cast<u16>(get(kControl)));
  x.status.assign(static_cast<u16>(get(kStatus)));
  x.set_tag_word(static_cast<u16>(get(kTag)));
  const u32 instruction_high = get(kInstructionHigh);
  switch (format_) {
    case EnvironmentFormat::Protected32:
    case EnvironmentFormat::Protected16:
      // The 16-bit format, whose slots have nothing above the selector, brings no opcode: it becomes 0.
      x.last_opcode = static_cast<u16>(instruction_high >> kOpcodeShift & kOpcodeMask);
      x.instruction_offset = get(kInstruction);
      x.instruction_selector = static_cast<u16>(instruction_high);
      x.data_offset = get(kData);
      x.data_selector = static_cast<u16>(get(kDataHigh));
      break;
    case EnvironmentFormat::Real32:
    case EnvironmentFormat::Real16:
      // A linear address has no selector: it is kept as an offset.
      x.last_opcode = static_cast<u16>(instruction_high & kOpcodeMask);
      x.instruction_offset = (get(kInstruction) & 0xFFFF) | instruction_high >> kRealHighShift << 16;
      x.instruction_selector = 0;
      x.data_offset = (get(kData) & 0xFFFF) | get(kDataHigh) >> kRealHighShift << 16;
      x.data_selector = 0;
      break;
  }
}

void EnvironmentImage::store_registers(const X87State& x) {
  std::byte* to = bytes_.data() + environment_size();
  for (u8 i = 0; i < 8; ++i, to += kRegisterSize) {
    const Float80& value = x.registers[x.physical(i)];
    std::memcpy(to, &value.significand, 8);
    std::memcpy(to + 8, &value.sign_exponent, 2);
  }
}

void EnvironmentImage::load_registers(X87State& x) const {
  const std::byte* from = bytes_.data() + environment_size();
  for (u8 i = 0; i < 8; ++i, from += kRegisterSize) {
    Float80& value = x.registers[x.physical(i)];
    std::memcpy(&value.significand, from, 8);
    std::memcpy(&value.sign_exponent, from + 8, 2);
  }
}

}  // namespace ringdown::x87
