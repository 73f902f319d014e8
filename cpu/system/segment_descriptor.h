// Descriptors of the GDT and LDT: their layout, the look-up of a selector, and the checked loads of segment
// registers.
#pragma once

#include "cpu/system/view.h"

namespace ringdown {

/// Types of system descriptors and gates (Intel SDM vol. 3A, table 3-2).
enum class SystemType : u8 {
  Tss16Available = 1,
  Ldt = 2,
  Tss16Busy = 3,
  CallGate16 = 4,
  TaskGate = 5,
  InterruptGate16 = 6,
  TrapGate16 = 7,
  Tss32Available = 9,
  Tss32Busy = 11,
  CallGate32 = 12,
  InterruptGate32 = 14,
  TrapGate32 = 15,
};
/// Bit of a system type that tells 32-bit gates and TSSs from 16-bit ones, and a busy TSS from an available
/// one.
inline constexpr u8 kSystem32Bit = 8;
inline constexpr u8 kTssBusyBit = 2;

/// Eight bytes of a descriptor table (Intel SDM vol. 3A, 3.4.5; gates: 5.8.3 and 6.11).
class Descriptor {
 public:
  static constexpr u32 kSize = 8;
  /// Offset of the byte that holds type, S, DPL and P.
  static constexpr u32 kAccessByte = 5;

  constexpr Descriptor() = default;
  constexpr explicit Descriptor(u64 raw) : raw_(raw) {}
  constexpr u64 raw() const { return raw_; }

  constexpr SegmentAttributes attributes() const { return {static_cast<u16>((raw_ >> 40) & 0xf0ff)}; }
  constexpr u32 base() const {
    return static_cast<u32>(((raw_ >> 16) & 0xff'ffff) | ((raw_ >> 32) & 0xff00'0000));
  }
  /// In bytes, granularity applied.
  constexpr u32 limit() const {
    const u32 raw_limit = static_cast<u32>((raw_ & 0xffff) | ((raw_ >> 32) & 0xf'0000));
    return SegmentAttributes::Granularity::get(attributes().value) ? (raw_limit << 12) | 0xfff : raw_limit;
  }
  constexpr bool present() const { return attributes().present(); }
  constexpr u16 dpl() const { return attributes().dpl(); }
  /// Meaningful if S is clear.
  constexpr SystemType system_type() const { return static_cast<SystemType>(attributes().type()); }
  constexpr bool is_system(SystemType type) const {
    return !attributes().code_or_data() && system_type() == type;
  }
  constexpr bool available_tss() const {
    return is_system(SystemType::Tss16Available) || is_system(SystemType::Tss32Available);
  }
  constexpr bool busy_tss() const {
    return is_system(SystemType::Tss16Busy) || is_system(SystemType::Tss32Busy);
  }

  // Gates.
  constexpr Selector gate_selector() const { return Selector(static_cast<u32>(raw_ >> 16)); }
  constexpr bool gate32() const { return (attributes().type() & kSystem32Bit) != 0; }
  constexpr u32 gate_offset() const {
    const u32 low = static_cast<u32>(raw_ & 0xffff);
    return gate32() ? low | static_cast<u32>((raw_ >> 32) & 0xffff'0000) : low;
  }
  /// Of a call gate: words or doublewords to copy from stack to stack.
  constexpr unsigned parameter_count() const { return static_cast<unsigned>(raw_ >> 32) & 0x1f; }

 private:
  u64 raw_ = 0;
};

/// A descriptor, the selector that named it and where it lies.
struct FoundDescriptor {
  Selector selector;
  u32 linear = 0;
  Descriptor descriptor;

  /// The segment register that results from loading it, accessed bit set.
  SegmentRegister loaded(u16 visible_selector) const {
    SegmentAttributes attributes = descriptor.attributes();
    if (attributes.code_or_data()) attributes.value |= SegmentAttributes::kAccessed;
    return {visible_selector, attributes, descriptor.base(), descriptor.limit()};
  }
  SegmentRegister loaded() const { return loaded(selector.value); }
  /// A code or data segment without its accessed bit.
  bool untouched() const {
    const SegmentAttributes attributes = descriptor.attributes();
    return attributes.code_or_data() && (attributes.value & SegmentAttributes::kAccessed) == 0;
  }
};

/// Reads the descriptor of `selector` from GDT or LDT. A null selector, or one beyond the table's limit,
/// raises `vector` with the selector as error code (0 for null).
Fault find_descriptor(SystemView& view, Selector selector, Vector vector, FoundDescriptor& found);

/// Sets the accessed bit of a code or data descriptor in its table, if it is not set.
inline Fault mark_accessed(SystemView& view, const FoundDescriptor& found) {
  if (!found.untouched()) return Fault::none();
  const u8 access = static_cast<u8>(found.descriptor.attributes().value) | SegmentAttributes::kAccessed;
  return view.write_table<u8>(found.linear + Descriptor::kAccessByte, access);
}

/// Loads for DS, ES, FS or GS in protected mode (Intel SDM vol. 2, MOV): null is allowed; otherwise #GP for
/// type and privilege, #NP if not present. A task switch raises #TS where others raise #GP (`vector`).
Fault load_data_segment(SystemView& view, Selector selector, const SegmentRegister& previous, Vector vector,
                        SegmentRegister& loaded);

/// The checks of a load for SS in protected mode, for code that will run at `cpl`: `vector` (#GP or #TS) for
/// null, type and privilege, #SS if not present.
Fault check_stack_segment(SystemView& view, Selector selector, unsigned cpl, Vector vector,
                          FoundDescriptor& found);

/// The checks, and the load.
Fault load_stack_segment(SystemView& view, Selector selector, unsigned cpl, Vector vector,
                         SegmentRegister& loaded);

/// What a segment register becomes if `selector` is moved to it in the current mode; CS is not for this.
/// Sets the accessed bit in memory; changes no register.
Fault load_segment(SystemView& view, Segment segment, u16 selector, SegmentRegister& loaded);

/// A segment register of real mode: only selector and base change, so that limits loaded in protected mode
/// stay
/// ("unreal" mode; Intel SDM vol. 3A, 20.1.1 and 9.9.2).
SegmentRegister real_mode_segment(u16 selector, const SegmentRegister& previous);

/// A data segment register after a null selector: unusable.
constexpr SegmentRegister null_segment(u16 selector, const SegmentRegister& previous) {
  return {selector, {}, 0, previous.limit};
}

}  // namespace ringdown
