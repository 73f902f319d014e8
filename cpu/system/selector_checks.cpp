// Instructions that ask about a selector: LAR, LSL, VERR, VERW, ARPL (Intel SDM vol. 2; vol. 3A, 5.10).
#include <algorithm>
#include <array>

#include "cpu/system/operations.h"
#include "cpu/system/selector_operand.h"

namespace ringdown {

namespace {

void set_zf(SystemView& view, bool set) {
  const u32 status = view.registers.flags.status() & ~eflags::kZf;
  view.registers.flags.assign_status(set ? status | eflags::kZf : status);
}

/// Whether CPL and RPL may see the segment; conforming code is visible to all.
bool is_visible(const SystemView& view, Selector selector, SegmentAttributes attributes) {
  return attributes.conforming() || (view.cpl() <= attributes.dpl() && selector.rpl() <= attributes.dpl());
}

enum class Lookup : u8 { Found, Nothing };

/// Looks a selector up without raising #GP: what is null or beyond the limit is Nothing.
Fault look_up(SystemView& view, Selector selector, FoundDescriptor& found, Lookup& result) {
  const Fault fault = find_descriptor(view, selector, Vector::GeneralProtection, found);
  const bool refused = fault.kind == Fault::Kind::Exception && fault.vector == Vector::GeneralProtection;
  result = fault ? Lookup::Nothing : Lookup::Found;
  return refused ? Fault::none() : fault;
}

template <std::size_t N>
bool accepts(const std::array<SystemType, N>& types, const Descriptor& descriptor) {
  return descriptor.attributes().code_or_data() ||
         std::find(types.begin(), types.end(), descriptor.system_type()) != types.end();
}

constexpr std::array kLarTypes = {SystemType::Tss16Available, SystemType::Ldt,
                                  SystemType::Tss16Busy,      SystemType::CallGate16,
                                  SystemType::TaskGate,       SystemType::Tss32Available,
                                  SystemType::Tss32Busy,      SystemType::CallGate32};
constexpr std::array kLslTypes = {SystemType::Tss16Available, SystemType::Ldt, SystemType::Tss16Busy,
                                  SystemType::Tss32Available, SystemType::Tss32Busy};

/// LAR and LSL: `value_of` turns an acceptable descriptor into the result.
template <std::size_t N, class ValueOf>
Fault load_property(SystemView& view, const Operation& op, const std::array<SystemType, N>& types,
                    ValueOf value_of) {
  if (view.state.paragraph_segments()) return invalid_opcode();
  Selector selector;
  FoundDescriptor found;
  Lookup lookup{};
  if (Fault fault = read_selector_operand(view, op, selector)) return fault;
  if (Fault fault = look_up(view, selector, found, lookup)) return fault;
  const bool accepted = lookup == Lookup::Found && accepts(types, found.descriptor) &&
                        is_visible(view, selector, found.descriptor.attributes());
  set_zf(view, accepted);
  if (!accepted) return Fault::none();
  const u32 value = value_of(found.descriptor);
  if (op.size == OperandSize::Word) {
    view.registers.write<u16>(op.reg, static_cast<u16>(value));
  } else {
    view.registers.write<u32>(op.reg, value);
  }
  return Fault::none();
}

template <class Allows>
Fault verify(SystemView& view, const Operation& op, Allows allows) {
  if (view.state.paragraph_segments()) return invalid_opcode();
  Selector selector;
  FoundDescriptor found;
  Lookup lookup{};
  if (Fault fault = read_selector_operand(view, op, selector)) return fault;
  if (Fault fault = look_up(view, selector, found, lookup)) return fault;
  const SegmentAttributes attributes = found.descriptor.attributes();
  set_zf(view, lookup == Lookup::Found && allows(attributes) && is_visible(view, selector, attributes));
  return Fault::none();
}

}  // namespace

Fault op_lar(SystemView& view, const Operation& op) {
  constexpr u32 kRights = 0x00f0'ff00;
  return load_property(view, op, kLarTypes, [](const Descriptor& descriptor) {
    return static_cast<u32>(descriptor.raw() >> 32) & kRights;
  });
}

Fault op_lsl(SystemView& view, const Operation& op) {
  return load_property(view, op, kLslTypes, [](const Descriptor& descriptor) { return descriptor.limit(); });
}

Fault op_verr(SystemView& view, const Operation& op) {
  return verify(view, op, [](SegmentAttributes attributes) { return attributes.readable(); });
}

Fault op_verw(SystemView& view, const Operation& op) {
  return verify(view, op, [](SegmentAttributes attributes) { return attributes.writable(); });
}

Fault op_arpl(SystemView& view, const Operation& op) {
  if (view.state.paragraph_segments()) return invalid_opcode();
  Selector destination;
  if (Fault fault = read_selector_operand(view, op, destination)) return fault;
  const Selector source(view.registers.read<u16>(op.reg));
  const bool adjusts = destination.rpl() < source.rpl();
  if (adjusts) {
    const u16 adjusted = static_cast<u16>(destination.error_code() | source.rpl());
    if (op.memory) {
      const u32 offset = effective_offset(view.registers, op);
      if (Fault fault = view.write_segment(op.segment, offset, adjusted)) return fault;
    } else {
      view.registers.write<u16>(op.rm, adjusted);
    }
  }
  set_zf(view, adjusts);
  return Fault::none();
}

}  // namespace ringdown
