// What RESET# and INIT# load into a processor (Intel SDM vol. 3A, table 9-1).
#include "cpu/system/initial_state.h"

#include "cpu/cpu_model.h"

namespace ringdown {

void load_initial_state(SystemView& view, InitialState kind) {
  constexpr u32 kCaches = cr0::kCd | cr0::kNw;
  constexpr u16 kWritableData = 0x93, kLdt = 0x82, kBusyTss = 0x8b;
  constexpr u32 kLimit = 0xffff;
  PrivilegedState fresh;
  fresh.cr0 = kCaches | cr0::kEt;
  if (kind == InitialState::Init) {
    fresh.cr0 = (view.state.cr0 & kCaches) | cr0::kEt;
    fresh.msr = view.state.msr;
    fresh.smm.base = view.state.smm.base;
  }
  for (SegmentRegister& segment : fresh.segments) segment = {0, {kWritableData}, 0, kLimit};
  fresh.segment(Segment::Cs) = {0xf000, {kWritableData}, 0xffff'0000, kLimit};
  fresh.ldtr = {0, {kLdt}, 0, kLimit};
  fresh.tr = {0, {kBusyTss}, 0, kLimit};
  fresh.gdtr = {0, kLimit};
  fresh.idtr = {0, kLimit};
  view.state = fresh;

  view.registers = Registers{};
  view.registers.set(Gpr::Edx, view.backend.model().signature());
  view.registers.eip = 0xfff0;
  view.registers.flags.assign(eflags::kReserved1);
  view.backend.paging_changed();
}

}  // namespace ringdown
