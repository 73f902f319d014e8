// Makes a consistent processor state: what follows from a knob's value follows it.
#include "frontend/lab/classify/engine/state.h"

#include "frontend/lab/classify/engine/layout.h"

namespace ringdown::classify {

namespace {

/// A knob whose value 1 inverts a bit.
struct BitKnob {
  Knob knob;
  u32 bit;
};
constexpr u32 kUsualCr0 = cr0::kPe | cr0::kMp | cr0::kEt | cr0::kNe;
constexpr u32 kUsualCr4 = cr4::kTsd | cr4::kOsfxsr | cr4::kOsxmmexcpt | cr4::kUmip;
constexpr BitKnob kCr0Knobs[] = {{Knob::Cr0Pe, cr0::kPe}, {Knob::Cr0Mp, cr0::kMp}, {Knob::Cr0Em, cr0::kEm},
                                 {Knob::Cr0Ts, cr0::kTs}, {Knob::Cr0Ne, cr0::kNe}, {Knob::Cr0Wp, cr0::kWp},
                                 {Knob::Cr0Am, cr0::kAm}, {Knob::Cr0Cd, cr0::kCd}, {Knob::Cr0Pg, cr0::kPg}};
constexpr BitKnob kCr4Knobs[] = {{Knob::Cr4Vme, cr4::kVme},       {Knob::Cr4Pvi, cr4::kPvi},
                                 {Knob::Cr4Tsd, cr4::kTsd},       {Knob::Cr4De, cr4::kDe},
                                 {Knob::Cr4Pse, cr4::kPse},       {Knob::Cr4Mce, cr4::kMce},
                                 {Knob::Cr4Pge, cr4::kPge},       {Knob::Cr4Pce, cr4::kPce},
                                 {Knob::Cr4Osfxsr, cr4::kOsfxsr}, {Knob::Cr4Osxmmexcpt, cr4::kOsxmmexcpt},
                                 {Knob::Cr4Umip, cr4::kUmip}};
constexpr BitKnob kFlagKnobs[] = {{Knob::InterruptFlag, eflags::kIf},
                                  {Knob::VirtualInterruptFlag, eflags::kVif},
                                  {Knob::VirtualInterruptPending, eflags::kVip}};

template <std::size_t N>
u32 inverted(u32 usual, const BitKnob (&knobs)[N], const Setting& setting) {
  for (const BitKnob& k : knobs) {
    if (setting.has(k.knob)) usual ^= k.bit;
  }
  return usual;
}

/// What cannot be has no effect: paging and real mode, a change to real mode outside ring 0 or under paging.
u32 cr0_of(const Setting& setting) {
  u32 value = inverted(kUsualCr0, kCr0Knobs, setting);
  if (setting.level() == level::kReal) return value & ~(cr0::kPe | cr0::kPg);
  if (setting.level() != level::kSupervisor || (value & cr0::kPg) != 0) value |= cr0::kPe;
  return value;
}

void set_paragraphs(PrivilegedState& state, bool v86) {
  for (SegmentRegister& segment : state.segments) {
    segment = v86_segment(static_cast<u16>(kProgram[0] >> 4));
    if (!v86) segment.attributes = {0x0093};
  }
}

void set_flat_segments(PrivilegedState& state, const Setting& setting) {
  constexpr u16 kFlatCode = 0xc09b, kFlatData = 0xc093, kDplShift = 5;
  const u8 cpl = setting.level();
  const auto segment = [&](u16 selector, u16 rights, u8 dpl) {
    return SegmentRegister{static_cast<u16>(selector | dpl),
                           {static_cast<u16>(rights | dpl << kDplShift)},
                           program_base(setting),
                           0xffff'ffff};
  };
  state.segments.fill(segment(kData3, kFlatData, level::kUser));
  state.segment(Segment::Cs) = segment(kCode0, kFlatCode, cpl);
  state.segment(Segment::Ss) = segment(kData0, kFlatData, cpl);
}

void set_tables(PrivilegedState& state, const Setting& setting) {
  const bool real = setting.level() == level::kReal;
  state.gdtr = {kGdt[setting[Knob::GdtrBase]], setting.has(Knob::GdtrLimit) ? kShortGdtLimit : kGdtLimit};
  state.idtr = {
      (real ? kInterruptVectors : kIdt)[setting[Knob::IdtrBase]],
      static_cast<u16>((setting.has(Knob::IdtrLimit) ? kShortIdtLimit : kIdtLimit) / (real ? 2 : 1))};
  state.ldtr = {setting.has(Knob::LdtrSelector) ? kLocalTableAgain : kLocalTable,
                {0x0082},
                kLdt[setting[Knob::LdtBase]],
                setting.has(Knob::LdtrLimit) ? kShortLdtLimit : kLdtLimit};
  state.tr = {setting.has(Knob::TrSelector) ? kTaskAgain : kTask,
              {0x008b},
              kTss[setting[Knob::TssBase]],
              setting.has(Knob::TrLimit) ? kShortTssLimit : kTssLimit};
}

void set_registers(PrivilegedState& state, const Setting& setting, const CpuModel& model) {
  constexpr u32 kDr7[] = {dr7::kReset, 0x700, dr7::kReset | dr7::kGd};
  state.cr2 = setting.has(Knob::Cr2) ? 0x1234 : 0;
  state.cr3 = kPageDirectory[setting[Knob::Cr3]][setting[Knob::Frames]];
  state.dr[0] = setting.has(Knob::Dr0) ? 0x5678 : 0;
  state.dr6 = setting.has(Knob::Dr6) ? dr6::kReset | dr6::kBs : dr6::kReset;
  state.dr7 = kDr7[setting[Knob::Dr7]];
  ModelSpecificRegisters& msr = state.msr;
  msr.sysenter_cs = setting.has(Knob::SysenterCs) ? 0 : kCode0;
  msr.sysenter_esp = setting.has(Knob::SysenterEsp) ? 0x4f00 : 0x4e00;
  msr.sysenter_eip = setting.has(Knob::SysenterEip) ? kOtherHandler : kHandler;
  msr.efer = setting.has(Knob::Efer) && model.no_execute() ? efer::kNxe : 0;
  if (setting.has(Knob::Pat)) msr.pat = 0x0007'0406'0007'0401;
  if (setting.has(Knob::Mtrr)) {
    msr.mtrr_default = 0xc06;
    msr.mtrr_variable.fill(0x1006);
    msr.mtrr_fixed.fill(0x0606'0606'0606'0606);
  }
  if (setting.has(Knob::PerformanceCounters)) msr.performance_counter.fill(5);
  msr.tsc_offset = setting.has(Knob::TimeStamp) ? 0x100'0000 : 0;
}

}  // namespace

u32 program_base(const Setting& setting) {
  return kProgram[level::is_paragraph(setting.level()) ? 0 : setting[Knob::Program]];
}

u32 frame_offset(const Setting& setting, const PrivilegedState& state) {
  return (state.cr0 & cr0::kPg) != 0 && setting.has(Knob::Frames) ? kOtherFrames : 0;
}

u64 apic_base_of(const Setting& setting) { return setting.has(Knob::ApicBase) ? 0xfee0'0800 : 0; }

PrivilegedState make_state(const Setting& setting, const CpuModel& model) {
  PrivilegedState state;
  const bool v86 = setting.level() == level::kV86;
  state.cr0 = cr0_of(setting);
  state.cr4 = inverted(kUsualCr4, kCr4Knobs, setting) & model.cr4_mask();
  state.flags = inverted(u32{setting[Knob::Iopl]} << eflags::kIoplShift, kFlagKnobs, setting);
  if (v86) state.flags |= eflags::kVm;
  if (setting.level() == level::kReal) {
    state.cpl = 0;
  } else {
    state.cpl = v86 ? level::kUser : setting.level();
  }
  if (level::is_paragraph(setting.level())) {
    set_paragraphs(state, v86);
  } else {
    set_flat_segments(state, setting);
  }
  set_tables(state, setting);
  set_registers(state, setting, model);
  return state;
}

}  // namespace ringdown::classify
