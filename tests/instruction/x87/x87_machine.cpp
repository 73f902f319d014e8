// Sets up the processor for x87 instructions.
#include "tests/instruction/x87/x87_machine.h"

#include "mmu/page_entry.h"

namespace ringdown::test {

namespace {

constexpr u64 kRamSize = u64{1} << 20;
constexpr u32 kDirectory = 0x8000;
constexpr u32 kTable = 0x9000;
constexpr u64 kUserPage = page_entry::Present::kMask | page_entry::Writable::kMask | page_entry::User::kMask;
// Present, DPL 3, accessed, 4 GiB, 32-bit.
constexpr u16 kFlatCode = 0xc0fb;
constexpr u16 kFlatData = 0xc0f3;

MemoryStore make_store() {
  Result<MemoryStore> store = MemoryStore::create(kRamSize, 0);
  return std::move(*store);
}

}  // namespace

TrapHandler::Outcome FaultCatcher::on_exception(const Fault& fault, const Operation*) {
  caught = fault;
  // Or the processor would try the instruction again.
  cpu_.state.activity = Activity::Halted;
  return Outcome::NotRetired;
}

X87Machine::X87Machine(ProcessorConfig config)
    : store_(make_store()), cpu(memory_, ports_, CpuModel::standard(), config) {
  memory_.map_ram(GuestPhysical(0), kRamSize, HostFrame(0));
  build_page_table();
  PrivilegedState& state = cpu.state;
  for (SegmentRegister& segment : state.segments) segment = {kDataSelector, {kFlatData}, 0, 0xffff'ffff};
  state.segment(Segment::Cs) = {kCodeSelector, {kFlatCode}, 0, 0xffff'ffff};
  state.cpl = 3;
  state.cr3 = kDirectory;
  state.cr0 = cr0::kPe | cr0::kPg | cr0::kNe | cr0::kEt;
  cpu.paging_changed();
  cpu.set_trap_handler(&catcher_);
  cpu.connect_platform({{}, {}, [this](bool asserted) { ferr.push_back(asserted); }});
  cpu.x87.initialize();
  cpu.state_changed();
}

X87Machine::~X87Machine() { cpu.set_trap_handler(nullptr); }

void X87Machine::build_page_table() {
  poke(kDirectory, static_cast<u32>(kTable | kUserPage));
  for (u32 page = 0; page < kRamSize; page += kPageSize) {
    poke(kTable + page / kPageSize * 4, page == kHole ? 0u : static_cast<u32>(page | kUserPage));
  }
}

bool X87Machine::execute(const Code& code) { return execute_block(code, 1); }

bool X87Machine::execute_block(const Code& code, unsigned count) {
  for (std::size_t i = 0; i < code.size(); ++i) poke(kCode + static_cast<u32>(i), code[i]);
  cpu.registers.eip = cpu.state.virtual_8086() ? 0 : kCode;
  cpu.registers.set(Gpr::Edi, kData);
  catcher_.caught.reset();
  cpu.state.activity = Activity::Running;
  cpu.state_changed();
  for (const Ticks end = cpu.ticks() + count; cpu.ticks() < end && !catcher_.caught;) {
    cpu.run(cpu.ticks() + 1);
  }
  return !catcher_.caught;
}

void X87Machine::set_cr0(u32 bits, bool on) {
  cpu.state.cr0 = on ? cpu.state.cr0 | bits : cpu.state.cr0 & ~bits;
}

void X87Machine::enter_virtual_8086() {
  cpu.state.flags |= eflags::kVm;
  for (SegmentRegister& segment : cpu.state.segments) segment = v86_segment(0);
  cpu.state.segment(Segment::Cs) = v86_segment(kCode / 16);
}

}  // namespace ringdown::test
