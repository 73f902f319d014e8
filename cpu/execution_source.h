// The part of a privileged state that the processor's way of executing is derived from.
#pragma once

#include <array>
#include <cstring>
#include <type_traits>

#include "cpu/privileged_state.h"

namespace ringdown {

/// Bit n: segment register n.
using SegmentSet = u8;
inline constexpr SegmentSet kAllSegments = (1u << kSegmentCount) - 1;

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

 private:
  /// No padding: whether two are equal is one comparison of bytes.
  template <class T>
  static bool same(const T& a, const T& b) {
    static_assert(std::has_unique_object_representations_v<T>);
    return std::memcmp(&a, &b, sizeof(T)) == 0;
  }

  SegmentSet segment_changes(const PrivilegedState& s) const {
    unsigned changed = 0;
    for (unsigned i = 0; i < kSegmentCount; ++i)
      changed |= (same(segments_[i], s.segments[i]) ? 0u : 1u) << i;
    return static_cast<SegmentSet>(changed);
  }

  bool others_match(const PrivilegedState& s, const Flags& flags) const {
    const u32 words = (cr0_ ^ s.cr0) | (cr4_ ^ s.cr4) | (flags_ ^ flags_of(s, flags)) | (cpl_ ^ u32{s.cpl}) |
                      (dr7_ ^ s.dr7) | (gdtr_.base ^ s.gdtr.base) | (u32{gdtr_.limit} ^ s.gdtr.limit);
    return words == 0 && tsc_offset_ == s.msr.tsc_offset && same(ldtr_, s.ldtr) && same(dr_, s.dr);
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
  /// run under a monitor. IF and IOPL of a kernel change with every critical section, and nothing depends on
  /// them.
  static u32 flags_of(const PrivilegedState& s, const Flags& flags) {
    if (s.cpl != 3) return s.flags & eflags::kVm;
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
