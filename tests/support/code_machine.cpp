// A processor with RAM, descriptor tables for four rings, recorded devices and a clock.
#include "tests/support/code_machine.h"

#include <algorithm>
#include <cstdlib>
#include <ios>
#include <string>

#include "cpu/system/task_state.h"

namespace ringdown::test {

namespace {

constexpr u8 kHlt = 0xf4;
constexpr u32 kVectors = 256;
constexpr u8 kCodeAccess = 0x9b, kDataAccess = 0x93, kBusyTss = 0x8b, kLdtAccess = 0x82;
constexpr u8 kInterruptGate = 0x8e;
constexpr u16 kFlatCode = 0xc09b, kFlatData = 0xc093;
constexpr u32 kTssLimit = tss32::kSize + 0x2000;

u8 with_dpl(u8 access, unsigned dpl) { return static_cast<u8>(access | (dpl << 5)); }

unsigned digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

/// The board of a test is wired wrongly: nothing that a case could report.
void must(const Result<void>& attached) {
  if (!attached) std::abort();
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const DeviceAccess& a) {
  return out << (a.write ? "write " : "read ") << std::hex << a.value << " at " << a.offset << std::dec
             << " tick " << a.tick;
}

u64 RecordingDevice::read(u32 offset, Width width) {
  const u64 value = clock_.ticks() & open_bus(width);
  accesses.push_back({clock_.ticks(), offset, value, false});
  return value;
}

void RecordingDevice::write(u32 offset, Width, u64 value) {
  accesses.push_back({clock_.ticks(), offset, value, true});
  if (on_write) on_write(offset, value);
}

CodeMachine::CodeMachine(ProcessorConfig config, const CpuModel& model, u32 ram_size)
    : store(std::move(*MemoryStore::create(ram_size, 0))), cpu(memory, ports, model, config) {
  memory.map_ram(GuestPhysical(0), ram_size, HostFrame(0));
  memory.map_device(GuestPhysical(kDevicePage), kPageSize);
  must(ports.attach(kPort, 16, port, "recorder"));
  must(devices.attach(kDevicePage, kPageSize, page, "recorder page", Width::Qword));
  scheduler.connect(cpu);
  cpu.connect_scheduler(scheduler);
  cpu.connect_interrupts(*this);
  for (unsigned ring = 0; ring < 4; ++ring) {
    gdt(code(ring), segment_descriptor(0, 0xf'ffff, with_dpl(kCodeAccess, ring)));
    gdt(data(ring), segment_descriptor(0, 0xf'ffff, with_dpl(kDataAccess, ring)));
  }
  gdt(kTssSelector, segment_descriptor(kTss, kTssLimit, kBusyTss, 0));
  gdt(kLdtSelector, segment_descriptor(kLdt, 0xff, kLdtAccess, 0));
  for (unsigned ring = 0; ring < 3; ++ring) {
    poke<u32>(kTss + tss32::kEsp0 + 8 * ring, stack_top(ring));
    poke<u16>(kTss + tss32::kEsp0 + 8 * ring + 4, data(ring));
  }
  poke<u16>(kTss + tss32::kIoMapBase, tss32::kSize);
  for (u32 i = 0; i <= 0x2000; ++i) poke<u8>(kTss + tss32::kSize + i, 0xff);
  set_ring(0);
}

void CodeMachine::set_ring(unsigned ring) {
  PrivilegedState& s = cpu.state;
  s.cr0 = cr0::kPe | cr0::kEt;
  s.cpl = static_cast<u8>(ring);
  for (SegmentRegister& segment : s.segments)
    segment = {data(ring), {static_cast<u16>(kFlatData | (ring << 5))}, 0, 0xffff'ffff};
  s.segment(Segment::Cs) = {code(ring), {static_cast<u16>(kFlatCode | (ring << 5))}, 0, 0xffff'ffff};
  s.gdtr = {kGdt, kGdtLimit};
  s.idtr = {kIdt, 0x7ff};
  s.tr = {kTssSelector, {kBusyTss}, kTss, kTssLimit};
  s.ldtr = {kLdtSelector, {kLdtAccess}, kLdt, 0xff};
  for (u32 vector = 0; vector < kVectors; ++vector) {
    poke<u8>(kHandlers + vector, kHlt);
    gate(static_cast<u8>(vector), kHandlers + vector);
  }
  cpu.registers.eip = kCode;
  set(Gpr::Esp, stack_top(ring));
  cpu.paging_changed();
  cpu.state_changed();
}

void CodeMachine::set_real_mode() {
  PrivilegedState& s = cpu.state;
  s.cr0 = cr0::kEt;
  s.cpl = 0;
  for (SegmentRegister& segment : s.segments) segment = {0, {0x0093}, 0, 0xffff};
  s.segment(Segment::Cs) = {kCode >> 4, {0x0093}, kCode, 0xffff};
  s.idtr = {0, 0x3ff};
  for (u32 vector = 0; vector < kVectors; ++vector) poke<u32>(4 * vector, kHandlers + vector);
  cpu.registers.eip = 0;
  set(Gpr::Esp, 0x9000);
  cpu.paging_changed();
  cpu.state_changed();
}

void CodeMachine::enable_paging() {
  constexpr u32 kPresentWritableUser = 7;
  poke<u32>(kTables, kPageTable | kPresentWritableUser);
  for (u32 page_number = 0; page_number < 1024; ++page_number)
    poke<u32>(kPageTable + 4 * page_number, (page_number << kPageShift) | kPresentWritableUser);
  cpu.state.cr3 = kTables;
  cpu.state.cr0 |= cr0::kPg | cr0::kWp;
  cpu.paging_changed();
  cpu.state_changed();
}

u32 CodeMachine::place(u32 linear, std::string_view hex) {
  std::string digits;
  std::copy_if(hex.begin(), hex.end(), std::back_inserter(digits), [](char c) { return c != ' '; });
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    poke<u8>(linear++, static_cast<u8>(digit(digits[i]) * 16 + digit(digits[i + 1])));
  return linear;
}

void CodeMachine::gate(u8 vector, u32 handler, unsigned dpl) {
  poke<u64>(kIdt + 8u * vector, (handler & 0xffff) | (u64{code(0)} << 16) |
                                    (u64{with_dpl(kInterruptGate, dpl)} << 40) | (u64{handler >> 16} << 48));
}

Exit CodeMachine::run(Ticks ticks) {
  const Ticks limit = cpu.ticks() + ticks;
  for (;;) {
    scheduler.run_due();
    if (cpu.ticks() >= limit) return {};
    const Exit exit = cpu.run(std::max(std::min(limit, scheduler.next_deadline_ticks()), cpu.ticks()));
    if (exit.reason != ExitReason::Budget) return exit;
  }
}

Taken CodeMachine::run_to_handler(Ticks ticks) {
  Taken taken;
  if (run(ticks).reason != ExitReason::Halted) return taken;
  const SystemView& view = cpu.guest_view();
  const u32 behind = view.registers.eip - 1 - kHandlers;
  if (behind >= kVectors) return taken;
  taken.vector = static_cast<int>(behind);
  u32 stack = view.state.segment(Segment::Ss).base + get(Gpr::Esp);
  if (!view.state.protected_mode()) {
    taken.eip = peek<u16>(stack);
    taken.cs = peek<u16>(stack + 2);
    taken.eflags = peek<u16>(stack + 4);
    return taken;
  }
  if (has_error_code(static_cast<Vector>(behind))) {
    taken.error_code = peek<u32>(stack);
    stack += 4;
  }
  taken.eip = peek<u32>(stack);
  taken.cs = peek<u32>(stack + 4);
  taken.eflags = peek<u32>(stack + 8);
  return taken;
}

void CodeMachine::at(Ticks tick, std::function<void()> callback) {
  const EventId event =
      scheduler.add("test", static_cast<u32>(events_.size()), [callback](Picoseconds) { callback(); });
  events_.push_back(event);
  scheduler.schedule(event, tick * (kPicosecondsPerSecond / kTicksPerSecond));
}

void CodeMachine::interrupt(u8 vector) {
  vector_ = vector;
  cpu.set_intr(Level::High);
}

u8 CodeMachine::acknowledge() {
  cpu.set_intr(Level::Low);
  return vector_;
}

}  // namespace ringdown::test
