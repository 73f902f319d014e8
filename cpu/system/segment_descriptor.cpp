// Look-up of descriptors and the checks of loading a segment register.
#include "cpu/system/segment_descriptor.h"

namespace ringdown {

Fault find_descriptor(SystemView& view, Selector selector, Vector vector, FoundDescriptor& found) {
  if (selector.null()) return Fault::exception(vector, 0);
  const PrivilegedState& state = view.state;
  const u32 last = selector.offset() + (Descriptor::kSize - 1);
  const bool within = selector.local() ? state.ldtr.attributes.present() && last <= state.ldtr.limit
                                       : last <= state.gdtr.limit;
  if (!within) return Fault::exception(vector, selector.error_code());
  found.selector = selector;
  found.linear = (selector.local() ? state.ldtr.base : state.gdtr.base) + selector.offset();
  u64 raw = 0;
  if (Fault fault = view.read_table(found.linear, raw)) return fault;
  found.descriptor = Descriptor(raw);
  return Fault::none();
}

Fault load_data_segment(SystemView& view, Selector selector, const SegmentRegister& previous, Vector vector,
                        SegmentRegister& loaded) {
  if (selector.null()) {
    loaded = null_segment(selector.value, previous);
    return Fault::none();
  }
  FoundDescriptor found;
  if (Fault fault = find_descriptor(view, selector, vector, found)) return fault;
  const SegmentAttributes attributes = found.descriptor.attributes();
  const bool privileged_enough =
      attributes.conforming() || (selector.rpl() <= attributes.dpl() && view.cpl() <= attributes.dpl());
  if (!attributes.readable() || !privileged_enough) return Fault::exception(vector, selector.error_code());
  if (!attributes.present()) return segment_not_present(selector.error_code());
  loaded = found.loaded(selector.value);
  return mark_accessed(view, found);
}

Fault check_stack_segment(SystemView& view, Selector selector, unsigned cpl, Vector vector,
                          FoundDescriptor& found) {
  if (Fault fault = find_descriptor(view, selector, vector, found)) return fault;
  const SegmentAttributes attributes = found.descriptor.attributes();
  if (selector.rpl() != cpl || !attributes.writable() || attributes.dpl() != cpl) {
    return Fault::exception(vector, selector.error_code());
  }
  return attributes.present() ? Fault::none() : stack_fault(selector.error_code());
}

Fault load_stack_segment(SystemView& view, Selector selector, unsigned cpl, Vector vector,
                         SegmentRegister& loaded) {
  FoundDescriptor found;
  if (Fault fault = check_stack_segment(view, selector, cpl, vector, found)) return fault;
  loaded = found.loaded();
  return mark_accessed(view, found);
}

Fault load_segment(SystemView& view, Segment segment, u16 selector, SegmentRegister& loaded) {
  const PrivilegedState& state = view.state;
  if (state.virtual_8086()) {
    loaded = v86_segment(selector);
    return Fault::none();
  }
  const SegmentRegister& previous = state.segment(segment);
  if (!state.protected_mode()) {
    loaded = real_mode_segment(selector, previous);
    return Fault::none();
  }
  if (segment == Segment::Ss) {
    return load_stack_segment(view, Selector(selector), view.cpl(), Vector::GeneralProtection, loaded);
  }
  return load_data_segment(view, Selector(selector), previous, Vector::GeneralProtection, loaded);
}

SegmentRegister real_mode_segment(u16 selector, const SegmentRegister& previous) {
  // Present, DPL 0, writable accessed data; D/B and G stay with the limit.
  constexpr u16 kAccess = 0x0093;
  constexpr u16 kKept = 0xf000;
  const SegmentAttributes attributes{static_cast<u16>((previous.attributes.value & kKept) | kAccess)};
  return {selector, attributes, static_cast<u32>(selector) << 4, previous.limit};
}

}  // namespace ringdown
