// A debugger's registers.
#include "frontend/debug/debug_registers.h"

#include <cstring>

#include "cpu/processor.h"

namespace ringdown {

namespace {

template <class T>
DebugRegisterValue value_of(const T& value) {
  static_assert(sizeof(T) <= sizeof(DebugRegisterValue));
  DebugRegisterValue bytes{};
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

template <class T>
T number_in(const DebugRegisterValue& bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

/// The registers come in runs: the number within the run that starts at `first`.
constexpr unsigned index_from(DebugRegister reg, DebugRegister first) {
  return static_cast<unsigned>(reg) - static_cast<unsigned>(first);
}
constexpr bool within(DebugRegister reg, DebugRegister first, DebugRegister last) {
  return reg >= first && reg <= last;
}

/// Segment registers in the order of gdb's CS, SS, DS, ES, FS, GS.
constexpr std::array kSegments{Segment::Cs, Segment::Ss, Segment::Ds, Segment::Es, Segment::Fs, Segment::Gs};

constexpr std::size_t kFloat80Bytes = 10;

u32 x87_control_register(const X87State& x87, DebugRegister reg) {
  switch (reg) {
    case DebugRegister::Fctrl:
      return x87.control.value();
    case DebugRegister::Fstat:
      return x87.status.value();
    case DebugRegister::Ftag:
      return x87.tag_word();
    case DebugRegister::Fiseg:
      return x87.instruction_selector;
    case DebugRegister::Fioff:
      return x87.instruction_offset;
    case DebugRegister::Foseg:
      return x87.data_selector;
    case DebugRegister::Fooff:
      return x87.data_offset;
    default:
      return x87.last_opcode;
  }
}

u32 system_register(const PrivilegedState& state, DebugRegister reg) {
  if (within(reg, DebugRegister::Dr0, DebugRegister::Dr3))
    return state.dr[index_from(reg, DebugRegister::Dr0)];
  if (within(reg, DebugRegister::CsBase, DebugRegister::GsBase)) {
    return state.segment(kSegments[index_from(reg, DebugRegister::CsBase)]).base;
  }
  switch (reg) {
    case DebugRegister::Cr0:
      return state.cr0;
    case DebugRegister::Cr2:
      return state.cr2;
    case DebugRegister::Cr3:
      return state.cr3;
    case DebugRegister::Cr4:
      return state.cr4;
    case DebugRegister::Dr6:
      return state.dr6;
    case DebugRegister::Dr7:
      return state.dr7;
    case DebugRegister::GdtrBase:
      return state.gdtr.base;
    case DebugRegister::GdtrLimit:
      return state.gdtr.limit;
    case DebugRegister::IdtrBase:
      return state.idtr.base;
    case DebugRegister::IdtrLimit:
      return state.idtr.limit;
    case DebugRegister::Ldtr:
      return state.ldtr.selector;
    case DebugRegister::Tr:
      return state.tr.selector;
    default:
      return state.cpl;
  }
}

}  // namespace

DebugRegisterValue read_debug_register(Processor& processor, DebugRegister reg) {
  const SystemView& guest = processor.guest_view();
  if (within(reg, DebugRegister::Eax, DebugRegister::Edi)) {
    return value_of(guest.registers.get(static_cast<Gpr>(index_from(reg, DebugRegister::Eax))));
  }
  if (reg == DebugRegister::Eip) return value_of(guest.registers.eip);
  if (reg == DebugRegister::Eflags) return value_of(guest.eflags());
  if (within(reg, DebugRegister::Cs, DebugRegister::Gs)) {
    return value_of(u32{guest.state.segment(kSegments[index_from(reg, DebugRegister::Cs)]).selector});
  }
  if (within(reg, DebugRegister::St0, DebugRegister::St7)) {
    const u8 physical = processor.x87.physical(static_cast<u8>(index_from(reg, DebugRegister::St0)));
    DebugRegisterValue bytes{};
    std::memcpy(bytes.data(), &processor.x87.registers[physical], kFloat80Bytes);
    return bytes;
  }
  if (within(reg, DebugRegister::Fctrl, DebugRegister::Fop))
    return value_of(x87_control_register(processor.x87, reg));
  if (within(reg, DebugRegister::Xmm0, DebugRegister::Xmm7)) {
    return value_of(processor.sse.xmm[index_from(reg, DebugRegister::Xmm0)].bytes);
  }
  if (reg == DebugRegister::Mxcsr) return value_of(processor.sse.mxcsr);
  return value_of(system_register(guest.state, reg));
}

bool write_debug_register(Processor& processor, DebugRegister reg, const DebugRegisterValue& value) {
  // Whatever is written again as it is, as gdb does with whole register sets, succeeds.
  if (value == read_debug_register(processor, reg)) return true;
  SystemView& guest = processor.guest_view();
  if (within(reg, DebugRegister::Eax, DebugRegister::Edi)) {
    guest.registers.set(static_cast<Gpr>(index_from(reg, DebugRegister::Eax)), number_in<u32>(value));
    return true;
  }
  if (within(reg, DebugRegister::Xmm0, DebugRegister::Xmm7)) {
    processor.sse.xmm[index_from(reg, DebugRegister::Xmm0)].bytes = value;
    return true;
  }
  if (within(reg, DebugRegister::St0, DebugRegister::St7)) {
    const u8 physical = processor.x87.physical(static_cast<u8>(index_from(reg, DebugRegister::St0)));
    Float80& target = processor.x87.registers[physical];
    target.significand = number_in<u64>(value);
    target.sign_exponent = static_cast<u16>(value[8] | value[9] << 8);
    processor.x87.mark_valid(physical);
    return true;
  }
  switch (reg) {
    case DebugRegister::Eip:
      guest.registers.eip = number_in<u32>(value);
      break;
    case DebugRegister::Eflags:
      // IF, IOPL, VM and the like stay what the guest made them.
      guest.set_eflags(number_in<u32>(value), ~eflags::kPrivileged);
      break;
    case DebugRegister::Mxcsr:
      if ((number_in<u32>(value) & ~SseState::kMxcsrMask) != 0) return false;
      processor.sse.mxcsr = number_in<u32>(value);
      break;
    default:
      return false;
  }
  processor.state_changed();
  return true;
}

}  // namespace ringdown
