// The part of a privileged state that the processor's way of executing is derived from.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

#include "cpu/privileged_state.h"

namespace ringdown {

/// Bit n: segment register n.
using SegmentSet = u8;
inline constexpr SegmentSet kAllSegments = (1u << kSegmentCount) - 1;
constexpr SegmentSet only(Segment segment) {
  return static_cast<SegmentSet>(1u << static_cast<unsigned>(segment));
}
/// Calls `visit(segment)` for each.
template <class Visit>
void for_each_segment(SegmentSet set, Visit visit) {
  for (unsigned left = set; left != 0; left &= left - 1) visit(static_cast<Segment>(std::countr_zero(left)));
}

/// A copy of that part: it tells what of what was derived from it (block mode, segment windows, privilege,
/// watched pages; under a monitor the physical state) no longer holds. Most instructions on privileged state
/// change none of it.
class ExecutionSource {
 public:
  struct Changes {
    SegmentSet segments = 0;
    bool others = false;
    bool any() const { return segments != 0 || others; }
  };

  bool matches(const PrivilegedState& s, const Flags& flags) const {
    return segment_changes(s) == 0 && others_match(s, flags);
  }
  /// Takes the present state. A change between paragraphs and descriptors concerns every segment.
  Changes update(const PrivilegedState& s, const Flags& flags) {
    Changes changes{segment_changes(s), !others_match(s, flags)};
    if (changes.segments != 0) segments_ = s.segments;
    if (!changes.others) return changes;
    if (s.paragraph_segments() != paragraph_) changes.segments = kAllSegments;
    take_others(s, flags);
    return changes;
  }
  /// Takes one segment register, where nothing else changed.
  void take_segment(const PrivilegedState& s, Segment segment) {
    segments_[static_cast<unsigned>(segment)] = s.segment(segment);
  }
  /// Whether flags are part of it: IF and IOPL of a kernel change with every critical section, and nothing
  /// depends on them.
  static bool depends_on_flags(const PrivilegedState& s) { return s.cpl == 3; }
  /// The same as `update`, where the segments that changed are known.
  void take(const PrivilegedState& s, const Flags& flags, SegmentSet changed) {
    if (changed != 0) segments_ = s.segments;
    take_others(s, flags);
  }

 private:
  /// 0 if all bytes are the same. Without a branch: what changes from one time to the next is hard to
  /// predict.
  template <class T>
  static u64 difference(const T& a, const T& b) {
    static_assert(std::has_unique_object_representations_v<T> && sizeof(T) % sizeof(u32) == 0);
    const auto word = [](const T& from, std::size_t at) {
      u32 value = 0;
      std::memcpy(&value, reinterpret_cast<const u8*>(&from) + at, sizeof(value));
      return value;
    };
    u64 bits = 0;
    for (std::size_t at = 0; at < sizeof(T); at += sizeof(u32)) bits |= word(a, at) ^ word(b, at);
    return bits;
  }

  SegmentSet segment_changes(const PrivilegedState& s) const {
    return segment_changes(s, std::make_index_sequence<kSegmentCount>());
  }
  template <std::size_t... I>
  SegmentSet segment_changes(const PrivilegedState& s, std::index_sequence<I...>) const {
    return static_cast<SegmentSet>(((difference(segments_[I], s.segments[I]) != 0 ? 1u << I : 0u) | ...));
  }

  bool others_match(const PrivilegedState& s, const Flags& flags) const {
    const u32 words = (cr0_ ^ s.cr0) | (cr4_ ^ s.cr4) | (flags_ ^ flags_of(s, flags)) | (cpl_ ^ u32{s.cpl}) |
                      (dr7_ ^ s.dr7) | (gdtr_.base ^ s.gdtr.base) | (u32{gdtr_.limit} ^ s.gdtr.limit);
    const u64 wide = static_cast<u64>(tsc_offset_ ^ s.msr.tsc_offset);
    return (words | wide | difference(ldtr_, s.ldtr) | difference(dr_, s.dr)) == 0;
  }

  void take_others(const PrivilegedState& s, const Flags& flags) {
    cr0_ = s.cr0;
    cr4_ = s.cr4;
    flags_ = flags_of(s, flags);
    cpl_ = s.cpl;
    paragraph_ = s.paragraph_segments();
    dr7_ = s.dr7;
    dr_ = s.dr;
    gdtr_ = s.gdtr;
    ldtr_ = s.ldtr;
    tsc_offset_ = s.msr.tsc_offset;
  }

  /// VM; at CPL 3 also AC, which asks for alignment checks, and those that decide whether PUSHF and POPF may
  /// run under a monitor.
  static u32 flags_of(const PrivilegedState& s, const Flags& flags) {
    if (!depends_on_flags(s)) return s.flags & eflags::kVm;
    return s.flags | (flags.control() & eflags::kAc);
  }

  std::array<SegmentRegister, kSegmentCount> segments_;
  SegmentRegister ldtr_;
  TableRegister gdtr_;
  u32 cr0_ = 0;
  u32 cr4_ = 0;
  u32 flags_ = 0;
  u32 cpl_ = 0;
  bool paragraph_ = false;
  u32 dr7_ = 0;
  std::array<u32, 4> dr_{};
  s64 tsc_offset_ = 0;
};

}  // namespace ringdown
