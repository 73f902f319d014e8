// Hypercalls of a paravirtual guest, also of one that means no good.
#include "core/paravirtual_abi.h"
#include "mmu/page_table_registry.h"
#include "tests/support/contract.h"
#include "tests/unit/monitor/monitored_machine.h"

namespace ringdown::test {

namespace {

using paravirtual::Answer;
using paravirtual::Call;

constexpr u32 kBatch = CodeMachine::kData;
constexpr std::string_view kVmcallHalt = "0f01c1 f4";
constexpr u32 kRefused = 0x9'0000;  // a page of zeros

const CpuModel kModel = CpuModel::standard().with_hypercalls();

/// A kernel that makes the call that its registers ask for, and halts.
struct ParavirtualMachine : MonitoredMachine {
  explicit ParavirtualMachine(Technique technique = Technique::Direct)
      : MonitoredMachine({}, kModel) {
    set_ring(0);
    monitor.emplace(cpu, memory, Deprivilege::Ring1, Policy(), std::nullopt, PagingOptions{technique});
    monitor->attach();
    // All of RAM one to one, the tables read-only.
    poke<u32>(kTables, kPageTable | 7);
    for (u32 at = 0; at < kRamSize; at += kPageSize) poke<u32>(page_entry(at), at | 7);
    for (const u32 at : {kTables, kPageTable}) poke<u32>(page_entry(at), at | 5);
    place(kVmcallHalt);
  }
  Answer call(Call which, u32 ebx = 0, u32 ecx = 0, u32 edx = 0) {
    set(Gpr::Eax, static_cast<u32>(which));
    set(Gpr::Ebx, ebx);
    set(Gpr::Ecx, ecx);
    set(Gpr::Edx, edx);
    cpu.registers.eip = kCode;
    guest().activity = Activity::Running;
    const Ticks before = cpu.ticks();
    cpu.run(before + 1);
    CHECK(cpu.registers.eip == kCode + 3);
    CHECK(cpu.ticks() == before + 1);
    return static_cast<Answer>(get(Gpr::Eax));
  }
  void batch(u32 index, u32 address, u32 value) {
    poke<u32>(kBatch + 8 * index, address);
    poke<u32>(kBatch + 8 * index + 4, value);
  }
};

}  // namespace

TEST_CASE("A kernel registers, changes and loads its page tables") {
  ParavirtualMachine m;
  CHECK(m.call(Call::LoadRoot, CodeMachine::kTables) == Answer::NotPinned);
  CHECK(m.call(Call::PinDirectory, CodeMachine::kTables) == Answer::Done);
  CHECK(m.call(Call::LoadRoot, CodeMachine::kTables) == Answer::Done);
  CHECK(m.guest().cr3 == CodeMachine::kTables);
  m.batch(0, CodeMachine::page_entry(0x10'0000), 0x11'0007);
  m.batch(1, CodeMachine::page_entry(0x10'1000), 0);
  m.batch(2, kRefused, 7);
  CHECK(m.call(Call::Update, kBatch, 3) == Answer::NotATable);
  CHECK(m.get(Gpr::Ecx) == 2);
  CHECK(m.peek<u32>(CodeMachine::page_entry(0x10'0000)) == 0x11'0007);
  CHECK(m.call(Call::Update, kBatch, 2, 0x10'0000 | paravirtual::kInvalidate) == Answer::Done);
  CHECK(m.call(Call::Invalidate, 0x10'0000, 2) == Answer::Done);
  CHECK(m.call(Call::Unpin, CodeMachine::kTables) == Answer::Done);  // paging is off
  CHECK(m.traps(TrapCause::Hypercall) == 7);
  CHECK(m.monitor->paging().counters().hypercalls == 7);
  CHECK(m.monitor->paging().counters().entries_updated == 4);
  CHECK(m.statistics().emulated == 7);
}

TEST_CASE("What a call cannot do it refuses") {
  ParavirtualMachine m;
  CHECK(m.call(static_cast<Call>(0)) == Answer::UnknownCall);
  CHECK(m.call(static_cast<Call>(0xffff'ffff)) == Answer::UnknownCall);
  CHECK(m.call(Call::PinDirectory, 0xffff'ffff) == Answer::NoMemory);
  CHECK(m.call(Call::PinDirectory, CodeMachine::kDevicePage) == Answer::NoMemory);
  CHECK(m.call(Call::Unpin, 0) == Answer::NotPinned);
  CHECK(m.call(Call::Update, kBatch, paravirtual::kMostUpdates + 1) == Answer::TooMany);
  CHECK(m.call(Call::Update, kBatch, 0xffff'ffff) == Answer::TooMany);
  CHECK(m.call(Call::Update, CodeMachine::kDevicePage, 1) == Answer::BadPointer);
  CHECK(m.call(Call::Update, 0xffff'fffc, 1) == Answer::BadPointer);
  CHECK(m.page.accesses.empty());
  CHECK(m.call(Call::Invalidate, 0, paravirtual::kMostInvalidations + 1) == Answer::TooMany);
  CHECK(m.call(Call::Update, kBatch, 0) == Answer::Done);
}

TEST_CASE("Only a kernel calls, and only where hypercalls are") {
  SECTION("user code") {
    ParavirtualMachine m;
    m.guest() = {};
    m.set_ring(3);
    m.monitor->attach();
    m.place(kVmcallHalt);
    CHECK(m.run_to_handler().vector == static_cast<int>(Vector::InvalidOpcode));
    CHECK(m.traps(TrapCause::Hypercall) == 0);
  }
  SECTION("on a shadow") {
    ParavirtualMachine m(Technique::Shadow);
    CHECK(m.run_to_handler().vector == static_cast<int>(Vector::InvalidOpcode));
    CHECK(m.traps(TrapCause::Hypercall) == 0);
  }
}

TEST_CASE("CPUID tells of hypercalls only where they are") {
  const CpuModel& plain = CpuModel::standard();
  const CpuModel model = plain.with_hypercalls();
  CHECK(plain.cpuid(1, 0, false).ecx == 0);
  CHECK(plain.cpuid(paravirtual::kSignatureLeaf, 0, false) == plain.cpuid(0xff, 0, false));
  CHECK(model.cpuid(1, 0, false).ecx == paravirtual::kHypervisorBit);
  const CpuidResult signature = model.cpuid(paravirtual::kSignatureLeaf, 0, false);
  char text[13]{};
  std::memcpy(text, &signature.ebx, 12);
  CHECK(std::string_view(text) == "RingdownPara");
  CHECK(signature.eax == paravirtual::kInterfaceLeaf);
  CHECK(model.cpuid(paravirtual::kInterfaceLeaf, 0, false).eax == paravirtual::kVersion);
}

namespace {

/// A kernel with registered tables and paging on.
struct PagedParavirtual {
  PagedParavirtual() {
    m.call(Call::PinDirectory, CodeMachine::kTables);
    m.call(Call::LoadRoot, CodeMachine::kTables);
    m.set(Gpr::Edi, CodeMachine::kData);
    // or cr0, PG; then counts and stores, and halts now and then.
    m.place("0f20c0 0d00000080 0f22c0 40 8907 f4 40 ebfa");
    m.cpu.registers.eip = CodeMachine::kCode;
  }
  std::vector<Serializable*> parts() { return {&m.cpu, &m.memory, &*m.monitor}; }
  void drive() { m.run(5); }
  ParavirtualMachine m;
};

}  // namespace

RINGDOWN_SNAPSHOT_CONTRACT(PagedParavirtual)

}  // namespace ringdown::test
