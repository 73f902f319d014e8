// Stores to the guest's descriptor tables are noticed, and stores beside them not for ever.
#include "cpu/monitor/table_watch.h"

#include "tests/unit/monitor/monitored_machine.h"

namespace ringdown::test {

namespace {

using M = MonitoredMachine;

constexpr HostFrame kFrame(5), kOther(6);
constexpr u32 kManyStores = 200;

struct Watch {
  CodeMachine m;
  TableWatch tables{m.memory};
  std::vector<SegmentRegister> loaded{{0x10, {}, 0, 0}};

  bool stored(HostFrame frame, u32 offset) { return tables.stored(frame, offset, 4, loaded); }
  bool tracked(HostFrame frame) { return m.memory.tracked(frame, Tracking::DescriptorTable); }
  void store_often(HostFrame frame, u32 offset) {
    for (u32 i = 0; i < kManyStores; ++i) CHECK_FALSE(stored(frame, offset));
  }
};

}  // namespace

TEST_CASE("A store concerns a table if it meets bytes of it, as long as the table is in use") {
  Watch w;
  w.tables.add({kFrame, 0x100, 0x140, false, 0});
  CHECK(w.tracked(kFrame));
  CHECK(w.stored(kFrame, 0x100));
  CHECK(w.stored(kFrame, 0xfd));
  CHECK(w.stored(kFrame, 0x13f));
  CHECK_FALSE(w.stored(kFrame, 0xfc));
  CHECK_FALSE(w.stored(kFrame, 0x140));
  CHECK_FALSE(w.stored(kOther, 0x100));
  w.tables.retire_all();
  CHECK_FALSE(w.stored(kFrame, 0x100));
}

TEST_CASE("A frame of busy data is tracked no more, and is not tracked again with the next table") {
  Watch w;
  w.tables.add({kFrame, 0x100, 0x140, false, 0});
  w.store_often(kFrame, 0x800);
  CHECK_FALSE(w.tracked(kFrame));
  w.tables.retire_all();
  w.tables.add({kFrame, 0x200, 0x240, false, 0});
  CHECK_FALSE(w.tracked(kFrame));
}

TEST_CASE("Stores to a table's unused descriptors count only where no used one is near") {
  Watch w;
  w.tables.add({kFrame, 0, kPageSize, false, 0});
  w.tables.add({kOther, 0, kPageSize, false, kPageSize});
  for (u32 i = 0; i < kManyStores; ++i) CHECK(w.stored(kFrame, 0x800));
  CHECK(w.tracked(kFrame));
  w.store_often(kOther, 0x800);
  CHECK_FALSE(w.tracked(kOther));
}

TEST_CASE("Selectors of the LDT are not looked for in the GDT") {
  Watch w;
  w.loaded = {{0x14, {}, 0, 0}};
  w.tables.add({kFrame, 0, 0x40, false, 0});
  CHECK_FALSE(w.stored(kFrame, 0x10));
  w.tables.add({kFrame, 0x80, 0xc0, true, 0});
  CHECK(w.stored(kFrame, 0x90));
}

TEST_CASE("Only so many tables are remembered") {
  Watch w;
  for (u32 i = 0; i < 200; ++i) w.tables.add({HostFrame(16 + i), 0, 0x40, false, 0});
  CHECK_FALSE(w.tracked(HostFrame(16)));
  CHECK(w.tracked(HostFrame(16 + 199)));
}

TEST_CASE(
    "A guest that loads its table again and again, with its data beside it, is not slowed down for ever") {
  M m;
  m.poke<u16>(M::kData, M::kGdtLimit);
  m.poke<u32>(M::kData + 2, M::kGdt);
  // lgdt [kData]; inc dword [kGdt + 800h]; dec ecx; jnz; hlt
  m.place("0f0115 00000300 ff05 00180000 49 75f0 f4");
  m.set(Gpr::Ecx, kManyStores);
  m.attach();
  CHECK(m.run().reason == ExitReason::Halted);
  CHECK(m.peek<u32>(M::kGdt + 0x800) == kManyStores);
  CHECK(m.traps("lgdt") == kManyStores);
  CHECK(m.traps(TrapCause::WriteProtect) < 100);
}

}  // namespace ringdown::test
