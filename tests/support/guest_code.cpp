// A machine of processor and memory that runs a few bytes of guest code and says how they ended.
#include "tests/support/guest_code.h"

namespace ringdown::test {

namespace {

constexpr u32 kIdt = 0x1000;
constexpr u32 kGdt = 0x1800;
/// A HLT for each vector.
constexpr u32 kHandlers = 0x2000;
constexpr u32 kVectors = 32;
constexpr u16 kCodeSelector = 8;
constexpr u16 kDataSelector = 16;
constexpr u8 kHlt = 0xf4;

/// Present, DPL 0, accessed, 32 bits, page granular; the type's bit 3 tells code from data.
constexpr u16 kCodeAttributes = 0xc09b;
constexpr u16 kDataAttributes = 0xc093;

MemoryStore make_store() {
  Result<MemoryStore> store = MemoryStore::create(GuestCode::kRamSize, 0);
  return std::move(*store);
}

/// A descriptor of base 0.
u64 descriptor(u32 limit, u16 attributes) {
  const u64 pages = limit >> kPageShift;
  const u64 rights = attributes;
  return (pages & 0xffff) | (rights & 0xff) << 40 | (pages >> 16 & 0xf) << 48 | (rights >> 12) << 52;
}

/// A 32-bit interrupt gate at DPL 0.
u64 gate(u32 offset) {
  constexpr u64 kInterruptGate = 0x8e00;
  return (offset & 0xffffu) | u64{kCodeSelector} << 16 | kInterruptGate << 32 | u64{offset >> 16} << 48;
}

}  // namespace

GuestCode::GuestCode(CodeMode mode, ProcessorConfig config)
    : mode_(mode),
      store_(make_store()),
      cpu_(std::make_unique<Processor>(memory_, ports_, CpuModel::standard(), config)) {
  memory_.map_ram(GuestPhysical(0), kRamSize, HostFrame(0));
  build_tables();
  if (mode == CodeMode::Real16) {
    for (const Segment s : {Segment::Es, Segment::Ss, Segment::Ds, Segment::Fs, Segment::Gs})
      set_segment(s, 0);
  } else {
    set_up_protected();
  }
  set(Gpr::Esp, kStackTop);
}

void GuestCode::build_tables() {
  for (u32 vector = 0; vector < kVectors; ++vector) {
    write<u8>(kHandlers + vector, kHlt);
    if (mode_ == CodeMode::Real16) {
      write<u32>(4 * vector, kHandlers + vector);
    } else {
      write<u64>(kIdt + 8 * vector, gate(kHandlers + vector));
    }
  }
  const u32 limit = mode_ == CodeMode::Segmented32 ? kSegmentLimit : 0xffff'ffffu;
  write<u64>(kGdt + kCodeSelector, descriptor(limit, kCodeAttributes));
  write<u64>(kGdt + kDataSelector, descriptor(limit, kDataAttributes));
}

void GuestCode::set_up_protected() {
  PrivilegedState& state = cpu_->state;
  const u32 limit = mode_ == CodeMode::Segmented32 ? kSegmentLimit : 0xffff'ffffu;
  for (SegmentRegister& segment : state.segments) segment = {kDataSelector, {kDataAttributes}, 0, limit};
  state.segment(Segment::Cs) = {kCodeSelector, {kCodeAttributes}, 0, limit};
  state.cr0 = cr0::kPe | cr0::kEt;
  state.idtr = {kIdt, 8 * kVectors - 1};
  state.gdtr = {kGdt, kDataSelector + 7};
}

void GuestCode::set_segment(Segment segment, u16 paragraph) {
  cpu_->state.segment(segment) = {paragraph, {0x0093}, u32{paragraph} << 4, 0xffff};
}

void GuestCode::place(u32 linear, std::span<const u8> bytes) {
  memory_.write(GuestPhysical(linear), std::as_bytes(bytes));
}

Outcome GuestCode::run(std::span<const u8> code, Ticks limit) {
  place(kCode, code);
  write<u8>(kCode + static_cast<u32>(code.size()), kHlt);
  u32 start = kCode;
  if (mode_ == CodeMode::Real16) {
    set_segment(Segment::Cs, kCodeParagraph);
    start = 0;
  }
  cpu_->registers.eip = start;
  code_end_ = start + static_cast<u32>(code.size()) + 1;
  return go_on(limit);
}

Outcome GuestCode::go_on(Ticks limit) {
  cpu_->state.activity = Activity::Running;
  cpu_->state_changed();
  const Ticks before = cpu_->ticks();
  const Exit exit = cpu_->run(before + limit);
  Outcome outcome;
  outcome.ticks = cpu_->ticks() - before;
  if (exit.reason != ExitReason::Halted) return outcome;
  --outcome.ticks;
  const u32 eip = cpu_->registers.eip;
  outcome.completed = eip == code_end_;
  if (outcome.completed || eip <= kHandlers || eip > kHandlers + kVectors) return outcome;
  outcome.vector = static_cast<Vector>(eip - kHandlers - 1);
  const u32 stack = cpu_->state.segment(Segment::Ss).base + get(Gpr::Esp);
  if (mode_ == CodeMode::Real16) {
    outcome.eip = read<u16>(stack);
  } else if (has_error_code(*outcome.vector)) {
    outcome.error_code = read<u32>(stack);
    outcome.eip = read<u32>(stack + 4);
  } else {
    outcome.eip = read<u32>(stack);
  }
  return outcome;
}

}  // namespace ringdown::test
