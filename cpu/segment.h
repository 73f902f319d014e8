// Segment registers with their hidden parts, and the checks of an access through one.
#pragma once

#include "core/archive.h"
#include "core/field.h"
#include "core/types.h"

namespace ringdown {

/// Segment registers in encoding order.
enum class Segment : u8 { Es, Cs, Ss, Ds, Fs, Gs };
inline constexpr unsigned kSegmentCount = 6;

/// A selector: index, table indicator, requested privilege level.
struct Selector {
  u16 value = 0;
  constexpr Selector() = default;
  constexpr explicit Selector(u32 v) : value(static_cast<u16>(v)) {}
  constexpr u16 rpl() const { return value & 3; }
  constexpr bool local() const { return (value & 4) != 0; }
  constexpr u32 offset() const { return value & 0xfff8u; }
  constexpr bool null() const { return (value & 0xfffcu) == 0; }
  /// As an error code: RPL bits cleared.
  constexpr u32 error_code() const { return value & 0xfffcu; }
};

/// Access rights of a descriptor: its bits 40–47 in bits 0–7, bits 52–55 (AVL, L, D/B, G) in bits 12–15, as
/// LAR shifts them and VMX stores them.
struct SegmentAttributes {
  u16 value = 0;

  using Type = Field<u16, 0, 4>;
  using CodeOrData = Field<u16, 4>;  // S
  using Dpl = Field<u16, 5, 2>;
  using Present = Field<u16, 7>;
  using Avl = Field<u16, 12>;
  using Long = Field<u16, 13>;
  using Big = Field<u16, 14>;  // D/B
  using Granularity = Field<u16, 15>;

  static constexpr u16 kAccessed = 1, kWritableOrReadable = 2, kExpandDownOrConforming = 4, kCode = 8;

  constexpr u16 type() const { return Type::get(value); }
  constexpr bool code_or_data() const { return CodeOrData::get(value); }
  constexpr u16 dpl() const { return Dpl::get(value); }
  constexpr bool present() const { return Present::get(value); }
  constexpr bool big() const { return Big::get(value); }
  constexpr bool code() const { return code_or_data() && (value & kCode) != 0; }
  constexpr bool data() const { return code_or_data() && (value & kCode) == 0; }
  constexpr bool conforming() const { return code() && (value & kExpandDownOrConforming) != 0; }
  constexpr bool expand_down() const { return data() && (value & kExpandDownOrConforming) != 0; }
  constexpr bool readable() const { return data() || (code() && (value & kWritableOrReadable) != 0); }
  constexpr bool writable() const { return data() && (value & kWritableOrReadable) != 0; }
  friend constexpr bool operator==(SegmentAttributes, SegmentAttributes) = default;
};

/// One segment register (also LDTR and TR). A null data segment has no Present bit.
struct SegmentRegister {
  u16 selector = 0;
  SegmentAttributes attributes;
  u32 base = 0;
  u32 limit = 0;  // in bytes, granularity applied

  /// Whether [offset, offset + size) lies within the limit (Intel SDM vol. 3A, 5.3). A range that wraps past
  /// the top of the address space is refused unless the segment spans all of it.
  constexpr bool contains(u32 offset, u32 size) const {
    const u32 last = offset + (size - 1);
    if (attributes.expand_down()) {
      const u32 top = attributes.big() ? 0xffff'ffffu : 0xffffu;
      return offset > limit && last >= offset && last <= top;
    }
    if (limit == 0xffff'ffffu) return true;
    return last >= offset && last <= limit;
  }
  constexpr bool may_read(u32 offset, u32 size) const {
    return attributes.present() && attributes.readable() && contains(offset, size);
  }
  constexpr bool may_write(u32 offset, u32 size) const {
    return attributes.present() && attributes.writable() && contains(offset, size);
  }
  /// Base 0 and no limit: accesses need no check.
  constexpr bool flat_writable() const {
    return base == 0 && limit == 0xffff'ffffu && attributes.present() && attributes.writable() &&
           !attributes.expand_down();
  }

  void serialize(Archive& archive) { archive(selector, attributes.value, base, limit); }
  friend constexpr bool operator==(const SegmentRegister&, const SegmentRegister&) = default;
};

/// GDTR, IDTR.
struct TableRegister {
  u32 base = 0;
  u16 limit = 0;
  void serialize(Archive& archive) { archive(base, limit); }
  friend constexpr bool operator==(const TableRegister&, const TableRegister&) = default;
};

/// A segment as real mode and virtual-8086 mode load it: base is 16 times the selector.
constexpr SegmentRegister v86_segment(u16 selector) {
  // Present, DPL 3, writable accessed data, 64 KiB.
  return {selector, {0x00f3}, static_cast<u32>(selector) << 4, 0xffff};
}

}  // namespace ringdown
