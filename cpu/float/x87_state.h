// The architectural state of the x87 unit, whose significands the MMX registers alias.
#pragma once

#include <array>
#include <type_traits>

#include "core/float80.h"
#include "cpu/float/x87_registers.h"

namespace ringdown {

/// Tags of the tag word (Intel SDM vol. 1, figure 8-7).
enum class X87Tag : u8 { Valid, Zero, Special, Empty };

/// Everything FSAVE and FXSAVE save. A value-initialised X87State is that after power-up (vol. 3A, table
/// 9-1); FNINIT is `initialize`. The unit itself only knows which registers are empty: the other tags are
/// derived when they are stored.
struct X87State {
  /// Physical registers R0 to R7; ST(i) is R((TOP + i) mod 8) and MMi is the significand of Ri.
  std::array<Float80, 8> registers{};
  Register<u16> control{x87_control::kReservedOne};
  /// TOP, condition codes and flags; ES and B follow flags and masks (see `update_error_summary`).
  Register<u16> status{};
  /// Bit i is set if Ri is not empty: the abridged tag word of FXSAVE.
  u8 valid = 0xFF;
  /// FOP: the low 11 bits of the last non-control instruction's opcode (low 3 bits of byte 1, then byte 2).
  u16 last_opcode = 0;
  /// FIP and FCS: the last non-control instruction, prefixes included.
  u32 instruction_offset = 0;
  u16 instruction_selector = 0;
  /// FDP and FDS: its memory operand, or the one before it.
  u32 data_offset = 0;
  u16 data_selector = 0;

  u8 top() const { return status.get<x87_status::Top>(); }
  void set_top(u8 top) { status.set<x87_status::Top>(static_cast<u8>(top & 7)); }
  /// The physical index of ST(i).
  u8 physical(u8 stack_index) const { return static_cast<u8>((top() + stack_index) & 7); }
  bool is_empty(u8 physical_index) const { return (valid >> physical_index & 1) == 0; }
  void mark_valid(u8 physical_index) { valid = static_cast<u8>(valid | 1u << physical_index); }
  void mark_empty(u8 physical_index) { valid = static_cast<u8>(valid & ~(1u << physical_index)); }

  /// Sets ES and B from the flags and the masks, as everything that changes either of them does.
  void update_error_summary();
  /// An unmasked exception waits to be reported by the next waiting instruction.
  bool has_pending_exception() const { return status.get<x87_status::ErrorSummary>(); }

  /// The full 16-bit tag word, computed from the registers' contents.
  u16 tag_word() const;
  /// Takes a full tag word, as FLDENV and FRSTOR load it: only "empty" matters.
  void set_tag_word(u16 tags);
  /// FNINIT: control, status, tags and pointers; the registers keep their contents.
  void initialize();

  template <class Archive>
  void serialize(Archive& archive) {
    archive(registers, control, status, valid, last_opcode, instruction_offset, instruction_selector,
            data_offset, data_selector);
  }
};
static_assert(std::is_standard_layout_v<X87State>);

}  // namespace ringdown
