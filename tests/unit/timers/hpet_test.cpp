// The high precision event timers: counter, comparators, accumulators, routing and legacy replacement.
#include "devices/timers/hpet.h"

#include <catch2/catch.hpp>

#include "tests/support/interrupt_probe.h"
#include "tests/support/snapshot_contract.h"
#include "tests/support/test_clock.h"

namespace ringdown {
namespace {

constexpr u32 kCapabilities = 0x000, kConfiguration = 0x010, kStatus = 0x020, kCounter = 0x0f0;
constexpr u32 timer_configuration(unsigned index) { return 0x100 + 0x20 * index; }
constexpr u32 comparator(unsigned index) { return 0x108 + 0x20 * index; }
constexpr u32 kEnable = 1, kLegacy = 2;
constexpr u32 kLevel = 1u << 1, kInterrupt = 1u << 2, kPeriodic = 1u << 3, kValueSet = 1u << 6,
              kNarrow = 1u << 8;
constexpr u32 route(unsigned input) { return input << 9; }

struct Fixture {
  u32 get(u32 offset) { return static_cast<u32>(hpet.registers().read(offset, Width::Dword)); }
  u64 get_wide(u32 offset) { return get(offset) | u64{get(offset + 4)} << 32; }
  void set(u32 offset, u32 value) { hpet.registers().write(offset, Width::Dword, value); }
  void set_wide(u32 offset, u64 value) {
    set(offset, static_cast<u32>(value));
    set(offset + 4, static_cast<u32>(value >> 32));
  }
  /// Lets the counter reach `count` from a start at 0 now, to the nanosecond.
  void advance_to(u64 count) {
    clock.advance(Hpet::time_of_count(count) - std::min(clock.scheduler().now(), Hpet::time_of_count(count)));
  }

  test::TestClock clock;
  test::InterruptProbe io_apic;
  test::InterruptProbe isa;
  Log log;
  LegacyReplacement legacy{isa.line(0), isa.line(8)};
  Hpet hpet{clock.scheduler(), io_apic, legacy, log};
};

TEST_CASE_METHOD(Fixture, "Capabilities tell three wide periodic timers and the exact period") {
  CHECK(get_wide(kCapabilities) == (u64{69'841'279} << 32 | 0x8086'a201));
  for (unsigned index = 0; index < 3; ++index) {
    CHECK(get_wide(timer_configuration(index)) == (u64{0x00f0'0000} << 32 | 0x30));
    CHECK(get_wide(comparator(index)) == ~u64{0});
  }
  CHECK(get(0x160) == 0);  // there is no fourth timer
}

TEST_CASE_METHOD(Fixture, "The counter stands, counts from what was written, and halts") {
  clock.advance(milliseconds(5));
  CHECK(get(kCounter) == 0);
  set_wide(kCounter, 0xffff'ffff'0000'0000);
  const u64 start = Hpet::counts_in(clock.scheduler().now());
  set(kConfiguration, kEnable);
  clock.advance(3600 * kPicosecondsPerSecond);
  const u64 passed = Hpet::counts_in(clock.scheduler().now()) - start;
  // In femtoseconds; it did not begin on a tick.
  CHECK(passed - 3'600'000'000'000'000'000 / 69'841'279 <= 1);
  CHECK(get_wide(kCounter) == 0xffff'ffff'0000'0000 + passed);
  set(kConfiguration, 0);
  clock.advance(milliseconds(5));
  CHECK(get_wide(kCounter) == 0xffff'ffff'0000'0000 + passed);
}

TEST_CASE_METHOD(Fixture, "A one-shot comparator interrupts once, when the counter equals it") {
  set(timer_configuration(0), kInterrupt | route(20));
  set_wide(comparator(0), 1000);
  set(kConfiguration, kEnable);
  advance_to(999);
  CHECK(io_apic.edges(20) == 0);
  advance_to(1000);
  CHECK(io_apic.edges(20) == 1);
  CHECK(get(kStatus) == 0);
  set_wide(comparator(0), 500);  // in the past
  clock.advance(1000 * kPicosecondsPerSecond);
  CHECK(io_apic.edges(20) == 1);
}

TEST_CASE_METHOD(Fixture, "In 32-bit mode a one-shot comparator matches again after the counter wrapped") {
  set(timer_configuration(1), kInterrupt | kNarrow | route(21));
  set(comparator(1), 0x1000);
  set_wide(kCounter, 0x1'ffff'f000);
  set(kConfiguration, kEnable);
  clock.advance(milliseconds(1));
  CHECK(io_apic.edges(21) == 1);
  clock.advance(Hpet::time_of_count(u64{1} << 32));
  CHECK(io_apic.edges(21) == 2);
}

TEST_CASE_METHOD(Fixture, "A periodic timer adds the last value written to its comparator") {
  const bool one_write = GENERATE(true, false);
  set(timer_configuration(0), kInterrupt | kPeriodic | kValueSet | route(22));
  if (one_write) {
    set(comparator(0), 1000);
    set(timer_configuration(0), kInterrupt | kPeriodic | kValueSet | route(22));
    set(comparator(0) + 4, 0);
  } else {
    set_wide(comparator(0), 0);  // the accumulator's low half is set; the high half is not
    set(timer_configuration(0), kInterrupt | kPeriodic | kValueSet | route(22));
    set(comparator(0) + 4, 0);
    set(timer_configuration(0), kInterrupt | kPeriodic | kValueSet | route(22));
    set(comparator(0), 1000);
    set(comparator(0), 1000);  // Tn_VAL_SET_CNF is off again: the period alone
  }
  CHECK((get(timer_configuration(0)) & kValueSet) == 0);
  set(kConfiguration, kEnable);
  for (unsigned n = 1; n <= 10; ++n) {
    advance_to(1000 * n - 1);
    CHECK(io_apic.edges(22) == n - 1);
    advance_to(1000 * n);
    CHECK(io_apic.edges(22) == n);
    CHECK(get_wide(comparator(0)) == 1000 * (n + 1));
  }
  set(comparator(0), 250);  // a new rate, from the next match on
  advance_to(11'000);
  CHECK(get_wide(comparator(0)) == 11'250);
}

TEST_CASE_METHOD(Fixture, "A periodic timer does not drift in an hour") {
  set(timer_configuration(2), kInterrupt | kPeriodic | kValueSet | kNarrow | route(23));
  set(comparator(2), 143'182);
  set(kConfiguration, kEnable);
  clock.advance(3600 * kPicosecondsPerSecond);
  CHECK(io_apic.edges(23) == Hpet::counts_in(clock.scheduler().now()) / 143'182);
}

TEST_CASE_METHOD(Fixture, "A level-triggered timer holds its wire until its status bit is cleared") {
  set(timer_configuration(1), kLevel | route(20));
  set_wide(comparator(1), 10);
  set(kConfiguration, kEnable);
  advance_to(10);
  CHECK(get(kStatus) == 2);  // although its interrupt is off
  CHECK_FALSE(io_apic.high(20));
  set(timer_configuration(1), kLevel | kInterrupt | route(20));
  CHECK(io_apic.high(20));
  set(timer_configuration(1), kLevel | kInterrupt | route(21));
  CHECK_FALSE(io_apic.high(20));
  CHECK(io_apic.high(21));
  set(kConfiguration, 0);
  CHECK(get(kStatus) == 2);
  set(kStatus, 1);
  CHECK(io_apic.high(21));
  set(kStatus, 2);
  CHECK(get(kStatus) == 0);
  CHECK_FALSE(io_apic.high(21));
}

TEST_CASE_METHOD(Fixture, "An input that a timer cannot be routed to is not taken") {
  set(timer_configuration(0), kInterrupt | route(20));
  set(timer_configuration(0), kInterrupt | route(5));
  CHECK((get(timer_configuration(0)) >> 9 & 31) == 20);
}

TEST_CASE_METHOD(Fixture, "Legacy replacement takes IRQ0 and IRQ8 from the 8254 and the clock") {
  InterruptLine pit(legacy, LegacyReplacement::kPit);
  InterruptLine rtc(legacy, LegacyReplacement::kRtc);
  pit.raise();
  CHECK(isa.high(0));
  for (unsigned index = 0; index < 3; ++index) {
    set(timer_configuration(index), kInterrupt | route(20 + index));
    set_wide(comparator(index), 100 * (index + 1));
  }
  set(kConfiguration, kEnable | kLegacy);
  CHECK_FALSE(isa.high(0));
  pit.lower();
  pit.raise();
  rtc.raise();
  CHECK(isa.edges(0) == 1);
  CHECK(isa.edges(8) == 0);
  advance_to(300);
  CHECK(isa.edges(0) == 2);
  CHECK(isa.edges(8) == 1);
  CHECK(io_apic.edges(20) + io_apic.edges(21) == 0);
  CHECK(io_apic.edges(22) == 1);  // only two have a legacy interrupt
  set(kConfiguration, kEnable);
  CHECK(isa.high(0));  // both sources' wires are connected again
  CHECK(isa.high(8));
}

TEST_CASE_METHOD(Fixture, "Every edge of a legacy interrupt stays high for the 8259A's acknowledge") {
  set(timer_configuration(0), kInterrupt | kPeriodic | kValueSet | kNarrow);
  set(comparator(0), 1000);
  set(kConfiguration, kEnable | kLegacy);
  advance_to(5500);
  CHECK(isa.edges(0) == 5);
  CHECK(isa.high(0));
  set(timer_configuration(0), 0);
  CHECK_FALSE(isa.high(0));
}

TEST_CASE_METHOD(Fixture, "Reset gives the interrupts back and stops everything") {
  set(timer_configuration(0), kInterrupt | kLevel);
  set_wide(comparator(0), 10);
  set(kConfiguration, kEnable | kLegacy);
  advance_to(20);
  CHECK(isa.high(0));
  hpet.reset();
  CHECK_FALSE(isa.high(0));
  InterruptLine(legacy, LegacyReplacement::kPit).raise();
  CHECK(isa.high(0));
  CHECK(get_wide(kCounter) == 0);
  CHECK(clock.scheduler().next_deadline() == kNeverTime);
}

TEST_CASE_METHOD(Fixture, "A restored HPET goes on counting and has its wires as they were") {
  set(timer_configuration(0), kInterrupt | kPeriodic | kValueSet | kNarrow);
  set(comparator(0), 1000);
  set(timer_configuration(1), kInterrupt | kLevel | route(20));
  set_wide(comparator(1), 2500);
  set(timer_configuration(2), kInterrupt | kLevel | route(23));
  set_wide(comparator(2), 2400);
  set(kConfiguration, kEnable | kLegacy);
  advance_to(2450);
  Fixture other;
  REQUIRE(test::restore(other.clock, test::saved(clock)));
  REQUIRE(test::restore(other.clock.scheduler(), test::saved(clock.scheduler())));
  REQUIRE(test::restore(other.hpet, test::saved(hpet)));
  CHECK(other.isa.high(0));
  CHECK(other.io_apic.high(23));
  CHECK(other.get_wide(kCounter) == get_wide(kCounter));
  CHECK_FALSE(other.isa.high(8));
  other.advance_to(3000);
  CHECK(other.isa.high(8));
  CHECK(other.isa.edges(0) == 2);  // the one that the state had, and the next
}

TEST_CASE_METHOD(Fixture, "The HPET keeps the snapshot contract") {
  set(timer_configuration(0), kInterrupt | kPeriodic | kValueSet | route(20));
  set(comparator(0), 1000);
  set(timer_configuration(1), kInterrupt | kLevel | route(21));
  set_wide(comparator(1), 1200);
  set(kConfiguration, kEnable | kLegacy);
  clock.advance(microseconds(123));
  Fixture fresh;
  test::check_snapshot_contract(hpet, fresh.hpet);
}

}  // namespace
}  // namespace ringdown
