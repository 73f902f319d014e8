// LGDT, LIDT, LLDT, LTR and their stores (Intel SDM vol. 2).
#include "cpu/system/control_state.h"
#include "cpu/system/operations.h"
#include "cpu/system/selector_operand.h"

namespace ringdown {

namespace {

/// Offset of the base within the six-byte operand, wrapped to the address size.
u32 base_offset(const Operation& op, u32 offset) {
  return op.address16 ? (offset + 2) & 0xffffu : offset + 2;
}

Fault load_table_register(SystemView& view, const Operation& op, TableRegister& table) {
  if (!op.memory) return invalid_opcode();
  if (Fault fault = require_ring0(view)) return fault;
  const u32 offset = effective_offset(view.registers, op);
  TableRegister loaded;
  if (Fault fault = view.read_segment(op.segment, offset, loaded.limit)) return fault;
  if (Fault fault = view.read_segment(op.segment, base_offset(op, offset), loaded.base)) return fault;
  constexpr u32 kBase16 = 0x00ff'ffff;  // with 16-bit operands the base has 24 bits
  if (op.size == OperandSize::Word) loaded.base &= kBase16;
  table = loaded;
  return Fault::none();
}

/// The whole base is stored whatever the operand size: processors since the 386 do so, though the manual
/// describes a 24-bit base for 16-bit operands.
Fault store_table_register(SystemView& view, const Operation& op, const TableRegister& table) {
  if (!op.memory) return invalid_opcode();
  if (Fault fault = check_umip(view)) return fault;
  const u32 offset = effective_offset(view.registers, op);
  u32 limit_linear = 0;
  u32 base_linear = 0;
  const u32 second = base_offset(op, offset);
  if (Fault fault = view.check_segment(op.segment, offset, 2, AccessType::Write, limit_linear)) return fault;
  if (Fault fault = view.check_segment(op.segment, second, 4, AccessType::Write, base_linear)) return fault;
  if (Fault fault = view.prepare_write(limit_linear, view.privilege(), 2)) return fault;
  if (Fault fault = view.prepare_write(base_linear, view.privilege(), 4)) return fault;
  if (Fault fault = view.write(limit_linear, view.privilege(), table.limit)) return fault;
  return view.write(base_linear, view.privilege(), table.base);
}

Fault check_protected(const SystemView& view) {
  return view.state.paragraph_segments() ? invalid_opcode() : Fault::none();
}

Fault store_selector(SystemView& view, const Operation& op, u16 selector) {
  if (Fault fault = check_protected(view)) return fault;
  if (Fault fault = check_umip(view)) return fault;
  if (op.memory) return view.write_segment(op.segment, effective_offset(view.registers, op), selector);
  if (op.size == OperandSize::Word) {
    view.registers.write<u16>(op.rm, selector);
  } else {
    view.registers.write<u32>(op.rm, selector);
  }
  return Fault::none();
}

}  // namespace

Fault op_lgdt(SystemView& view, const Operation& op) {
  return load_table_register(view, op, view.state.gdtr);
}
Fault op_lidt(SystemView& view, const Operation& op) {
  return load_table_register(view, op, view.state.idtr);
}
Fault op_sgdt(SystemView& view, const Operation& op) {
  return store_table_register(view, op, view.state.gdtr);
}
Fault op_sidt(SystemView& view, const Operation& op) {
  return store_table_register(view, op, view.state.idtr);
}
Fault op_sldt(SystemView& view, const Operation& op) {
  return store_selector(view, op, view.state.ldtr.selector);
}
Fault op_str(SystemView& view, const Operation& op) {
  return store_selector(view, op, view.state.tr.selector);
}

Fault op_lldt(SystemView& view, const Operation& op) {
  if (Fault fault = check_protected(view)) return fault;
  if (Fault fault = require_ring0(view)) return fault;
  Selector selector;
  if (Fault fault = read_selector_operand(view, op, selector)) return fault;
  if (selector.null()) {
    view.state.ldtr = null_segment(selector.value, view.state.ldtr);
    return Fault::none();
  }
  if (selector.local()) return general_protection(selector.error_code());
  FoundDescriptor found;
  if (Fault fault = find_descriptor(view, selector, Vector::GeneralProtection, found)) return fault;
  if (!found.descriptor.is_system(SystemType::Ldt)) return general_protection(selector.error_code());
  if (!found.descriptor.present()) return segment_not_present(selector.error_code());
  view.state.ldtr = found.loaded(selector.value);
  return Fault::none();
}

Fault op_ltr(SystemView& view, const Operation& op) {
  if (Fault fault = check_protected(view)) return fault;
  if (Fault fault = require_ring0(view)) return fault;
  Selector selector;
  if (Fault fault = read_selector_operand(view, op, selector)) return fault;
  if (selector.local()) return general_protection(selector.error_code());
  FoundDescriptor found;
  if (Fault fault = find_descriptor(view, selector, Vector::GeneralProtection, found)) return fault;
  if (!found.descriptor.available_tss()) return general_protection(selector.error_code());
  if (!found.descriptor.present()) return segment_not_present(selector.error_code());
  SegmentRegister loaded = found.loaded(selector.value);
  loaded.attributes.value |= kTssBusyBit;
  const u8 access = static_cast<u8>(loaded.attributes.value);
  if (Fault fault = view.write_table<u8>(found.linear + Descriptor::kAccessByte, access)) return fault;
  view.state.tr = loaded;
  return Fault::none();
}

}  // namespace ringdown
