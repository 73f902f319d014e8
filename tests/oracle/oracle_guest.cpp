// The guest's tables and kernel, and the way of a case's state in and out.
#include "tests/oracle/oracle_guest.h"

#include <algorithm>

#include "cpu/system/task_state.h"
#include "mmu/page_entry.h"
#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

constexpr u64 kRam = u64{1} << 20;
// Physical addresses.
constexpr u64 kPointers = 0x1000, kLowDirectory = 0x2000, kHighDirectory = 0x3000, kLowTable = 0x4000,
              kHighTable = 0x5000, kKernel = 0x1'0000, kPages = 0x2'0000;
// Of the kernel: offsets from kGuestKernel and kKernel.
constexpr u32 kGdt = 0x0000, kLdt = 0x0800, kIdt = 0x1000, kTss = 0x2000, kHandlers = 0x3000, kEntry = 0x4000,
              kFrame = 0x5000, kStackEnd = 0x6000;
constexpr u32 kExceptions = 32;
constexpr u16 kKernelCode = 0x08, kKernelData = 0x18, kTask = 0x40, kTable = 0x50;
constexpr u32 kTssLimit = tss32::kSize - 1;
constexpr u16 kFlatCodeRights = 0xc09b, kFlatDataRights = 0xc093, kBusyTssRights = 0x008b,
              kLdtRights = 0x0082;
/// POP GS; POP FS; POP ES; POP DS; IRETD
constexpr std::array<u8, 7> kEnter = {0x0f, 0xa9, 0x0f, 0xa1, 0x07, 0x1f, 0xcf};
constexpr Ticks kEnterInstructions = 5;
/// Far more than a string instruction takes to come to the end of its pages.
constexpr Ticks kPatience = 100'000;

constexpr u64 kPresent = page_entry::Present::kMask, kWritable = page_entry::Writable::kMask,
              kUser = page_entry::User::kMask, kNoExecute = page_entry::NoExecute::kMask;

u64 rights(OraclePageKind kind) {
  switch (kind) {
    case OraclePageKind::Writable:
      return kPresent | kUser | kWritable | kNoExecute;
    case OraclePageKind::ReadOnly:
      return kPresent | kUser | kNoExecute;
    case OraclePageKind::Executable:
      return kPresent | kUser;
  }
  return 0;
}

/// Of a table that holds 8-byte entries for units of 2^shift bytes.
u64 entry(u64 table, u32 linear, unsigned shift) { return table + 8 * (u64{linear >> shift} & 0x1ff); }

u64 raw_descriptor(const OracleDescriptor& d) {
  constexpr u8 kApplication = 0x70, kAccessed = 1, kReadableOrWritable = 2;  // S, DPL 3
  u8 access = kApplication | kAccessed;
  if (d.present) access |= 0x80;
  if (d.code()) access |= 8;
  if (d.contents == OracleDescriptor::Contents::ExpandDown) access |= 4;
  if (!d.restricted) access |= kReadableOrWritable;
  const u8 flags = static_cast<u8>((d.pages ? 8 : 0) | (d.big ? 4 : 0));
  return segment_descriptor(d.base, d.limit, access, flags);
}

/// Linux' 64-bit code segment: L, not D.
constexpr u64 kLongCodeDescriptor = segment_descriptor(0, 0xf'ffff, 0xfb, 0xa);

}  // namespace

OracleGuest::OracleGuest(MachineMode mode) : machine_(mode, kRam, *CpuModel::find("pentium4-nx")) {
  build_page_tables();
  build_descriptor_tables();
  enter_kernel();
}

void OracleGuest::build_page_tables() {
  constexpr unsigned kPointerShift = 30, kDirectoryShift = 21;
  poke<u64>(entry(kPointers, kWindow, kPointerShift), kLowDirectory | kPresent);
  poke<u64>(entry(kPointers, kGuestKernel, kPointerShift), kHighDirectory | kPresent);
  poke<u64>(entry(kLowDirectory, kWindow, kDirectoryShift), kLowTable | kPresent | kWritable | kUser);
  poke<u64>(entry(kHighDirectory, kGuestKernel, kDirectoryShift), kHighTable | kPresent | kWritable);
  u64 physical = kPages;
  for (const OraclePage& page : kOraclePages) {
    poke<u64>(entry(kLowTable, page.linear, kPageShift), physical | rights(page.kind));
    physical += kPageSize;
  }
  for (u32 offset = 0; offset < kGuestKernelEnd - kGuestKernel; offset += kPageSize)
    poke<u64>(entry(kHighTable, kGuestKernel + offset, kPageShift),
              (kKernel + offset) | kPresent | kWritable);
}

void OracleGuest::build_descriptor_tables() {
  const auto global = [this](u16 selector, u64 raw) { poke<u64>(kKernel + kGdt + (selector & ~7u), raw); };
  const auto local = [](u16 selector) { return raw_descriptor(*find_descriptor(selector)); };
  global(kKernelCode, segment_descriptor(0, 0xf'ffff, 0x9b));
  global(kKernelData, segment_descriptor(0, 0xf'ffff, 0x93));
  global(kFlatCode32, local(kFlatCode32));
  global(kFlatData, local(kFlatData));
  global(kLongCode, kLongCodeDescriptor);
  global(kTask, segment_descriptor(kGuestKernel + kTss, kTssLimit, 0x8b, 0));
  const u32 local_limit = static_cast<u32>(8 * oracle_descriptors().size() - 1);
  global(kTable, segment_descriptor(kGuestKernel + kLdt, local_limit, 0x82, 0));
  for (unsigned i = 0; i < oracle_descriptors().size(); ++i)
    poke<u64>(kKernel + kLdt + 8 * i, raw_descriptor(oracle_descriptors()[i]));
  poke<u32>(kKernel + kTss + tss32::kEsp0, kGuestKernel + kStackEnd);
  poke<u16>(kKernel + kTss + tss32::kEsp0 + 4, kKernelData);
  poke<u16>(kKernel + kTss + tss32::kIoMapBase, tss32::kSize);
  for (u32 vector = 0; vector < kExceptions; ++vector) {
    // INT3, INTO and BOUND are the program's to raise.
    const bool for_all = vector >= 3 && vector <= 5;
    const u32 handler = kGuestKernel + kHandlers + vector;
    poke<u8>(kKernel + kHandlers + vector, kStopByte);
    poke<u64>(kKernel + kIdt + 8 * vector, (handler & 0xffff) | u64{kKernelCode} << 16 |
                                               u64{for_all ? 0xeeu : 0x8eu} << 40 | u64{handler >> 16} << 48);
  }
  for (u32 i = 0; i < kEnter.size(); ++i) poke<u8>(kKernel + kEntry + i, kEnter[i]);
}

void OracleGuest::enter_kernel() {
  PrivilegedState& state = cpu_.state;
  state.cpl = 0;
  state.flags = 0;
  state.shadow = InterruptShadow::None;
  state.pending_debug = 0;
  cpu_.registers.flags.assign(eflags::kReserved1);
  for (SegmentRegister& segment : state.segments) segment = {kKernelData, {kFlatDataRights}, 0, 0xffff'ffff};
  state.segment(Segment::Cs) = {kKernelCode, {kFlatCodeRights}, 0, 0xffff'ffff};
  state.gdtr = {kGuestKernel + kGdt, kGlobalTableLimit};
  state.idtr = {kGuestKernel + kIdt, 8 * kExceptions - 1};
  state.tr = {kTask, {kBusyTssRights}, kGuestKernel + kTss, kTssLimit};
  state.ldtr = {
      kTable, {kLdtRights}, kGuestKernel + kLdt, static_cast<u32>(8 * oracle_descriptors().size() - 1)};
  state.msr.efer = efer::kNxe;
  state.cr4 = cr4::kPae | cr4::kOsfxsr | cr4::kOsxmmexcpt;
  state.cr3 = static_cast<u32>(kPointers);
  for (unsigned i = 0; i < state.pdpte.size(); ++i) state.pdpte[i] = peek<u64>(kPointers + 8 * i);
  state.cr0 = cr0::kPe | cr0::kMp | cr0::kEt | cr0::kNe | cr0::kWp | cr0::kAm | cr0::kPg;
  cpu_.registers.eip = kGuestKernel + kHandlers + 1;
  state.activity = Activity::Halted;
  cpu_.paging_changed();
  machine_.attach();
}

void OracleGuest::load_image(const MemoryImage& image) {
  const GuestMemory& memory = machine_.memory();
  for (u32 offset = 0; offset < image.size(); offset += kPageSize) {
    const u64 physical = kPages + offset;
    const u8* page = memory.store().page(HostFrame(static_cast<u32>(physical >> kPageShift)));
    const std::span<const u8> wanted(image.data() + offset, kPageSize);
    // Code pages mostly differ in a few bytes, and decoded blocks hang on the others.
    const auto [first, at] = std::mismatch(wanted.begin(), wanted.end(), page);
    if (first == wanted.end()) continue;
    auto last = wanted.end();
    while (*(last - 1) == page[last - 1 - wanted.begin()]) --last;
    machine_.memory().write(GuestPhysical(physical + static_cast<u64>(first - wanted.begin())),
                            std::as_bytes(std::span(first, last)));
  }
}

void OracleGuest::load_fx(const FxImage& fx) {
  X87State& x87 = cpu_.x87;
  x87.control.assign(fx.control());
  x87.status.assign(fx.status());
  x87.valid = fx.valid();
  x87.last_opcode = fx.get<u16>(FxImage::kOpcode);
  x87.instruction_offset = fx.get<u32>(FxImage::kInstruction);
  x87.data_offset = fx.get<u32>(FxImage::kData);
  x87.instruction_selector = 0;
  x87.data_selector = 0;
  for (u8 i = 0; i < 8; ++i) x87.registers[x87.physical(i)] = fx.st(i);
  cpu_.sse.mxcsr = fx.mxcsr();
  for (unsigned i = 0; i < 8; ++i)
    std::copy_n(fx.bytes.begin() + FxImage::kXmm + 16 * i, 16, cpu_.sse.xmm[i].bytes.begin());
}

void OracleGuest::load_state(const OracleState& state) {
  for (unsigned i = 0; i < state.gpr.size(); ++i) cpu_.registers.set(static_cast<Gpr>(i), state.gpr[i]);
  load_fx(state.fx);
  const std::array<u32, 9> frame = {state.selector(Segment::Gs),
                                    state.selector(Segment::Fs),
                                    state.selector(Segment::Es),
                                    state.selector(Segment::Ds),
                                    state.eip,
                                    state.selector(Segment::Cs),
                                    state.eflags,
                                    state.get(Gpr::Esp),
                                    state.selector(Segment::Ss)};
  poke(kKernel + kFrame, frame);
  cpu_.registers.set(Gpr::Esp, kGuestKernel + kFrame);
  cpu_.registers.eip = kGuestKernel + kEntry;
  PrivilegedState& guest = cpu_.guest_view().state;
  guest.activity = Activity::Running;
  guest.dr6 = dr6::kReset;
  guest.cr2 = 0;
  cpu_.state_changed();
}

FxImage OracleGuest::store_fx() const {
  FxImage fx;
  const X87State& x87 = cpu_.x87;
  fx.set<u16>(FxImage::kControl, x87.control.value());
  fx.set<u16>(FxImage::kStatus, x87.status.value());
  fx.set<u8>(FxImage::kValid, x87.valid);
  fx.set<u16>(FxImage::kOpcode, x87.last_opcode);
  fx.set<u32>(FxImage::kInstruction, x87.instruction_offset);
  fx.set<u32>(FxImage::kData, x87.data_offset);
  fx.set<u32>(FxImage::kMxcsr, cpu_.sse.mxcsr);
  for (u8 i = 0; i < 8; ++i) fx.set_st(i, x87.registers[x87.physical(i)]);
  for (unsigned i = 0; i < 8; ++i)
    std::copy_n(cpu_.sse.xmm[i].bytes.begin(), 16, fx.bytes.begin() + FxImage::kXmm + 16 * i);
  return fx;
}

void OracleGuest::note_changes(const MemoryImage& before, std::vector<MemoryChange>& changes) {
  const MemoryStore& store = machine_.memory().store();
  for (u32 offset = 0; offset < before.size(); offset += kPageSize) {
    const u8* page = store.page(HostFrame(static_cast<u32>((kPages + offset) >> kPageShift)));
    if (std::equal(page, page + kPageSize, before.begin() + offset)) continue;
    for (u32 i = 0; i < kPageSize; ++i) {
      if (page[i] != before[offset + i]) changes.push_back({image_linear(offset + i), page[i]});
    }
  }
}

OracleOutcome OracleGuest::outcome(const MemoryImage& before) {
  OracleOutcome outcome;
  const u32 behind = cpu_.registers.eip - 1 - (kGuestKernel + kHandlers);
  if (behind >= kExceptions) return outcome;
  outcome.ended = true;
  outcome.vector = static_cast<u8>(behind);
  const PrivilegedState& guest = cpu_.guest_view().state;
  constexpr u32 kFrameSize = 5 * sizeof(u32);
  const auto frame = peek<std::array<u32, 5>>(kKernel + kStackEnd - kFrameSize);
  if (has_error_code(static_cast<Vector>(behind)))
    outcome.error_code = peek<u32>(kKernel + kStackEnd - kFrameSize - sizeof(u32));
  if (static_cast<Vector>(behind) == Vector::PageFault) outcome.fault_address = guest.cr2;
  OracleState& after = outcome.after;
  for (unsigned i = 0; i < after.gpr.size(); ++i) after.gpr[i] = cpu_.registers.get(static_cast<Gpr>(i));
  for (unsigned i = 0; i < kSegmentCount; ++i) after.selectors[i] = guest.segments[i].selector;
  after.eip = frame[0];
  after.set_selector(Segment::Cs, static_cast<u16>(frame[1]));
  after.eflags = frame[2];
  after.set(Gpr::Esp, frame[3]);
  after.set_selector(Segment::Ss, static_cast<u16>(frame[4]));
  after.fx = store_fx();
  note_changes(before, outcome.changes);
  return outcome;
}

OracleOutcome OracleGuest::run(const OracleCase& c, const MemoryImage& before) {
  load_image(before);
  load_state(c.before);
  static_cast<void>(cpu_.run(cpu_.ticks() + kEnterInstructions));
  // To a 16-bit stack IRETD has left the upper half of the kernel's ESP, as processors do.
  cpu_.registers.set(Gpr::Esp, c.before.get(Gpr::Esp));
  if (cpu_.run(cpu_.ticks() + kPatience).reason == ExitReason::Halted) return outcome(before);
  // Out of the program and into the kernel again.
  machine_.detach();
  enter_kernel();
  return {};
}

}  // namespace ringdown::test
