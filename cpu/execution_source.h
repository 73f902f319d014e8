// The part of a privileged state that the processor's way of executing is derived from.
#pragma once

#include <cstring>
#include <type_traits>

#include "cpu/privileged_state.h"

namespace ringdown {

/// A copy of that part: it tells whether what was derived from it (block mode, segment windows, privilege,
/// watched pages; under a monitor the physical state) still holds. Most instructions on privileged state
/// change none of it.
class ExecutionSource {
 public:
  ExecutionSource() = default;
  ExecutionSource(const PrivilegedState& s, const Flags& flags)
      : segments_(s.segments),
        ldtr_(s.ldtr),
        gdtr_(s.gdtr),
        cr0_(s.cr0),
        cr4_(s.cr4),
        flags_(flags_of(s, flags)),
        cpl_(s.cpl),
        dr_(s.dr),
        dr7_(s.dr7),
        tsc_offset_(s.msr.tsc_offset) {}

  bool matches(const PrivilegedState& s, const Flags& flags) const {
    static_assert(std::has_unique_object_representations_v<SegmentRegister>);
    return std::memcmp(&segments_, &s.segments, sizeof(segments_)) == 0 && ldtr_ == s.ldtr &&
           gdtr_ == s.gdtr && cr0_ == s.cr0 && cr4_ == s.cr4 && flags_ == flags_of(s, flags) &&
           cpl_ == s.cpl && dr_ == s.dr && dr7_ == s.dr7 && tsc_offset_ == s.msr.tsc_offset;
  }

 private:
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
  u8 cpl_ = 0;
  std::array<u32, 4> dr_{};
  u32 dr7_ = 0;
  s64 tsc_offset_ = 0;
};

}  // namespace ringdown
