// The control registers: MOV CR, LMSW, SMSW and CLTS (Intel SDM vol. 3A, 2.5).
#include "cpu/system/control_state.h"

#include "cpu/cpu_model.h"
#include "cpu/system/operations.h"

namespace ringdown {

namespace {

constexpr u32 kDefinedCr0 = cr0::kPe | cr0::kMp | cr0::kEm | cr0::kTs | cr0::kEt | cr0::kNe | cr0::kWp |
                            cr0::kAm | cr0::kNw | cr0::kCd | cr0::kPg;

bool pae_paging(u32 cr0, u32 cr4) { return (cr0 & cr0::kPg) != 0 && (cr4 & cr4::kPae) != 0; }

Fault load_cr3(SystemView& view, u32 value) {
  PrivilegedState& state = view.state;
  std::array<u64, 4> pointers = state.pdpte;
  if (Fault fault = read_pdptes(view, state.cr0, state.cr4, value, pointers)) return fault;
  state.cr3 = value;
  state.pdpte = pointers;
  view.backend.paging_changed();
  return Fault::none();
}

Fault load_cr4(SystemView& view, u32 value) {
  PrivilegedState& state = view.state;
  const u32 allowed = view.backend.model().cr4_mask();
  if (allowed == 0) return invalid_opcode();  // a processor without CR4
  if ((value & ~allowed) != 0) return general_protection();
  constexpr u32 kReloadsPointers = cr4::kPae | cr4::kPge | cr4::kPse;
  std::array<u64, 4> pointers = state.pdpte;
  if (((value ^ state.cr4) & kReloadsPointers) != 0) {
    if (Fault fault = read_pdptes(view, state.cr0, value, state.cr3, pointers)) return fault;
  }
  state.cr4 = value;
  state.pdpte = pointers;
  view.backend.paging_changed();
  return Fault::none();
}

}  // namespace

Fault read_pdptes(SystemView& view, u32 cr0, u32 cr4, u32 cr3, std::array<u64, 4>& pointers) {
  if (!pae_paging(cr0, cr4)) return Fault::none();
  constexpr u64 kPresent = 1;
  constexpr u64 kReservedLow = 0x1e6;  // bits 1, 2 and 5 to 8
  constexpr u32 kTableAlignment = 32;
  const u64 reserved = kReservedLow | (~u64{0} << view.backend.model().physical_address_bits());
  std::array<u64, 4> loaded;
  for (u32 i = 0; i < loaded.size(); ++i) {
    const GuestPhysical address((cr3 & ~(kTableAlignment - 1)) + i * 8);
    loaded[i] = view.memory.memory().read_value<u64>(address);
    if ((loaded[i] & kPresent) != 0 && (loaded[i] & reserved) != 0) return general_protection();
  }
  pointers = loaded;
  return Fault::none();
}

std::optional<u32> possible_cr0(u32 value) {
  // ET is hard-wired since the 486.
  const u32 wanted = (value & kDefinedCr0) | cr0::kEt;
  const bool pg_without_pe = (wanted & (cr0::kPg | cr0::kPe)) == cr0::kPg;
  const bool nw_without_cd = (wanted & (cr0::kNw | cr0::kCd)) == cr0::kNw;
  if (pg_without_pe || nw_without_cd) return std::nullopt;
  return wanted;
}

Fault load_cr0(SystemView& view, u32 value) {
  PrivilegedState& state = view.state;
  const std::optional<u32> possible = possible_cr0(value);
  if (!possible) return general_protection();
  const u32 wanted = *possible;
  std::array<u64, 4> pointers = state.pdpte;
  if (((wanted ^ state.cr0) & (cr0::kPg | cr0::kCd | cr0::kNw)) != 0) {
    if (Fault fault = read_pdptes(view, wanted, state.cr4, state.cr3, pointers)) return fault;
  }
  state.cr0 = wanted;
  state.pdpte = pointers;
  view.backend.paging_changed();
  return Fault::none();
}

Fault check_umip(const SystemView& view) {
  const bool prevented = (view.state.cr4 & cr4::kUmip) != 0 && view.cpl() > 0;
  return prevented ? general_protection() : Fault::none();
}

Fault op_mov_from_cr(SystemView& view, const Operation& op) {
  if (Fault fault = require_ring0(view)) return fault;
  u32 value = 0;
  switch (op.number) {
    case 0:
      value = view.state.cr0;
      break;
    case 2:
      value = view.state.cr2;
      break;
    case 3:
      value = view.state.cr3;
      break;
    case 4:
      if (view.backend.model().cr4_mask() == 0) return invalid_opcode();
      value = view.state.cr4;
      break;
    default:
      return invalid_opcode();
  }
  view.registers.write<u32>(op.rm, value);
  return Fault::none();
}

Fault op_mov_to_cr(SystemView& view, const Operation& op) {
  if (Fault fault = require_ring0(view)) return fault;
  const u32 value = view.registers.read<u32>(op.rm);
  switch (op.number) {
    case 0:
      return load_cr0(view, value);
    case 2:
      view.state.cr2 = value;
      return Fault::none();
    case 3:
      return load_cr3(view, value);
    case 4:
      return load_cr4(view, value);
    default:
      return invalid_opcode();
  }
}

Fault op_lmsw(SystemView& view, const Operation& op) {
  if (Fault fault = require_ring0(view)) return fault;
  u16 word = 0;
  if (op.memory) {
    if (Fault fault = view.read_segment(op.segment, effective_offset(view.registers, op), word)) return fault;
  } else {
    word = view.registers.read<u16>(op.rm);
  }
  // LMSW can set PE but not clear it.
  constexpr u32 kLoaded = cr0::kPe | cr0::kMp | cr0::kEm | cr0::kTs;
  const u32 kept_pe = view.state.cr0 & cr0::kPe;
  return load_cr0(view, (view.state.cr0 & ~kLoaded) | (word & kLoaded) | kept_pe);
}

Fault op_smsw(SystemView& view, const Operation& op) {
  if (Fault fault = check_umip(view)) return fault;
  const u16 word = static_cast<u16>(view.state.cr0);
  if (op.memory) return view.write_segment(op.segment, effective_offset(view.registers, op), word);
  if (op.size == OperandSize::Word) {
    view.registers.write<u16>(op.rm, word);
  } else {
    view.registers.write<u32>(op.rm, view.state.cr0);  // the upper half is undefined; processors store it
  }
  return Fault::none();
}

Fault op_clts(SystemView& view, const Operation&) {
  if (Fault fault = require_ring0(view)) return fault;
  view.state.cr0 &= ~cr0::kTs;
  return Fault::none();
}

}  // namespace ringdown
