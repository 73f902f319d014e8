// Brings the machine into a state, lets one instruction run, and looks at what it left.
#include "frontend/lab/classify/engine/machine.h"

#include <algorithm>
#include <cstring>

#include "frontend/lab/classify/engine/state.h"

namespace ringdown::classify {

namespace {

constexpr u8 kHlt = 0xf4;

MemoryStore make_store() {
  Result<MemoryStore> store = MemoryStore::create(kRamSize, 0);
  return std::move(*store);
}

ProcessorConfig one_by_one(HandlerSubstitution substitution) {
  ProcessorConfig config;
  config.single_instruction_blocks = true;
  config.substitution = std::move(substitution);
  return config;
}

/// Where the program's segments begin in memory.
u32 program_physical(const Setting& setting, const PrivilegedState& state) {
  return program_base(setting) + frame_offset(setting, state);
}

}  // namespace

ExperimentMachine::ExperimentMachine(const CpuModel& model, HandlerSubstitution substitution)
    : model_(model),
      store_(make_store()),
      cpu_(memory_, ports_bus_, model, one_by_one(std::move(substitution))) {
  map_memory();
  write_page_tables(memory_);
  constexpr u32 kPorts = 0x1'0000;
  static_cast<void>(ports_bus_.attach(0, kPorts, ports_, "ports"));
  cpu_.connect_platform({[this] { return apic_base_; }, [this](u64 value) { apic_base_ = value; },
                         [this](bool asserted) { ferr_ = ferr_ || asserted; }});
}

/// Only what is looked at between runs can be stored to: no run leaves anything for the next one.
void ExperimentMachine::map_memory() {
  memory_.map_device(GuestPhysical(0), kRamSize);
  memory_.map_ram(GuestPhysical(0), kPageTable[1] + kPageSize, HostFrame(0));
  for (const u32 program : kProgram) {
    for (const u32 frames : {0u, kOtherFrames}) {
      const u32 code = program + frames + kCode, data = program + frames + kDataPage;
      memory_.map_rom(GuestPhysical(code), kPageSize, HostFrame(code >> kPageShift));
      memory_.map_ram(GuestPhysical(data), kPageSize, HostFrame(data >> kPageShift));
      page_at(code)[kHandler - kCode] = kHlt;
      page_at(code)[kOtherHandler - kCode] = kHlt;
    }
  }
}

void ExperimentMachine::place_tables(const Setting& setting) {
  if (!tables_.update(setting) && tables_intact_) return;
  for (u32 page = 0; page < kTablesEnd; page += kPageSize)
    std::memcpy(page_at(page), tables_.image().data() + page, std::min(kPageSize, kTablesEnd - page));
  tables_intact_ = true;
}

bool ExperimentMachine::tables_changed() {
  for (u32 page = 0; page < kTablesEnd; page += kPageSize) {
    const u32 length = std::min(kPageSize, kTablesEnd - page);
    if (std::memcmp(page_at(page), tables_.image().data() + page, length) != 0) tables_intact_ = false;
  }
  return !tables_intact_;
}

/// Through the memory's seam, since decoded blocks hang on it.
void ExperimentMachine::place_code(const Case& c, u32 physical) {
  if (std::equal(c.bytes.begin(), c.bytes.end(), page_at(physical))) return;
  memory_.write_frame(HostFrame(physical >> kPageShift), physical & kPageOffsetMask,
                      std::as_bytes(std::span(c.bytes)));
}

void ExperimentMachine::place_data(const Case& c, u32 physical) {
  u8* const page = page_at(physical);
  std::memset(page, 0, kPageSize);
  std::memcpy(page + kData - kDataPage, c.data.data(), sizeof(c.data));
  std::memcpy(page + kStack - kDataPage, c.stack.data(), sizeof(c.stack));
}

void ExperimentMachine::load_processor(const Case& c, const PrivilegedState& state) {
  const bool paging_differs = cpu_.state.cr0 != state.cr0 || cpu_.state.cr3 != state.cr3 ||
                              cpu_.state.cr4 != state.cr4 || cpu_.state.msr.efer != state.msr.efer ||
                              cpu_.state.pdpte != state.pdpte;
  cpu_.state = state;
  for (unsigned i = 0; i < c.gpr.size(); ++i) cpu_.registers.set(static_cast<Gpr>(i), c.gpr[i]);
  cpu_.registers.eip = kCode;
  cpu_.registers.flags.assign(c.flags | eflags::kReserved1);
  cpu_.x87 = x87_of(c);
  // The last x87 instruction ran in these segments.
  cpu_.x87.instruction_selector = state.segment(Segment::Cs).selector;
  cpu_.x87.data_selector = state.segment(Segment::Ds).selector;
  cpu_.sse = sse_of(c);
  if (paging_differs) cpu_.paging_changed();
  cpu_.state_changed();
  cpu_.update_fpu_blocked();
}

std::optional<u8> ExperimentMachine::step() {
  // A handler's first instruction may run as well: what it leaves is not looked at.
  cpu_.run(cpu_.ticks() + 1);
  const std::array<u64, 256>& counts = cpu_.counters().exceptions;
  const auto changed = std::mismatch(exceptions_.begin(), exceptions_.end(), counts.begin());
  if (changed.first == exceptions_.end()) return std::nullopt;
  const auto vector = static_cast<u8>(changed.first - exceptions_.begin());
  std::copy_n(counts.begin(), exceptions_.size(), exceptions_.begin());
  return vector;
}

void ExperimentMachine::take(const PrivilegedState& before, u32 data_physical, Outcome& outcome) {
  for (unsigned i = 0; i < outcome.gpr.size(); ++i) outcome.gpr[i] = cpu_.registers.get(static_cast<Gpr>(i));
  outcome.eip = cpu_.registers.eip;
  outcome.flags = cpu_.registers.flags.value();
  for (std::size_t i = 0; i < kSegmentCount; ++i) {
    outcome.selectors_before[i] = before.segments[i].selector;
    outcome.selectors[i] = cpu_.state.segments[i].selector;
  }
  outcome.x87 = cpu_.x87;
  outcome.sse = cpu_.sse;
  std::memcpy(outcome.data.data(), page_at(data_physical), kPageSize);
}

void ExperimentMachine::run(const Case& c, const Setting& setting, Outcome& outcome) {
  const PrivilegedState before = make_state(setting, model_);
  const u32 program = program_physical(setting, before);
  place_tables(setting);
  place_code(c, program + kCode);
  place_data(c, program + kDataPage);
  apic_base_ = apic_base_of(setting);
  ferr_ = false;
  ports_.reads = ports_.writes = 0;
  load_processor(c, before);

  const std::optional<u8> vector = step();
  const Surroundings after{apic_base_, ports_.reads, ports_.writes, tables_changed()};
  outcome.changes.clear();
  outcome.vector = vector.value_or(0);
  outcome.end = End::Completed;
  if (vector) {
    outcome.end = is_memory_trap(static_cast<Vector>(*vector)) ? End::MemoryTrapped : End::Trapped;
  } else if (ferr_) {
    // Without CR0.NE the unit reports by an interrupt.
    outcome.end = End::Trapped;
    outcome.vector = static_cast<u8>(Vector::FloatingPoint);
  }
  if (!outcome.completed()) return;
  take(before, program + kDataPage, outcome);
  outcome.changes = resource_changes(before, cpu_.state, {apic_base_of(setting), 0, 0, false}, after);
}

}  // namespace ringdown::classify
