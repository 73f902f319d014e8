// SMI and RSM: the state save area and what the processor is made to look like (Intel SDM vol. 3C, chapter
// 34).
#include "cpu/system/system_management.h"

#include <array>
#include <cstring>

#include "cpu/cpu_model.h"
#include "cpu/system/control_state.h"
#include "cpu/system/debug.h"
#include "cpu/system/operations.h"

namespace ringdown {

namespace {

constexpr u32 kEntryPoint = 0x8000;
/// Offsets below are those of the manual's table 34-1, which counts from SMBASE + 8000h.
constexpr u32 kMapBase = 0x8000;
constexpr u32 kMapFirst = 0x7e00;
constexpr u32 kMapBytes = 0x200;

/// Bits 16 and 17: I/O instruction restart, SMBASE relocation.
constexpr u32 kRevision = 0x0003'0000;
/// I/O state field.
using IoValid = Field<u32, 0>;
using IoBytes = Field<u32, 1, 3>;
using IoKind = Field<u32, 4, 4>;
using IoPortNumber = Field<u32, 16, 16>;
constexpr u16 kHaltRestart = 1;
constexpr u16 kIoRestart = 0xff;

/// Where the fields lie. The manual reserves what the processor needs beyond it (7F9Fh to 7F03h, and below
/// 7EF8h); who exchanges whole save areas, as SeaBIOS does, exchanges that too.
namespace place {
constexpr u32 kCr0 = 0x7ffc;
constexpr u32 kCr3 = 0x7ff8;
constexpr u32 kEflags = 0x7ff4;
constexpr u32 kEip = 0x7ff0;
constexpr u32 kEax = 0x7fd0;  // then ECX, EDX, EBX, ESP, EBP, ESI, EDI
constexpr u32 kDr6 = 0x7fcc;
constexpr u32 kDr7 = 0x7fc8;
constexpr u32 kTr = 0x7fc4;
constexpr u32 kLdtr = 0x7fc0;
constexpr u32 kEs = 0x7fa8;  // selectors: then CS, SS, DS, FS, GS
constexpr u32 kIoState = 0x7fa4;
constexpr u32 kIoMemory = 0x7fa0;
constexpr u32 kHaltRestart = 0x7f02;
constexpr u32 kIoRestart = 0x7f00;
constexpr u32 kRevision = 0x7efc;
constexpr u32 kSmbase = 0x7ef8;
// Reserved.
constexpr u32 kHiddenParts = 0x7f08;  // base, limit, attributes of ES to GS, LDTR, TR
constexpr u32 kGdtr = 0x7f68;         // base, limit
constexpr u32 kIdtr = 0x7f70;
constexpr u32 kCr4 = 0x7f78;
constexpr u32 kPendingDebug = 0x7f7c;
constexpr u32 kIoInstruction = 0x7ee0;  // EIP, ECX, ESI, EDI
}  // namespace place

/// The state save area, outside memory.
class SaveArea {
 public:
  void load(const SystemView& view) { view.memory.memory().read(at(view.state.smm.base), std::span(bytes_)); }
  void store(const SystemView& view) const {
    view.memory.memory().write(at(view.state.smm.base), std::span(bytes_));
  }
  template <class T>
  T get(u32 offset) const {
    T value;
    std::memcpy(&value, &bytes_[offset - kMapFirst], sizeof(T));
    return value;
  }
  template <class T>
  void put(u32 offset, T value) {
    std::memcpy(&bytes_[offset - kMapFirst], &value, sizeof(T));
  }

 private:
  static GuestPhysical at(u32 base) { return GuestPhysical(u32{base + kMapBase + kMapFirst}); }
  std::array<std::byte, kMapBytes> bytes_{};
};

/// Copies between a state and the save area, in either direction.
class Saving {
 public:
  explicit Saving(SaveArea& area) : area_(area) {}
  void operator()(u32 offset, u32& value) { area_.put(offset, value); }
  void operator()(u32 offset, u16& value) { area_.put(offset, u32{value}); }

 private:
  SaveArea& area_;
};
class Restoring {
 public:
  explicit Restoring(const SaveArea& area) : area_(area) {}
  void operator()(u32 offset, u32& value) { value = area_.get<u32>(offset); }
  void operator()(u32 offset, u16& value) { value = area_.get<u16>(offset); }

 private:
  const SaveArea& area_;
};

template <class Direction>
void copy_segment(Direction copy, u32 selector, u32 hidden, SegmentRegister& segment) {
  copy(selector, segment.selector);
  copy(hidden, segment.base);
  copy(hidden + 4, segment.limit);
  copy(hidden + 8, segment.attributes.value);
}

/// Everything that is saved and restored as it is.
template <class Direction>
void copy_state(Direction copy, Registers& registers, PrivilegedState& state, u32& eflags) {
  copy(place::kCr0, state.cr0);
  copy(place::kCr3, state.cr3);
  copy(place::kCr4, state.cr4);
  copy(place::kEflags, eflags);
  copy(place::kEip, registers.eip);
  for (u32 i = 0; i < 8; ++i) {
    const Gpr name = static_cast<Gpr>(i);
    u32 value = registers.get(name);
    copy(place::kEax + 4 * i, value);
    registers.set(name, value);
  }
  copy(place::kDr6, state.dr6);
  copy(place::kDr7, state.dr7);
  copy(place::kPendingDebug, state.pending_debug);
  constexpr u32 kHiddenBytes = 12;
  for (u32 i = 0; i < kSegmentCount; ++i)
    copy_segment(copy, place::kEs + 4 * i, place::kHiddenParts + kHiddenBytes * i, state.segments[i]);
  copy_segment(copy, place::kLdtr, place::kHiddenParts + kHiddenBytes * kSegmentCount, state.ldtr);
  copy_segment(copy, place::kTr, place::kHiddenParts + kHiddenBytes * (kSegmentCount + 1), state.tr);
  copy(place::kGdtr, state.gdtr.base);
  copy(place::kGdtr + 4, state.gdtr.limit);
  copy(place::kIdtr, state.idtr.base);
  copy(place::kIdtr + 4, state.idtr.limit);
}

void save_io(SaveArea& area, const IoInstruction& io) {
  u32 field = IoValid::with(0, true);
  field = IoBytes::with(field, io.bytes);
  field = IoKind::with(field, static_cast<u32>(io.kind));
  field = IoPortNumber::with(field, io.port);
  area.put(place::kIoState, field);
  area.put(place::kIoMemory, io.memory);
  area.put(place::kIoInstruction, std::array{io.eip, io.ecx, io.esi, io.edi});
}

/// The handler wants the instruction that caused the SMI to run once more (34.12).
void restart_io(const SaveArea& area, Registers& registers) {
  const auto [eip, ecx, esi, edi] = area.get<std::array<u32, 4>>(place::kIoInstruction);
  registers.eip = eip;
  registers.set(Gpr::Ecx, ecx);
  registers.set(Gpr::Esi, esi);
  registers.set(Gpr::Edi, edi);
}

/// A handler may have written anything: what no instruction could have loaded is refused, or made possible
/// where the manual does not name it among the reasons for a shutdown (34.3.2).
bool make_possible(PrivilegedState& state, u32& eflags, const CpuModel& model) {
  const std::optional<u32> cr0 = possible_cr0(state.cr0);
  if (!cr0 || (state.cr4 & ~model.cr4_mask()) != 0) return false;
  constexpr u32 kAlignment = 0x8000;
  if (!model.p6_or_later() && state.smm.base % kAlignment != 0) return false;
  state.cr0 = *cr0;
  state.dr6 = possible_dr6(state.dr6);
  state.dr7 = possible_dr7(state.dr7);
  state.pending_debug &= dr6::kBs | 0xf * dr6::kB0;
  if (!state.protected_mode()) eflags &= ~eflags::kVm;
  constexpr u16 kAttributes = 0xf0ff;
  for (SegmentRegister& segment : state.segments) segment.attributes.value &= kAttributes;
  state.ldtr.attributes.value &= kAttributes;
  state.tr.attributes.value &= kAttributes;
  return true;
}

u8 saved_cpl(const PrivilegedState& state, u32 eflags) {
  if (!state.protected_mode()) return 0;
  if ((eflags & eflags::kVm) != 0) return 3;
  return static_cast<u8>(state.segment(Segment::Ss).attributes.dpl());
}

constexpr u32 kAllFlags = eflags::kStatus | eflags::kControl | eflags::kPrivileged;

}  // namespace

void enter_system_management(SystemView& view, const IoInstruction* io) {
  PrivilegedState& state = view.state;
  SaveArea area;
  u32 flags = view.eflags();
  copy_state(Saving(area), view.registers, state, flags);
  area.put<u16>(place::kHaltRestart, state.activity == Activity::Halted ? kHaltRestart : 0);
  if (io != nullptr) save_io(area, *io);
  area.put(place::kRevision, kRevision);
  area.put(place::kSmbase, state.smm.base);
  state.smm.active = true;
  view.backend.set_smi_active(true);
  area.store(view);

  // Table 34-4. NMI is blocked until an IRET.
  state.smm.nmi_blocked_outside = state.nmi_blocked;
  state.nmi_blocked = true;
  constexpr u16 kWritableData = 0x8093;
  for (SegmentRegister& segment : state.segments) segment = {0, {kWritableData}, 0, 0xffff'ffff};
  SegmentRegister& code = state.segment(Segment::Cs);
  code.selector = static_cast<u16>(state.smm.base >> 4);
  code.base = state.smm.base;
  view.registers.eip = kEntryPoint;
  view.set_eflags(eflags::kReserved1, kAllFlags);
  state.cpl = 0;
  state.cr0 &= ~(cr0::kPe | cr0::kEm | cr0::kTs | cr0::kPg);
  state.cr4 = 0;
  state.dr7 = dr7::kReset;
  state.pending_debug = 0;
  state.activity = Activity::Running;
  view.backend.paging_changed();
}

Fault op_rsm(SystemView& view, const Operation&) {
  if (!view.state.smm.active) return invalid_opcode();
  SaveArea area;
  area.load(view);
  PrivilegedState state = view.state;
  Registers registers = view.registers;
  u32 flags = 0;
  copy_state(Restoring(area), registers, state, flags);
  state.smm.base = area.get<u32>(place::kSmbase);
  if (!make_possible(state, flags, view.backend.model())) return Fault::shutdown();
  state.smm.active = false;
  state.nmi_blocked = state.smm.nmi_blocked_outside;
  state.cpl = saved_cpl(state, flags);
  const bool halted = (area.get<u16>(place::kHaltRestart) & kHaltRestart) != 0;
  state.activity = halted ? Activity::Halted : Activity::Running;
  const bool io_valid = IoValid::get(area.get<u32>(place::kIoState));
  if (io_valid && area.get<u16>(place::kIoRestart) == kIoRestart) restart_io(area, registers);

  // Page tables may lie where SMRAM hid them.
  view.backend.set_smi_active(false);
  if (read_pdptes(view, state.cr0, state.cr4, state.cr3, state.pdpte)) return Fault::shutdown();
  view.state = state;
  view.registers = registers;
  view.set_eflags(flags, kAllFlags);
  view.backend.paging_changed();
  return Fault::none();
}

}  // namespace ringdown
