// The memory that every fuzzed guest starts from, and the way back to it.
#include "tests/fuzz/fuzz_machine.h"

#include <cstring>
#include <map>
#include <tuple>

#include "cpu/system/task_state.h"
#include "tests/support/chunk_payload.h"
#include "tests/support/emitter.h"

namespace ringdown::test {

namespace {

constexpr u32 kPresentWritableUser = 7, kLargePage = 0x80;
constexpr u32 kVectors = 256;

std::vector<std::byte> state_file(Serializable& component) {
  StateWriter writer;
  writer.add(component);
  return {writer.data().begin(), writer.data().end()};
}

bool restore_from(std::vector<std::byte> file, Serializable& component) {
  auto reader = StateReader::open(std::move(file), "fuzz input");
  return reader && reader->restore(component);
}

void place_code(CodeMachine& m, u32 address, const Emitter& code) {
  m.memory.write(GuestPhysical(address), std::as_bytes(std::span(code.bytes)));
}

}  // namespace

FuzzMachine::FuzzMachine(ProcessorConfig config, const CpuModel& model)
    : CodeMachine(config, model, kFuzzRamSize) {
  place_page_tables();
  place_recovery();
  place_task();
  port.on_write = page.on_write = [this](u32 offset, u64 value) {
    switch (offset % 4) {
      case 0:
        interrupt(static_cast<u8>(value));
        break;
      case 1:
        cpu.pulse_nmi();
        break;
      case 2:  // DMA into the code
        poke<u8>(kCode + (value & kPageOffsetMask), static_cast<u8>(value >> 12));
        break;
      case 3:
        memory.set_a20((value & 1) != 0);
        break;
    }
  };
  fresh_processor_ = state_file(cpu);
  const auto* ram = reinterpret_cast<const std::byte*>(store.page(HostFrame(0)));
  fresh_memory_.assign(ram, ram + kFuzzRamSize);
}

void FuzzMachine::place_recovery() {
  Emitter recover;
  recover.hex("66b8").w(data(0)).hex("8ed0 bc").d(kFrame);  // mov ss, ax; mov esp, frame
  recover.hex("368305").d(kResumeIndex).hex("04 368325").d(kResumeIndex).hex("1c");  // next place, of eight
  recover.hex("36a1").d(kResumeIndex).hex("368b80").d(kResume).hex("36a3").d(kFrame).hex("cf");
  place_code(*this, kRecover, recover);
  Emitter recover16;
  recover16.hex("31c0 8ed0 bc").w(kFrame16);
  recover16.hex("368306").w(kResumeIndex).hex("04 368326").w(kResumeIndex).hex("1c 368b1e").w(kResumeIndex);
  recover16.hex("368b87").w(kResume).hex("36a3").w(kFrame16).hex("cf");
  place_code(*this, kRecover16, recover16);
  for (u32 vector = 0; vector < kVectors; ++vector) {
    gate(static_cast<u8>(vector), kRecover, 3);
    poke<u32>(4 * vector, kRecover16);
  }
  poke<u16>(kTss + tss32::kSize + kPort / 8, 0);  // the recorder's ports are everybody's
}

void FuzzMachine::place_page_tables() {
  enable_paging();
  poke<u32>(kTables + 4, kPageTable | kPresentWritableUser);
  poke<u32>(kLargeRoot, kLargePage | kPresentWritableUser);
  poke<u32>(kLargeRoot + 4, kLargePage | kPresentWritableUser);
  poke<u64>(kPaeRoot, kPaeDirectory | 1u);
  poke<u64>(kPaeRoot + 8, kPaeDirectory | 1u);
  poke<u64>(kPaeDirectory, kPaeTable | kPresentWritableUser);
  poke<u64>(kPaeDirectory + 8, kDevicePage | kLargePage | kPresentWritableUser);
  for (u32 i = 0; i < 512; ++i) poke<u64>(kPaeTable + 8 * i, (i << kPageShift) | kPresentWritableUser);
  set_ring(0);  // without paging, which is the guest's choice
}

void FuzzMachine::place_task() {
  constexpr u8 kAvailableTss = 0xe9, kTaskGateAccess = 0xe5, kCallGateAccess = 0xec;
  gdt(kTask, segment_descriptor(kTaskState, tss32::kSize - 1, kAvailableTss, 0));
  gdt(kTaskGate, (u64{kTask} << 16) | (u64{kTaskGateAccess} << 40));
  gdt(kCallGate, (kRecover & 0xffff) | (u64{code(0)} << 16) | (u64{kCallGateAccess} << 40));
  poke<u32>(kTaskState + tss32::kCr3, kTables);
  poke<u32>(kTaskState + tss32::kEip, kRecover);
  poke<u32>(kTaskState + tss32::kEip + 4, eflags::kReserved1);
  poke<u32>(kTaskState + tss32::kEip + 8 + 4 * static_cast<u32>(Gpr::Esp), stack_top(0));
  for (unsigned i = 0; i < kSegmentCount; ++i) {
    const bool is_code = static_cast<Segment>(i) == Segment::Cs;
    poke<u32>(kTaskState + tss32::kEip + 40 + 4 * i, is_code ? code(0) : data(0));
  }
  poke<u32>(kTss + tss32::kCr3, kTables);
}

void FuzzMachine::renew() {
  if (!restore_from(fresh_processor_, cpu)) std::abort();
  memory.set_a20(true);
  for (u32 at = 0; at < kFuzzRamSize; at += kPageSize) {
    const std::span<const std::byte> page_bytes = std::span(fresh_memory_).subspan(at, kPageSize);
    if (std::memcmp(store.page(HostFrame(at >> kPageShift)), page_bytes.data(), kPageSize) != 0)
      memory.write(GuestPhysical(at), page_bytes);
  }
  port.accesses.clear();
  page.accesses.clear();
}

void FuzzMachine::forge(std::span<const ForgedByte> bytes) {
  CapturingArchive archive(cpu.chunk_version());
  cpu.serialize(archive);
  // The first bytes are the ticks: the run is to end.
  const std::size_t first = sizeof(Ticks);
  for (const ForgedByte& byte : bytes)
    archive.payload[first + byte.offset % (archive.payload.size() - first)] = std::byte{byte.value};
  ForgedChunk chunk(cpu, std::move(archive.payload));
  restore_from(state_file(chunk), cpu);
}

FuzzMachine& kept_machine(unsigned use, ProcessorConfig config, const CpuModel& model) {
  using Key = std::tuple<unsigned, bool, std::string_view>;
  static std::map<Key, FuzzMachine> machines;
  return machines.try_emplace(Key{use, config.single_instruction_blocks, model.name()}, config, model)
      .first->second;
}

}  // namespace ringdown::test
