// Local and I/O APIC: priorities, inputs, messages, timer, ends of interrupt, disabling and relocation.
#include <catch2/catch.hpp>

#include "devices/interrupts/interrupt_wiring.h"
#include "devices/interrupts/io_apic.h"
#include "devices/interrupts/local_apic.h"
#include "tests/support/interrupt_probe.h"
#include "tests/support/snapshot_contract.h"
#include "tests/support/test_clock.h"

namespace ringdown {
namespace {

constexpr u32 kId = 0x20, kTaskPriority = 0x80, kProcessorPriority = 0xa0, kEnd = 0xb0,
              kLogicalDestination = 0xd0, kDestinationFormat = 0xe0, kSpurious = 0xf0, kErrorStatus = 0x280,
              kCommandLow = 0x300, kCommandHigh = 0x310, kLvtTimer = 0x320, kLvtLint0 = 0x350,
              kLvtLint1 = 0x360, kLvtError = 0x370, kInitialCount = 0x380, kCurrentCount = 0x390,
              kDivide = 0x3e0;
constexpr u32 kMasked = 0x1'0000, kLevel = 0x8000, kExtInt = 0x700, kNmi = 0x400, kPeriodic = 0x2'0000;
constexpr u64 kBusHertz = 100'000'000;
constexpr u64 kMib = u64{1} << 20;

struct Pins final : ProcessorPins {
  void set_intr(Level level) override { intr = level == Level::High; }
  void pulse_nmi() override { ++nmis; }
  void pulse_smi() override { ++smis; }
  void pulse_init() override { ++inits; }
  void set_a20(Level) override {}
  bool intr = false;
  unsigned nmis = 0;
  unsigned smis = 0;
  unsigned inits = 0;
};

struct External final : InterruptAcknowledge {
  u8 acknowledge() override { return 0x08; }
};

/// One processor's worth of interrupt hardware, its APIC enabled by software.
struct Fixture {
  explicit Fixture(bool software_enabled = true) {
    apic.connect_io_apic(io_apic);
    if (software_enabled) set(kSpurious, 0x1ff);
  }
  u32 get(u32 offset) { return static_cast<u32>(bus.read(base + offset, Width::Dword)); }
  void set(u32 offset, u32 value) { bus.write(base + offset, Width::Dword, value); }
  void send_self(u8 vector) { set(kCommandLow, 0x4'0000 | vector); }
  u32 get_io(u32 index) {
    io_apic.registers().write(0x00, Width::Dword, index);
    return static_cast<u32>(io_apic.registers().read(0x10, Width::Dword));
  }
  void set_io(u32 index, u32 value) {
    io_apic.registers().write(0x00, Width::Dword, index);
    io_apic.registers().write(0x10, Width::Dword, value);
  }
  void route(unsigned pin, u32 low, u32 destination = 0) {
    set_io(0x11 + 2 * pin, destination << 24);
    set_io(0x10 + 2 * pin, low);
  }
  void io_pulse(unsigned pin) {
    io_apic.set_input(pin, Level::High);
    io_apic.set_input(pin, Level::Low);
  }

  u64 base = 0xfee0'0000;
  Log log;
  Bus bus{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(kMib, 0));
  GuestMemory memory{store, bus};
  test::TestClock clock;
  Pins pins;
  External external;
  LocalApic apic{clock.scheduler(), {pins, external, memory}, log, kBusHertz, 0};
  IoApic io_apic{apic};
};

TEST_CASE_METHOD(Fixture, "Vectors are served by priority class, nested, and ended in order") {
  send_self(0x41);
  REQUIRE(pins.intr);
  REQUIRE(apic.acknowledge() == 0x41);
  REQUIRE_FALSE(pins.intr);
  send_self(0x45);  // same class: waits
  REQUIRE_FALSE(pins.intr);
  send_self(0x51);
  REQUIRE(pins.intr);
  REQUIRE(apic.acknowledge() == 0x51);
  REQUIRE(get(kProcessorPriority) == 0x50);
  set(kEnd, 0);
  REQUIRE(get(kProcessorPriority) == 0x40);
  REQUIRE_FALSE(pins.intr);
  set(kEnd, 0);
  REQUIRE(apic.acknowledge() == 0x45);
}

TEST_CASE_METHOD(Fixture, "The task priority holds lower classes back") {
  set(kTaskPriority, 0x50);
  send_self(0x5f);
  REQUIRE_FALSE(pins.intr);
  REQUIRE(get(0x200 + 0x20) == 0x8000'0000);  // vector 5Fh waits in IRR
  set(kTaskPriority, 0x4f);
  REQUIRE(pins.intr);
}

TEST_CASE_METHOD(Fixture, "An acknowledge without a request gives the spurious vector") {
  set(kSpurious, 0x1ef);
  REQUIRE(apic.acknowledge() == 0xef);
  send_self(0x41);
  REQUIRE(apic.acknowledge() == 0x41);
}

struct DeadlineFixture : Fixture {
  static constexpr u64 kTscHertz = 2'000'000'000;
  static constexpr u32 kDeadlineMode = 0x4'0000;
  DeadlineFixture() { apic.offer_tsc_deadline(kTscHertz); }
};

TEST_CASE_METHOD(DeadlineFixture,
                 "The TSC deadline interrupts when the TSC reaches it, once, and reads 0 then") {
  set(kLvtTimer, kDeadlineMode | 0x41);
  apic.set_tsc_deadline(10'000, 0);
  REQUIRE(apic.tsc_deadline() == 10'000);
  clock.advance(nanoseconds(4'999));
  REQUIRE_FALSE(pins.intr);
  clock.advance(nanoseconds(1));
  REQUIRE(apic.acknowledge() == 0x41);
  REQUIRE(apic.tsc_deadline() == 0);
  set(kEnd, 0);
  clock.advance(milliseconds(100));
  REQUIRE_FALSE(pins.intr);
}

TEST_CASE_METHOD(DeadlineFixture, "A deadline in the past interrupts at once; 0 disarms") {
  clock.advance(milliseconds(1));
  set(kLvtTimer, kDeadlineMode | 0x41);
  apic.set_tsc_deadline(5, 0);
  clock.advance(nanoseconds(1));
  REQUIRE(pins.intr);
  apic.acknowledge();
  set(kEnd, 0);
  apic.set_tsc_deadline(3'000'000, 0);
  apic.set_tsc_deadline(0, 0);
  clock.advance(milliseconds(10));
  REQUIRE_FALSE(pins.intr);
}

TEST_CASE_METHOD(DeadlineFixture, "The deadline is the guest's TSC's: a new offset moves it") {
  set(kLvtTimer, kDeadlineMode | 0x41);
  apic.set_tsc_deadline(1'000'000, 500'000);
  clock.advance(nanoseconds(249'999));
  REQUIRE_FALSE(pins.intr);
  apic.set_tsc_deadline(apic.tsc_deadline(), 0);
  clock.advance(nanoseconds(250'000));
  REQUIRE_FALSE(pins.intr);
  clock.advance(nanoseconds(1));
  REQUIRE(pins.intr);
  apic.set_tsc_deadline(~u64{0}, 0);  // behind the end of time
  clock.advance(milliseconds(1));
}

TEST_CASE_METHOD(DeadlineFixture, "Only its mode takes a deadline, and a change of mode disarms") {
  apic.set_tsc_deadline(10'000, 0);
  REQUIRE(apic.tsc_deadline() == 0);
  set(kLvtTimer, kDeadlineMode | 0x41);
  set(kInitialCount, 1000);
  REQUIRE(get(kInitialCount) == 0);
  REQUIRE(get(kCurrentCount) == 0);
  apic.set_tsc_deadline(10'000, 0);
  set(kLvtTimer, 0x41);
  REQUIRE(apic.tsc_deadline() == 0);
  clock.advance(milliseconds(1));
  REQUIRE_FALSE(pins.intr);
  // Masked, it passes without an interrupt.
  set(kLvtTimer, kDeadlineMode | kMasked | 0x41);
  apic.set_tsc_deadline(5'000'000, 0);
  clock.advance(milliseconds(10));
  REQUIRE_FALSE(pins.intr);
  REQUIRE(apic.tsc_deadline() == 0);
}

TEST_CASE_METHOD(DeadlineFixture, "A waiting deadline keeps the snapshot contract") {
  set(kLvtTimer, kDeadlineMode | 0x41);
  apic.set_tsc_deadline(10'000, -77);
  DeadlineFixture fresh;
  test::check_snapshot_contract(apic, fresh.apic);
}

TEST_CASE_METHOD(Fixture, "Without the feature the mode's bit stays 0, and such a state is refused") {
  set(kLvtTimer, 0x4'0041);
  REQUIRE(get(kLvtTimer) == 0x41);
  DeadlineFixture other;
  other.set(kLvtTimer, DeadlineFixture::kDeadlineMode | 0x41);
  REQUIRE_FALSE(test::restore(apic, test::saved(other.apic)));
}

TEST_CASE("After reset the table is masked and LINT0 does not reach INTR until it is programmed") {
  Fixture f(false);
  f.apic.set_input(LocalApic::kLint0, Level::High);
  REQUIRE_FALSE(f.pins.intr);
  f.set(kLvtLint0, kExtInt);
  REQUIRE(f.get(kLvtLint0) == (kMasked | kExtInt));
  f.set(kSpurious, 0x1ff);
  f.set(kLvtLint0, kExtInt);
  REQUIRE(f.pins.intr);
  REQUIRE(f.apic.acknowledge() == 0x08);
  f.apic.set_input(LocalApic::kLint0, Level::Low);
  REQUIRE_FALSE(f.pins.intr);
  f.set(kSpurious, 0xff);
  REQUIRE(f.get(kLvtLint0) == (kMasked | kExtInt));
}

TEST_CASE_METHOD(Fixture, "Disabled by IA32_APIC_BASE its inputs are INTR and NMI") {
  REQUIRE(apic.apic_base() == 0xfee0'0900);
  REQUIRE(apic.set_apic_base(0xfee0'0100));
  apic.set_input(LocalApic::kLint0, Level::High);
  REQUIRE(pins.intr);
  REQUIRE(apic.acknowledge() == 0x08);
  apic.set_input(LocalApic::kLint1, Level::High);
  REQUIRE(pins.nmis == 1);
  REQUIRE_FALSE(bus.covers(base));
  REQUIRE_FALSE(apic.deliver({.vector = 0x41}));
  REQUIRE_FALSE(apic.set_apic_base(0xfee0'0d00));  // x2APIC mode does not exist
}

TEST_CASE_METHOD(Fixture, "The register page moves, over RAM too, and gives back what it covered") {
  memory.map_ram(GuestPhysical(0), kMib, HostFrame(0));
  REQUIRE(apic.set_apic_base(0x8'0000 | 0x900));
  REQUIRE(memory.page(GuestPhysical(0x8'0000)) == GuestMemory::Page{});
  REQUIRE_FALSE(bus.covers(base));
  base = 0x8'0000;
  REQUIRE(get(kSpurious) == 0x1ff);
  REQUIRE(apic.set_apic_base(0xfee0'0900));
  REQUIRE(memory.page(GuestPhysical(0x8'0000)).read_frame == 0x80);
}

TEST_CASE_METHOD(Fixture, "LINT1 delivers NMI on its edge") {
  set(kLvtLint1, kNmi);
  apic.set_input(LocalApic::kLint1, Level::High);
  apic.set_input(LocalApic::kLint1, Level::High);
  REQUIRE(pins.nmis == 1);
}

TEST_CASE_METHOD(Fixture, "A level-triggered LINT0 asks again after its end of interrupt") {
  set(kLvtLint0, kLevel | 0x61);
  apic.set_input(LocalApic::kLint0, Level::High);
  REQUIRE(apic.acknowledge() == 0x61);
  REQUIRE(get(kLvtLint0) == (kLevel | 0x4000 | 0x61));
  REQUIRE_FALSE(pins.intr);
  set(kEnd, 0);
  REQUIRE(pins.intr);
  apic.acknowledge();
  apic.set_input(LocalApic::kLint0, Level::Low);
  set(kEnd, 0);
  REQUIRE_FALSE(pins.intr);
}

TEST_CASE_METHOD(Fixture, "The timer counts down once, or periodically without drift") {
  set(kDivide, 0xb);  // by 1
  set(kLvtTimer, 0x31);
  set(kInitialCount, 1000);
  clock.advance(microseconds(4));
  REQUIRE(get(kCurrentCount) == 600);
  clock.advance(microseconds(6));
  REQUIRE(get(kCurrentCount) == 0);
  REQUIRE(apic.acknowledge() == 0x31);
  set(kEnd, 0);
  clock.advance(milliseconds(1));
  REQUIRE_FALSE(pins.intr);

  set(kDivide, 0x3);  // by 16
  set(kLvtTimer, kPeriodic | 0x32);
  set(kInitialCount, 7);
  unsigned interrupts = 0;
  for (unsigned i = 0; i < 1120 * 10; ++i) {
    clock.advance(nanoseconds(10));
    if (!pins.intr) continue;
    ++interrupts;
    apic.acknowledge();
    set(kEnd, 0);
  }
  REQUIRE(interrupts == 100);
}

TEST_CASE_METHOD(Fixture, "Changing the divisor keeps the count; a count of zero stops it") {
  set(kDivide, 0xb);
  set(kLvtTimer, 0x31);
  set(kInitialCount, 1000);
  clock.advance(microseconds(5));
  set(kDivide, 0x0);  // by 2
  REQUIRE(get(kCurrentCount) == 500);
  clock.advance(microseconds(5));
  REQUIRE(get(kCurrentCount) == 250);
  set(kInitialCount, 0);
  clock.advance(milliseconds(1));
  REQUIRE_FALSE(pins.intr);
}

TEST_CASE_METHOD(Fixture, "Interprocessor interrupts reach the only processor by every destination") {
  const auto reaches = [this](u32 high, u32 low) {
    set(kCommandHigh, high << 24);
    set(kCommandLow, low | 0x71);
    const bool arrived = pins.intr;
    if (arrived) {
      apic.acknowledge();
      set(kEnd, 0);
    }
    return arrived;
  };
  set(kId, 3u << 24);
  REQUIRE(reaches(3, 0));
  REQUIRE_FALSE(reaches(0, 0));
  REQUIRE(reaches(0xff, 0));
  REQUIRE(reaches(0, 0x8'0000));        // all including self
  REQUIRE_FALSE(reaches(3, 0xc'0000));  // all excluding self
  set(kLogicalDestination, 0x12u << 24);
  REQUIRE(reaches(0x06, 0x800));
  REQUIRE_FALSE(reaches(0x04, 0x800));
  set(kDestinationFormat, 0);  // clusters
  REQUIRE(reaches(0x12, 0x800));
  REQUIRE(reaches(0xf2, 0x800));
  REQUIRE_FALSE(reaches(0x22, 0x800));
  REQUIRE((get(kCommandLow) & 0x1000) == 0);
}

TEST_CASE_METHOD(Fixture, "INIT and SMI messages pulse the processor's pins") {
  set(kCommandLow, 0x4'c500);  // to itself
  set(kCommandLow, 0xc'8500);  // level de-assert, to others
  CHECK(pins.inits == 1);
  set(kCommandLow, 0x4'4200);
  CHECK(pins.smis == 1);
  route(5, 0x200);
  io_pulse(5);
  CHECK(pins.smis == 2);
}

TEST_CASE_METHOD(Fixture, "INIT# resets all but base address and ID") {
  set(kId, 0x0300'0000);
  set(kTaskPriority, 0x40);
  set(kLvtLint1, kNmi);
  send_self(0x51);
  apic.init();
  CHECK(get(kId) == 0x0300'0000);
  CHECK(get(kTaskPriority) == 0);
  CHECK(get(kLvtLint1) == kMasked);
  CHECK(get(kSpurious) == 0xff);
  CHECK_FALSE(pins.intr);
  CHECK((apic.apic_base() & 0x800) != 0);
}

TEST_CASE_METHOD(Fixture, "A processor without a local APIC has INTR and NMI") {
  apic.remove();
  CHECK(apic.apic_base() == 0);
  CHECK_FALSE(apic.set_apic_base(0xfee0'0900));
  CHECK(bus.read(base + kId, Width::Dword) == 0xffff'ffff);
  apic.set_input(LocalApic::kLint0, Level::High);
  CHECK(pins.intr);
  CHECK(apic.acknowledge() == 0x08);
  apic.set_input(LocalApic::kLint1, Level::High);
  CHECK(pins.nmis == 1);
  apic.reset();
  CHECK(apic.apic_base() == 0);
}

TEST_CASE_METHOD(Fixture, "Errors are latched by a write and can interrupt") {
  set(kLvtError, 0x33);
  send_self(0x05);
  REQUIRE(apic.acknowledge() == 0x33);
  REQUIRE(get(kErrorStatus) == 0);
  set(kErrorStatus, 0);
  REQUIRE(get(kErrorStatus) == 0x20);
  get(0x000);
  set(kErrorStatus, 0);
  REQUIRE(get(kErrorStatus) == 0x80);
  set(kLvtError, 0x05);  // an illegal vector of its own
  get(0x000);
  set(kErrorStatus, 0);
  REQUIRE(get(kErrorStatus) == 0xc0);
}

TEST_CASE_METHOD(Fixture, "I/O APIC edges are delivered once, and not held while masked") {
  route(4, 0x54);
  io_pulse(4);
  REQUIRE(apic.acknowledge() == 0x54);
  set(kEnd, 0);
  REQUIRE_FALSE(pins.intr);
  route(4, kMasked | 0x54);
  io_pulse(4);
  route(4, 0x54);
  REQUIRE_FALSE(pins.intr);
}

TEST_CASE_METHOD(Fixture, "I/O APIC levels wait for the end of interrupt and ask again") {
  route(10, kLevel | 0x5a);
  io_apic.set_input(10, Level::High);
  REQUIRE(get_io(0x10 + 20) == (kLevel | 0x4000 | 0x5a));
  REQUIRE(apic.acknowledge() == 0x5a);
  REQUIRE_FALSE(pins.intr);
  set(kEnd, 0);
  REQUIRE(pins.intr);
  apic.acknowledge();
  io_apic.set_input(10, Level::Low);
  set(kEnd, 0);
  REQUIRE_FALSE(pins.intr);
  REQUIRE(get_io(0x10 + 20) == (kLevel | 0x5a));
}

TEST_CASE_METHOD(Fixture, "Turning an entry to edge clears a stuck remote IRR") {
  route(10, kLevel | 0x5a);
  io_apic.set_input(10, Level::High);
  set_io(0x10 + 20, kMasked | 0x5a);
  set_io(0x10 + 20, kMasked | kLevel | 0x5a);
  REQUIRE(get_io(0x10 + 20) == (kMasked | kLevel | 0x5a));
}

TEST_CASE_METHOD(Fixture, "I/O APIC delivery modes and identity") {
  route(2, kNmi | 0x52);
  io_pulse(2);
  REQUIRE(pins.nmis == 1);
  route(0, kExtInt);
  io_pulse(0);
  REQUIRE(pins.intr);
  REQUIRE(apic.acknowledge() == 0x08);
  REQUIRE_FALSE(pins.intr);
  route(3, 0x53, 7);  // nobody has ID 7
  io_pulse(3);
  REQUIRE_FALSE(pins.intr);
  REQUIRE(get_io(1) == 0x0017'0011);
  set_io(0, 0xffff'ffff);
  REQUIRE(get_io(0) == 0x0f00'0000);
  REQUIRE(get_io(0x40) == 0);
}

TEST_CASE("ISA interrupts reach both controllers, the timer on I/O APIC input 2") {
  test::InterruptProbe pic, io_apic;
  IsaInterrupts isa(pic, io_apic);
  isa.set_input(0, Level::High);
  isa.set_input(9, Level::High);
  REQUIRE(pic.high(0));
  REQUIRE(pic.high(9));
  REQUIRE_FALSE(io_apic.high(0));
  REQUIRE(io_apic.high(2));
  REQUIRE(io_apic.high(9));
}

TEST_CASE_METHOD(Fixture, "The APICs keep the snapshot contract") {
  route(10, kLevel | 0x5a);
  io_apic.set_input(10, Level::High);
  set(kLvtTimer, kPeriodic | 0x31);
  set(kInitialCount, 100'000);
  clock.advance(milliseconds(3));
  send_self(0x90);
  apic.acknowledge();
  Fixture fresh(false);
  test::check_snapshot_contract(io_apic, fresh.io_apic);
  test::check_snapshot_contract(apic, fresh.apic);
  REQUIRE(fresh.get(kSpurious) == 0x1ff);
}

TEST_CASE_METHOD(Fixture, "A restored local APIC maps its page and drives INTR again") {
  REQUIRE(apic.set_apic_base(0xfed0'0900));
  base = 0xfed0'0000;
  send_self(0x90);
  Fixture fresh(false);
  REQUIRE(test::restore(fresh.apic, test::saved(apic)));
  REQUIRE(fresh.bus.covers(0xfed0'0000));
  REQUIRE_FALSE(fresh.bus.covers(0xfee0'0000));
  REQUIRE(fresh.pins.intr);
}

}  // namespace
}  // namespace ringdown
