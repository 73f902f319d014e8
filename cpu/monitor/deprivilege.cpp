// Derives the physical state that the processor runs the guest with from the guest's virtual state.
#include "cpu/monitor/deprivilege.h"

#include <algorithm>

namespace ringdown {

u8 physical_ring(u8 virtual_ring, Deprivilege deprivilege) {
  if (deprivilege == Deprivilege::Ring3) return 3;
  return std::max<u8>(virtual_ring, 1);
}

SegmentAttributes deprivileged(SegmentAttributes attributes, Deprivilege deprivilege) {
  const u8 dpl = physical_ring(static_cast<u8>(attributes.dpl()), deprivilege);
  attributes.value = SegmentAttributes::Dpl::with(attributes.value, dpl);
  return attributes;
}

namespace {

SegmentRegister physical_segment(Segment name, SegmentRegister segment, bool paragraph,
                                 Deprivilege deprivilege) {
  if (paragraph) {
    segment.attributes.value = SegmentAttributes::Dpl::with(segment.attributes.value, 3);
    return segment;
  }
  if (segment.attributes.present()) segment.attributes = deprivileged(segment.attributes, deprivilege);
  if (shows_ring(name) && !Selector(segment.selector).null()) {
    const u8 ring = physical_ring(segment.selector & 3, deprivilege);
    segment.selector = static_cast<u16>((segment.selector & ~3u) | ring);
  }
  return segment;
}

}  // namespace

void derive_physical_segment(const PrivilegedState& v, Deprivilege deprivilege, PrivilegedState& physical,
                             Segment segment) {
  physical.segment(segment) =
      physical_segment(segment, v.segment(segment), v.paragraph_segments(), deprivilege);
}

void derive_physical_state(const PrivilegedState& v, Deprivilege deprivilege, PrivilegedState& physical,
                           SegmentSet changed) {
  using namespace monitor_tables;
  const bool paragraph = v.paragraph_segments();
  for_each_segment(changed,
                   [&](Segment segment) { derive_physical_segment(v, deprivilege, physical, segment); });
  physical.ldtr = {kLdtSelector, {0x0082}, kLdtBase, v.ldtr.attributes.present() ? v.ldtr.limit : 0};
  physical.tr = {kTssSelector, {0x008b}, kTssBase, kTssLimit};
  physical.gdtr = {kGdtBase, static_cast<u16>(kGdtLimit)};
  physical.idtr = {kIdtBase, static_cast<u16>(kIdtLimit)};

  constexpr u32 kFollow0 = cr0::kMp | cr0::kEm | cr0::kTs | cr0::kNe;
  physical.cr0 = cr0::kPe | cr0::kPg | cr0::kWp | cr0::kEt | (v.cr0 & kFollow0);
  // The guest's kernel must not meet alignment checks because it runs at physical ring 3.
  if (v.cpl == 3) physical.cr0 |= v.cr0 & cr0::kAm;
  constexpr u32 kFollow4 = cr4::kTsd | cr4::kDe | cr4::kPce | cr4::kOsfxsr | cr4::kOsxmmexcpt;
  physical.cr4 = v.cr4 & kFollow4;
  physical.flags = eflags::kIf | (paragraph ? eflags::kVm : 0);
  physical.cpl = paragraph ? 3 : physical_ring(v.cpl, deprivilege);
  physical.msr.sysenter_cs = 0;
  physical.msr.tsc_offset = v.msr.tsc_offset;
  physical.activity = Activity::Running;
  physical.shadow = InterruptShadow::None;
  physical.pending_debug = 0;
  physical.smm.active = false;
}

}  // namespace ringdown
