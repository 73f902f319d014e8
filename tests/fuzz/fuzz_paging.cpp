// Fuzzes the page walk and the shadow tables with any tables: edits, accesses, INVLPG, DMA and
// control-register loads in any order must show the guest the same under shadow paging, bare paging and the
// manual's walk.
#include <fmt/core.h>

#include <algorithm>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/mmu/paging_trial.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

constexpr std::size_t kMaximumSteps = 200;
/// So many steps apart, whole tables are compared and the shadow is audited.
constexpr std::size_t kThoroughInterval = 16;
/// Few places, so that short inputs meet in them what they have put there.
constexpr u32 kTables = 4, kSlots = 4, kFirstDataFrame = 0x100, kDataFrames = 3;

/// Makes steps of bytes.
class PagingInput {
 public:
  explicit PagingInput(FuzzInput input) : input_(input) {}

  Deprivilege deprivilege() { return input_.below(2) == 0 ? Deprivilege::Ring1 : Deprivilege::Ring3; }
  std::vector<PagingStep> steps() {
    std::vector<PagingStep> steps{controls_step()};
    while (!input_.empty() && steps.size() < kMaximumSteps) steps.push_back(step());
    return steps;
  }

 private:
  PagingStep step() {
    switch (input_.below(16)) {
      case 0:
        return controls_step();
      case 1:
        return {.kind = StepKind::Invlpg, .address = linear()};
      case 2:
        return {.kind = StepKind::Fill, .address = table_frame() << kPageShift, .size = kPageSize};
      case 3:
        return {.kind = input_.below(2) == 0 ? StepKind::Protect : StepKind::Unprotect,
                .address = any_frame()};
      case 4:
        return {.kind = StepKind::A20};
      case 5:
      case 6:
      case 7:
      case 8:
      case 9:
        return store_of_entry();
      default:
        return access();
    }
  }
  /// DMA of an entry into a table, or of a part of one across others.
  PagingStep store_of_entry() {
    PagingStep step{.kind = StepKind::Dma, .size = entry_bytes()};
    step.address = (table_frame() << kPageShift) + slot() * entry_bytes();
    if (input_.below(8) == 0) {
      step.address += input_.below(8);
      step.size = 1 + input_.below(8);
    }
    step.value = entry();
    return step;
  }
  PagingStep access() {
    static constexpr StepKind kKinds[] = {StepKind::Read, StepKind::Write, StepKind::Fetch,
                                          StepKind::Prepare};
    PagingStep step{.kind = kKinds[input_.below(4)]};
    step.privilege = input_.below(2) == 0 ? Privilege::Supervisor : Privilege::User;
    step.size = 1u << input_.below(4);
    step.address = linear();
    // What is stored may be an entry: pages may be tables.
    if (step.kind == StepKind::Write) step.value = entry();
    return step;
  }
  PagingStep controls_step() {
    PagingStep step{.kind = StepKind::Controls};
    const u8 bits = input_.take<u8>();
    PagingControls& controls = step.controls;
    controls.paging = (bits & 1) == 0;
    controls.physical_address_extension = (bits & 2) != 0;
    controls.page_size_extension = (bits & 4) != 0;
    controls.write_protect = (bits & 8) != 0;
    controls.no_execute = (bits & 16) != 0;
    controls.wide_large_pages = (bits & 32) == 0;
    controls.cr3 = table_frame() << kPageShift;
    for (u64& pointer : controls.pdpte) pointer = u64{table_frame()} << kPageShift | input_.below(2);
    pae_ = controls.physical_address_extension;
    return step;
  }

  u32 entry_bytes() const { return pae_ ? 8 : 4; }
  u32 slots() const { return kPageSize / entry_bytes(); }
  /// Mostly one of the first few; the last makes tables recursive.
  u32 slot() {
    const u8 choice = input_.take<u8>();
    return choice < 0xf0 ? choice % kSlots : slots() - 1 - choice % 2;
  }
  u32 table_frame() { return kFirstTableFrame + input_.below(kTables); }
  u32 any_frame() {
    const u8 choice = input_.take<u8>();
    if (choice < 0x80) return kFirstTableFrame + choice % kTables;
    if (choice < 0xe0) return kFirstDataFrame + choice % kDataFrames;
    return choice < 0xf0 ? MemoryMachine::kRamSize / kPageSize - 1 : 0;
  }
  u32 linear() {
    const u32 quarter = pae_ ? input_.below(4) << 30 : 0;
    const u32 directory = slot(), table = slot();
    const u32 offset = input_.take<u16>() & kPageOffsetMask;
    return quarter | directory << (pae_ ? 21 : 22) | table << kPageShift | offset;
  }
  /// Present, writable, for users, accessed and dirty, unless its bytes say otherwise.
  u64 entry() {
    constexpr u64 kUsual = kP | kRw | kUs | kA | kD;
    u64 value = u64{entry_frame()} << kPageShift | (kUsual ^ (input_.take<u8>() & (kUsual | kPs)));
    if (pae_ && input_.below(4) == 1) value |= kNx;
    if (input_.below(16) == 1) value |= u64{1} << input_.below(pae_ ? 64 : 32);
    return value;
  }
  /// Where an entry leads: ROM and where there is nothing, too.
  u32 entry_frame() {
    switch (input_.below(16)) {
      case 0:
        return MemoryMachine::kRom >> kPageShift;
      case 1:
        return 0xe'0000;
      case 2:
        return 0x400;  // a large page's
      default:
        return any_frame();
    }
  }

  FuzzInput input_;
  bool pae_ = false;
};

/// Making the three memories takes far longer than a trial, so they are kept and cleared.
void clear(MemoryMachine& machine) {
  static constexpr std::array<std::byte, kPageSize> kZeros{};
  MemoryStore& store = machine.store;
  machine.memory.set_a20(true);
  for (HostFrame frame(0); frame < store.first_rom_frame(); frame = frame + 1)
    machine.memory.untrack(frame, Tracking::DescriptorTable);
  for (HostFrame frame = store.next_touched(HostFrame(0)); frame < store.first_rom_frame();
       frame = store.next_touched(frame + 1)) {
    if (std::memcmp(store.page(frame), kZeros.data(), kPageSize) != 0)
      machine.memory.write_frame(frame, 0, kZeros);
  }
}

TrialMemory& cleared_memory() {
  static TrialMemory memory;
  for (MemoryMachine* machine : {&memory.shadow, &memory.bare, &memory.reference}) clear(*machine);
  return memory;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  PagingInput input{FuzzInput(std::span(data, size))};
  const Deprivilege deprivilege = input.deprivilege();
  const std::vector<PagingStep> steps = input.steps();
  Trial trial(cleared_memory(), deprivilege);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool thorough = i % kThoroughInterval == kThoroughInterval - 1 || i + 1 == steps.size();
    const std::string text = trial.check(steps[i], thorough);
    if (text.empty()) continue;
    report_finding(fmt::format("{} after\n{}", text, print({steps.begin(), steps.begin() + i + 1})));
  }
  return 0;
}
