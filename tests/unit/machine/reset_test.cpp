// Resets of the whole machine: what each leaves as it was.
#include <catch2/catch.hpp>

#include "frontend/machine/machine.h"

namespace ringdown::test {

namespace {

constexpr u64 kMark = 0x9'0000;

class ResetMachine {
 public:
  explicit ResetMachine(RunMode mode) {
    MachineConfig config;
    config.memory_bytes = u64{2} << 20;
    config.mode = mode;
    config.firmware = std::vector<u8>(0x1'0000, 0xf4);  // HLT
    auto created = Machine::create(config, log_);
    REQUIRE(created);
    machine_ = std::move(*created);
    Machine& m = *machine_;
    m.memory().write_value<u32>(GuestPhysical(kMark), 0x1234'5678);
    m.ports().write(0x70, Width::Byte, 0x0f);
    m.ports().write(0x71, Width::Byte, 0x0a);
    m.ports().write(0x21, Width::Byte, 0x5a);
    config_write(0x59, 0x30);  // PAM0: the BIOS's area is RAM
    PrivilegedState& guest = m.processor().guest_view().state;
    guest.msr.sysenter_cs = 0x99;
    guest.smm.base = 0xa'0000;
    m.processor().x87.control.assign(0x27f);
  }
  Machine* operator->() { return machine_.get(); }
  PrivilegedState& guest() { return machine_->processor().guest_view().state; }
  Stop run() { return machine_->run(machine_->ticks() + 100); }

  u8 config_read(u8 offset) {
    machine_->ports().write(0xcf8, Width::Dword, 0x8000'0000u | (offset & ~3u));
    return static_cast<u8>(machine_->ports().read(0xcfcu + (offset & 3u), Width::Byte));
  }
  void config_write(u8 offset, u8 value) {
    machine_->ports().write(0xcf8, Width::Dword, 0x8000'0000u | (offset & ~3u));
    machine_->ports().write(0xcfcu + (offset & 3u), Width::Byte, value);
  }
  u8 cmos(u8 index) {
    machine_->ports().write(0x70, Width::Byte, index);
    return static_cast<u8>(machine_->ports().read(0x71, Width::Byte));
  }
  void check_at_reset_vector() {
    CHECK(guest().segment(Segment::Cs).base == 0xffff'0000);
    CHECK(machine_->processor().registers.eip - 0xfff0 <= 1);  // the HLT there may have run
    CHECK((guest().cr0 & ~0x6000'0000u) == 0x10);
    CHECK(machine_->memory().read_value<u32>(GuestPhysical(kMark)) == 0x1234'5678);
    CHECK(cmos(0x0f) == 0x0a);
  }

 private:
  Log log_;
  std::unique_ptr<Machine> machine_;
};

void check_hard(ResetMachine& m) {
  m.check_at_reset_vector();
  CHECK(m.guest().msr.sysenter_cs == 0);
  CHECK(m.guest().smm.base == 0x3'0000);
  CHECK(m->processor().x87.control.value() == 0x40);
  CHECK(m.config_read(0x59) == 0);
  CHECK(m->ports().read(0x21, Width::Byte) != 0x5a);
}

void check_init(ResetMachine& m) {
  m.check_at_reset_vector();
  CHECK(m.guest().msr.sysenter_cs == 0x99);
  CHECK(m.guest().smm.base == 0xa'0000);
  CHECK(m->processor().x87.control.value() == 0x27f);
  CHECK(m.config_read(0x59) == 0x30);
  CHECK(m->ports().read(0x21, Width::Byte) == 0x5a);
}

}  // namespace

TEST_CASE("CF9h and TRC reset everything or the processor alone") {
  const RunMode mode = GENERATE(RunMode::Bare, RunMode::Trap);
  ResetMachine hard(mode);
  hard->ports().write(0xcf9, Width::Byte, 0x02);
  hard->ports().write(0xcf9, Width::Byte, 0x06);
  CHECK(hard.run().reason == StopReason::Reset);
  hard->reset();
  check_hard(hard);

  ResetMachine soft(mode);
  soft->ports().write(0xcf9, Width::Byte, 0x04);
  soft.run();
  check_init(soft);

  ResetMachine turbo(mode);
  turbo.config_write(0x93, 0x02);
  turbo.config_write(0x93, 0x06);
  CHECK(turbo.run().reason == StopReason::Reset);
  turbo->reset();
  check_hard(turbo);
}

TEST_CASE("A triple fault is answered by INIT#, in system management mode by a hard reset") {
  const RunMode mode = GENERATE(RunMode::Bare, RunMode::Trap);
  ResetMachine m(mode);
  m.guest().activity = Activity::Shutdown;
  CHECK(m.run().reason == StopReason::TripleFault);
  m->restart();
  m.run();
  check_init(m);

  m.guest().smm.active = true;
  m.guest().activity = Activity::Shutdown;
  CHECK(m.run().reason == StopReason::TripleFault);
  m->restart();
  check_hard(m);
  CHECK_FALSE(m.guest().smm.active);
}

TEST_CASE("A hard reset ends system management mode and SMRAM") {
  ResetMachine m(GENERATE(RunMode::Bare, RunMode::Trap));
  m.config_write(0x72, 0x1a);
  m->processor().pulse_smi();
  m.run();
  REQUIRE(m.guest().smm.active);
  CHECK(m->memory().page(GuestPhysical(0xa'0000)).read_frame == 0xa0);
  m->reset();
  check_hard(m);
  CHECK_FALSE(m.guest().smm.active);
  CHECK(m->memory().page(GuestPhysical(0xa'0000)).read_frame == GuestMemory::Page::kDevice);
  CHECK(m.config_read(0x72) == 0x02);
}

}  // namespace ringdown::test
