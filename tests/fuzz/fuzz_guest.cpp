// Decodes fuzz inputs into guests, and runs them.
#include "tests/fuzz/fuzz_guest.h"

#include <fmt/core.h>

#include "cpu/paging_controls.h"
#include "cpu/system/segment_descriptor.h"

namespace ringdown::test {

namespace {

using M = FuzzMachine;

constexpr Ticks kLeastTicks = 40;
constexpr std::size_t kMaximumCode = 512;
constexpr u32 kParagraphStack = 0xff0;

// Options of an input's first bytes.
constexpr u8 kNoExecuteOption = 1, kBreakpointsOption = 2, kFloatOption = 4;

// What a segment's `kind` says beside the type in its low four bits.
constexpr u8 kGranular = 0x10, kBig = 0x20, kOrdinary = 0x40, kNullSelector = 0x80;

constexpr u32 kCr0Choices = cr0::kMp | cr0::kEm | cr0::kTs | cr0::kNe | cr0::kWp | cr0::kAm | cr0::kCd;
constexpr u32 kEflagsChoices = eflags::kStatus | eflags::kControl | (eflags::kPrivileged & ~eflags::kVm);
/// What DR7 can hold (SDM vol. 3B, 17.2.4; GD among it).
constexpr u32 kDr7Choices = 0xffff'23ff;

/// Where edits go: each table of the guest, and its code and data.
constexpr u32 kRegions[] = {M::kGdt,     M::kIdt,       M::kTss,          0,
                            M::kTables,  M::kPageTable, M::kPaeDirectory, M::kPaeTable,
                            M::kPaeRoot, M::kLargeRoot, M::kTaskState,    M::kLdt,
                            M::kCode,    M::kData,      M::kHandlers,     M::kData + kPageSize};

u32 take_address(FuzzInput& input) {
  const u32 region = kRegions[input.below(std::size(kRegions))];
  return region + (input.take<u16>() & kPageOffsetMask);
}

}  // namespace

FuzzGuest::FuzzGuest(std::span<const u8> bytes)
    : model_(CpuModel::all()[bytes.empty() ? 0 : bytes.front() % CpuModel::all().size()]) {
  FuzzInput input(bytes.subspan(bytes.empty() ? 0 : 1));
  mode_ = static_cast<Mode>(input.below(4));
  ring_ = static_cast<u8>(input.below(4));
  tables_ = static_cast<Tables>(input.below(4));
  const u8 options = input.take<u8>();
  has_breakpoints_ = (options & kBreakpointsOption) != 0;
  has_float_ = (options & kFloatOption) != 0;
  if ((options & kNoExecuteOption) != 0 && model_.no_execute()) efer_ = efer::kNxe;
  ticks_ = kLeastTicks + input.take<u8>();
  take_registers(input);
  take_lists(input);
  if (has_float_) take_float(input);
  const std::span<const u8> code = input.rest().first(std::min(input.rest().size(), kMaximumCode));
  code_.assign(code.begin(), code.end());
}

void FuzzGuest::take_registers(FuzzInput& input) {
  cr0_ = (input.take<u32>() & kCr0Choices) | cr0::kEt;
  cr4_ = input.take<u16>();
  eflags_ = (input.take<u32>() & kEflagsChoices) | eflags::kReserved1;
  for (u32& value : gpr_) value = input.take<u32>();
  for (SegmentChoice& segment : segments_) {
    segment.kind = input.take<u8>();
    segment.base = input.take<u32>();
    segment.limit = input.take<u32>();
  }
  for (u32& value : dr_) value = input.take<u32>();
  dr7_ = (input.take<u32>() & kDr7Choices) | dr7::kReset;
}

void FuzzGuest::take_lists(FuzzInput& input) {
  const unsigned occasions = input.below(8), edits = input.below(16), forged = input.below(8);
  for (unsigned i = 0; i < occasions; ++i) {
    Occasion occasion;
    occasion.kind = static_cast<Occasion::Kind>(input.below(4));
    occasion.after = input.take<u8>();
    occasion.address = take_address(input);
    occasion.value = input.take<u32>();
    occasions_.push_back(occasion);
  }
  for (unsigned i = 0; i < edits; ++i) {
    const u32 address = take_address(input);
    edits_.push_back({address, input.take<u64>()});
  }
  for (unsigned i = 0; i < forged; ++i) {
    const u16 offset = input.take<u16>();
    forged_.push_back({offset, input.take<u8>()});
  }
}

void FuzzGuest::take_float(FuzzInput& input) {
  x87_.control.assign((input.take<u16>() & x87_control::kWritable) | x87_control::kReservedOne);
  x87_.status.assign(input.take<u16>());
  x87_.valid = input.take<u8>();
  for (Float80& value : x87_.registers) {
    value.significand = input.take<u64>();
    value.sign_exponent = input.take<u16>();
  }
  x87_.update_error_summary();
  sse_.mxcsr = input.take<u32>() & SseState::kMxcsrMaskWithoutDaz;
  for (XmmRegister& xmm : sse_.xmm) xmm.bytes = input.take<std::array<u8, 16>>();
}

// --- Into a machine ----------------------------------------------------------------------------------------

u64 FuzzGuest::descriptor_of(unsigned segment) const {
  const SegmentChoice& choice = segments_[segment];
  const bool is_code = static_cast<Segment>(segment) == Segment::Cs;
  const bool is_stack = static_cast<Segment>(segment) == Segment::Ss;
  const bool is_32bit = mode_ == Mode::Protected32;
  u8 type = (choice.kind & 0xf) | SegmentAttributes::kAccessed;
  if (is_code) type |= SegmentAttributes::kCode;
  if (is_stack) type = (type & SegmentAttributes::kExpandDownOrConforming) | 3;
  if ((type & SegmentAttributes::kCode) != 0) type |= SegmentAttributes::kWritableOrReadable;
  const u8 dpl = is_code || is_stack ? ring_ : 3;
  const u8 access = static_cast<u8>(0x90 | (dpl << 5) | type);
  if ((choice.kind & kOrdinary) != 0) {
    const u32 base = is_32bit ? 0 : is_code ? M::kCode : M::kData;
    return is_32bit ? segment_descriptor(0, 0xf'ffff, access & ~SegmentAttributes::kExpandDownOrConforming)
                    : segment_descriptor(base, 0xffff, access, 0);
  }
  const bool big = is_code ? is_32bit : (choice.kind & kBig) != 0;
  const u8 flags = static_cast<u8>(((choice.kind & kGranular) != 0 ? 8 : 0) | (big ? 4 : 0));
  return segment_descriptor(choice.base, choice.limit & 0xf'ffff, access, flags);
}

SegmentRegister FuzzGuest::paragraph_of(unsigned segment) const {
  const SegmentChoice& choice = segments_[segment];
  if (static_cast<Segment>(segment) == Segment::Cs) return v86_segment(M::kCode >> 4);
  if ((choice.kind & kOrdinary) != 0) return v86_segment(M::stack_top(0) >> 4);
  SegmentRegister result = v86_segment(static_cast<u16>(choice.base));
  // "Unreal" mode keeps the limit of a segment loaded in protected mode.
  if (mode_ == Mode::Real && (choice.kind & kGranular) != 0) result.limit = choice.limit;
  return result;
}

void FuzzGuest::install_segments(FuzzMachine& m) const {
  PrivilegedState& s = m.cpu.state;
  for (unsigned i = 0; i < kSegmentCount; ++i) {
    SegmentRegister& segment = s.segments[i];
    if (!protected_segments()) {
      segment = paragraph_of(i);
      if (mode_ == Mode::Real) segment.attributes = {0x0093};
      continue;
    }
    const bool may_be_null = static_cast<Segment>(i) != Segment::Cs && static_cast<Segment>(i) != Segment::Ss;
    const u64 raw = descriptor_of(i);
    const Descriptor descriptor(raw);
    m.gdt(M::segment_entry(i), raw);
    segment = {static_cast<u16>(M::segment_entry(i) | ring_), descriptor.attributes(), descriptor.base(),
               descriptor.limit()};
    if (may_be_null && (segments_[i].kind & kNullSelector) != 0) segment = {};
  }
  s.cpl = mode_ == Mode::Real ? 0 : mode_ == Mode::Virtual8086 ? 3 : ring_;
}

void FuzzGuest::install_controls(FuzzMachine& m) const {
  PrivilegedState& s = m.cpu.state;
  s.cr0 = cr0_ | (mode_ == Mode::Real ? 0 : cr0::kPe);
  s.cr4 = cr4_ & model_.cr4_mask() & ~cr4::kPae;
  s.msr.efer = efer_;
  s.cr3 = M::kTables;
  s.flags = (eflags_ & eflags::kPrivileged) | (mode_ == Mode::Virtual8086 ? eflags::kVm : 0);
  m.cpu.registers.flags.assign(eflags_);
  if (mode_ != Mode::Real && tables_ != Tables::None) s.cr0 |= cr0::kPg;
  if (tables_ == Tables::Large && model_.has_bit(cpuid::kPse)) {
    s.cr4 |= cr4::kPse;
    s.cr3 = M::kLargeRoot;
  }
  if (tables_ == Tables::Pae && model_.has_bit(cpuid::kPae)) {
    s.cr4 |= cr4::kPae;
    s.cr3 = M::kPaeRoot;
    // As loaded; bits that are reserved would not have been.
    for (unsigned i = 0; i < s.pdpte.size(); ++i) s.pdpte[i] = m.peek<u64>(M::kPaeRoot + 8 * i);
  }
  if (!has_breakpoints_) return;
  s.dr = dr_;
  s.dr7 = dr7_;
}

/// What the recovery goes on with: the guest's first mode again, at the next of some places in its code.
void FuzzGuest::install_frames(FuzzMachine& m) const {
  const PrivilegedState& s = m.cpu.state;
  constexpr u32 kBytesBetween = 24;
  for (u32 i = 0; i < M::kResumePlaces; ++i)
    m.poke<u32>(M::kResume + 4 * i, m.cpu.registers.eip + kBytesBetween * i);
  m.poke<u32>(M::kResumeIndex, 0);
  const Segment order[] = {Segment::Es, Segment::Ds, Segment::Fs, Segment::Gs};
  const u32 frame[] = {m.cpu.registers.eip, s.segment(Segment::Cs).selector, eflags_ | s.flags,
                       m.get(Gpr::Esp), s.segment(Segment::Ss).selector};
  u32 at = M::kFrame;
  for (const u32 value : frame) m.poke<u32>(std::exchange(at, at + 4), value);
  for (const Segment name : order) m.poke<u32>(std::exchange(at, at + 4), s.segment(name).selector);
  const u16 frame16[] = {static_cast<u16>(m.cpu.registers.eip), M::kCode >> 4, static_cast<u16>(eflags_)};
  for (u32 i = 0; i < std::size(frame16); ++i) m.poke<u16>(M::kFrame16 + 2 * i, frame16[i]);
}

void FuzzGuest::install(FuzzMachine& m) const {
  install_segments(m);
  install_controls(m);
  if (mode_ == Mode::Real) m.cpu.state.idtr = {0, 0x3ff};
  m.cpu.state.msr.sysenter_cs = M::code(0);
  m.cpu.state.msr.sysenter_esp = M::stack_top(0);
  m.cpu.state.msr.sysenter_eip = M::kRecover;
  for (unsigned i = 0; i < gpr_.size(); ++i) m.set(static_cast<Gpr>(i), gpr_[i]);
  if ((segments_[static_cast<unsigned>(Segment::Ss)].kind & kOrdinary) != 0)
    m.set(Gpr::Esp, mode_ == Mode::Protected32 ? M::stack_top(ring_) : kParagraphStack);
  m.cpu.registers.eip = M::kCode - m.cpu.state.segment(Segment::Cs).base;
  if (has_float_) {
    m.cpu.x87 = x87_;
    m.cpu.sse = sse_;
  }
  install_frames(m);
  m.memory.write(GuestPhysical(M::kCode), std::as_bytes(std::span(code_)));
  for (const Edit& edit : edits_) m.poke<u64>(edit.address, edit.value);
  m.cpu.paging_changed();
  m.cpu.state_changed();
}

void FuzzGuest::forge(FuzzMachine& machine) const {
  if (!forged_.empty()) machine.forge(forged_);
}

// --- Running -----------------------------------------------------------------------------------------------

void FuzzGuest::happen(FuzzMachine& m, const Occasion& occasion) {
  switch (occasion.kind) {
    case Occasion::Kind::Interrupt:
      m.interrupt(static_cast<u8>(occasion.value));
      break;
    case Occasion::Kind::Nmi:
      m.cpu.pulse_nmi();
      break;
    case Occasion::Kind::Dma:
      m.poke<u32>(occasion.address, occasion.value);
      break;
    case Occasion::Kind::A20:
      m.memory.set_a20((occasion.value & 1) != 0);
      break;
  }
}

Exit FuzzGuest::run(FuzzMachine& m) const {
  const Ticks end = m.cpu.ticks() + ticks_;
  Exit exit;
  for (const Occasion& occasion : occasions_) {
    exit = m.cpu.run(std::min(end, m.cpu.ticks() + occasion.after));
    if (exit.reason != ExitReason::Budget && exit.reason != ExitReason::Halted) return exit;
    happen(m, occasion);
  }
  return m.cpu.run(end);
}

std::string FuzzGuest::describe() const {
  constexpr const char* kModes[] = {"real mode", "virtual-8086 mode", "16-bit protected mode",
                                    "32-bit protected mode"};
  constexpr const char* kTables[] = {"no paging", "4 KiB pages", "4 MiB pages", "PAE"};
  std::string text = fmt::format(
      "{}, {}, ring {}, {}, cr0 {:x}, cr4 {:x}, eflags {:x}, {} edits, {} events, {} ticks\ncode:",
      model_.name(), kModes[static_cast<unsigned>(mode_)], ring_, kTables[static_cast<unsigned>(tables_)],
      cr0_, cr4_ & model_.cr4_mask(), eflags_, edits_.size(), occasions_.size(), ticks_);
  for (const u8 byte : code_) text += fmt::format(" {:02x}", byte);
  return text + '\n';
}

}  // namespace ringdown::test
