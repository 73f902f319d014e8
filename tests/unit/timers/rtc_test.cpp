// The real-time clock: calendar, formats, update cycle, interrupts and what firmware reads from CMOS memory.
#include "devices/timers/rtc.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/interrupt_probe.h"
#include "tests/support/snapshot_contract.h"
#include "tests/support/test_clock.h"

namespace ringdown {
namespace {

using test::read_byte;
using test::write_byte;

constexpr Picoseconds kSecond = kPicosecondsPerSecond;

struct Fixture {
  static CmosConfig config() {
    CmosConfig config;
    config.time = {1999, 12, 31, 23, 59, 57};  // a Friday
    config.ram_below_4gib = u64{256} << 20;
    config.boot_order = {BootDevice::Cdrom, BootDevice::Disk, BootDevice::Floppy};
    return config;
  }
  u8 get(unsigned index) {
    write_byte(rtc.ports(), 0, index);
    return read_byte(rtc.ports(), 1);
  }
  void set(unsigned index, unsigned value) {
    write_byte(rtc.ports(), 0, index);
    write_byte(rtc.ports(), 1, value);
  }

  test::TestClock clock;
  test::InterruptProbe irq8;
  Rtc rtc{clock.scheduler(), irq8.line(), config()};
};

TEST_CASE_METHOD(Fixture, "Time advances by seconds and carries into the new century") {
  REQUIRE(get(0x00) == 0x57);
  REQUIRE(get(0x06) == 6);
  clock.advance(3 * kSecond);
  REQUIRE(get(0x00) == 0x00);
  REQUIRE(get(0x02) == 0x00);
  REQUIRE(get(0x04) == 0x00);
  REQUIRE(get(0x06) == 7);
  REQUIRE(get(0x07) == 0x01);
  REQUIRE(get(0x08) == 0x01);
  REQUIRE(get(0x09) == 0x00);
  REQUIRE(get(0x32) == 0x20);
}

TEST_CASE_METHOD(Fixture, "Leap days follow the Gregorian rule") {
  const auto day_after_february_28 = [this](unsigned century, unsigned year) {
    set(0x0b, 0x82);
    set(0x00, 0x59);
    set(0x02, 0x59);
    set(0x04, 0x23);
    set(0x07, 0x28);
    set(0x08, 0x02);
    set(0x09, year);
    set(0x32, century);
    set(0x0b, 0x02);
    clock.advance(kSecond);
    return get(0x07);
  };
  REQUIRE(day_after_february_28(0x20, 0x00) == 0x29);
  REQUIRE(day_after_february_28(0x19, 0x00) == 0x01);
  REQUIRE(day_after_february_28(0x20, 0x24) == 0x29);
  REQUIRE(day_after_february_28(0x20, 0x23) == 0x01);
}

TEST_CASE_METHOD(Fixture, "Binary 12-hour format turns noon and midnight over") {
  set(0x0b, 0x84);  // SET, binary, 12 hours
  set(0x00, 59);
  set(0x02, 59);
  set(0x04, 11);
  set(0x0b, 0x04);
  clock.advance(kSecond);
  REQUIRE(get(0x04) == (0x80 | 12));
  REQUIRE(get(0x02) == 0);
  set(0x0b, 0x84);
  set(0x00, 59);
  set(0x02, 59);
  set(0x04, 0x80 | 12);
  set(0x0b, 0x04);
  clock.advance(kSecond);
  REQUIRE(get(0x04) == (0x80 | 1));
}

TEST_CASE_METHOD(Fixture, "SET freezes the time") {
  set(0x0b, 0x82);
  clock.advance(5 * kSecond);
  REQUIRE(get(0x00) == 0x57);
}

TEST_CASE_METHOD(Fixture, "UIP announces the update 2228 us ahead") {
  clock.advance(kSecond / 2 - microseconds(2300));
  REQUIRE((get(0x0a) & 0x80) == 0);
  clock.advance(microseconds(100));
  REQUIRE((get(0x0a) & 0x80) != 0);
  REQUIRE(get(0x00) == 0x57);
  clock.advance(microseconds(2201));
  REQUIRE((get(0x0a) & 0x80) == 0);
  REQUIRE(get(0x00) == 0x58);
}

TEST_CASE_METHOD(Fixture, "The periodic interrupt comes at its rate once register C is read") {
  set(0x0b, 0x42);
  clock.advance(milliseconds(100));
  REQUIRE(irq8.edges() == 1);  // C was not read
  REQUIRE(get(0x0c) == 0xc0);
  for (unsigned i = 0; i < 10'000; ++i) {
    clock.advance(microseconds(100));
    if (irq8.high()) REQUIRE((get(0x0c) & 0xc0) == 0xc0);
  }
  REQUIRE(irq8.edges() == 1024 + 1);
}

TEST_CASE_METHOD(Fixture, "PF is set without its interrupt being enabled") {
  get(0x0c);
  REQUIRE(get(0x0c) == 0);
  clock.advance(milliseconds(1));
  REQUIRE(get(0x0c) == 0x40);
  REQUIRE(irq8.edges() == 0);
}

TEST_CASE_METHOD(Fixture, "The alarm and the update-ended interrupt") {
  set(0x01, 0x59);
  set(0x03, 0xff);
  set(0x05, 0xff);
  set(0x0b, 0x22);
  clock.advance(kSecond);
  REQUIRE_FALSE(irq8.high());
  clock.advance(kSecond);
  REQUIRE(irq8.high());
  REQUIRE((get(0x0c) & 0xb0) == 0xb0);
  REQUIRE_FALSE(irq8.high());
  set(0x0b, 0x12);
  clock.advance(kSecond);
  REQUIRE((get(0x0c) & 0xb0) == 0x90);
}

TEST_CASE_METHOD(Fixture, "The periodic interrupt has the rates of the data sheet's table 5") {
  // At 32.768 kHz, from rate 1 on, in interrupts per second.
  constexpr unsigned kPerSecond[] = {256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2};
  for (unsigned rate = 1; rate <= 15; ++rate) {
    CAPTURE(rate);
    set(0x0a, 0x20 | rate);
    get(0x0c);
    set(0x0b, 0x42);
    unsigned interrupts = 0;
    const Picoseconds end = clock.scheduler().now() + kSecond;
    while (clock.scheduler().now() < end) {
      clock.advance(microseconds(50));
      if (!irq8.high()) continue;
      ++interrupts;
      CHECK((get(0x0c) & 0xc0) == 0xc0);
    }
    CHECK(interrupts == kPerSecond[rate - 1]);
  }
  set(0x0a, 0x20);
  get(0x0c);
  clock.advance(kSecond);
  CHECK((get(0x0c) & 0x40) == 0);
}

TEST_CASE_METHOD(Fixture, "Any value from C0h on in an alarm register matches; others wait for equality") {
  struct Alarm {
    u8 hours, minutes, seconds;
    unsigned in_the_next_hour;
  };
  // From 23:59:57 on.
  const std::vector<Alarm> alarms = {{0xff, 0xff, 0xff, 3600}, {0xc0, 0xc0, 0x10, 60}, {0xff, 0x05, 0xff, 60},
                                     {0x00, 0x00, 0x00, 1},    {0x00, 0xff, 0x30, 60}, {0x12, 0xff, 0xff, 0},
                                     {0xbf, 0xff, 0xff, 0}};
  for (const Alarm& alarm : alarms) {
    CAPTURE(unsigned{alarm.hours}, unsigned{alarm.minutes}, unsigned{alarm.seconds});
    Fixture f;
    f.set(0x01, alarm.seconds);
    f.set(0x03, alarm.minutes);
    f.set(0x05, alarm.hours);
    f.set(0x0b, 0x22);
    unsigned matches = 0;
    for (unsigned second = 0; second < 3600; ++second) {
      f.clock.advance(kSecond);
      if (f.irq8.high()) ++matches;
      f.get(0x0c);
    }
    CHECK(matches == alarm.in_the_next_hour);
  }
}

TEST_CASE_METHOD(Fixture, "A day of 12-hour time in BCD") {
  set(0x0b, 0x80);
  set(0x04, 0x11);
  set(0x02, 0x30);
  set(0x0b, 0x00);
  std::vector<u8> hours;
  for (unsigned hour = 0; hour < 24; ++hour) {
    hours.push_back(get(0x04));
    clock.advance(3600 * kSecond);
  }
  const std::vector<u8> expected = {0x11, 0x92, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x90,
                                    0x91, 0x12, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x10};
  CHECK(hours == expected);
  CHECK(get(0x07) == 0x01);
}

TEST_CASE_METHOD(Fixture, "SET ends an announced update, clears UIE, and lets the clock go on in its phase") {
  clock.advance(kSecond / 2 - microseconds(1000));
  REQUIRE((get(0x0a) & 0x80) != 0);
  set(0x0b, 0x92);
  CHECK((get(0x0a) & 0x80) == 0);
  CHECK(get(0x0b) == 0x82);
  clock.advance(kSecond / 2);
  CHECK(get(0x00) == 0x57);
  set(0x0b, 0x02);
  clock.advance(kSecond / 2 + microseconds(1001));
  CHECK(get(0x00) == 0x58);
}

TEST_CASE_METHOD(Fixture, "An enable that meets its flag interrupts at once, and reading C ends it") {
  clock.advance(2 * kSecond);
  REQUIRE_FALSE(irq8.high());
  set(0x0b, 0x12);
  CHECK(irq8.high());
  CHECK(get(0x0c) == 0xd0);  // also PF, which is not enabled
  CHECK_FALSE(irq8.high());
  CHECK(get(0x0c) == 0);
}

TEST_CASE_METHOD(Fixture, "Values that are no date count on, and end in dates again") {
  set(0x0b, 0x82);
  for (const unsigned index : {0x00u, 0x02u, 0x04u, 0x06u, 0x07u, 0x08u, 0x09u, 0x32u}) set(index, 0xff);
  set(0x0b, 0x02);
  clock.advance(kSecond);
  CHECK(get(0x00) == 0x00);
  CHECK(get(0x02) == 0x00);
  CHECK(get(0x04) == 0x00);
  CHECK(get(0x06) == 0x01);
  CHECK(get(0x07) == 0x01);
  CHECK(get(0x08) == 0x01);
  CHECK(get(0x09) == 0x00);
  CHECK(get(0x32) == 0x00);
}

TEST_CASE_METHOD(Fixture, "A reset leaves time, alarm and memory alone and switches interrupts off") {
  set(0x01, 0x30);
  set(0x33, 0x5a);
  set(0x0b, 0x7a);
  clock.advance(kSecond);
  REQUIRE(irq8.high());
  rtc.reset();
  CHECK_FALSE(irq8.high());
  CHECK(get(0x0b) == 0x02);
  CHECK(get(0x0c) == 0);
  CHECK(get(0x00) == 0x58);
  CHECK(get(0x01) == 0x30);
  CHECK(get(0x33) == 0x5a);
}

TEST_CASE_METHOD(Fixture, "A time that is set from outside appears in the clock's own format") {
  set(0x0b, 0x04);  // binary, 12 hours
  const std::optional<CivilTime> time = civil_time_of(to_payload({2026, 11, 29, 13, 5, 9}));
  REQUIRE(time);
  rtc.set_time(*time);
  CHECK(get(0x04) == (0x80 | 1));
  CHECK(get(0x02) == 5);
  CHECK(get(0x06) == 1);  // a Sunday
  CHECK(get(0x09) == 26);
  CHECK(get(0x32) == 20);
  CHECK_FALSE(civil_time_of(to_payload({2026, 2, 29, 0, 0, 0})));
  CHECK_FALSE(civil_time_of(to_payload({2026, 13, 1, 0, 0, 0})));
  CHECK_FALSE(civil_time_of(to_payload({2026, 1, 1, 24, 0, 0})));
  CHECK_FALSE(civil_time_of(std::vector<u8>(6)));
}

TEST_CASE_METHOD(Fixture, "Half a second after the divider is released comes the first update") {
  set(0x0a, 0x76);
  clock.advance(5 * kSecond);
  REQUIRE(get(0x00) == 0x57);
  set(0x0a, 0x26);
  clock.advance(milliseconds(499));
  REQUIRE(get(0x00) == 0x57);
  clock.advance(milliseconds(2));
  REQUIRE(get(0x00) == 0x58);
}

TEST_CASE_METHOD(Fixture, "CMOS memory tells firmware the memory and the boot order") {
  REQUIRE((get(0x15) | get(0x16) << 8) == 640);
  REQUIRE((get(0x17) | get(0x18) << 8) == 0xffff);  // more than 64 MiB
  REQUIRE((get(0x34) | get(0x35) << 8) == 240 * 16);
  REQUIRE(get(0x3d) == 0x23);
  REQUIRE(get(0x38) == 0x10);
  REQUIRE(get(0x0d) == 0x80);
}

TEST_CASE_METHOD(Fixture, "The second bank is separate memory, and port 70h masks NMI") {
  write_byte(rtc.ports(), 2, 0x80 | 0x40);
  write_byte(rtc.ports(), 3, 0x5a);
  set(0x40, 0xa5);
  REQUIRE(read_byte(rtc.ports(), 3) == 0x5a);
  REQUIRE(get(0x40) == 0xa5);
  REQUIRE_FALSE(rtc.nmi_masked());
  get(0x80 | 0x40);
  REQUIRE(rtc.nmi_masked());
}

TEST_CASE_METHOD(Fixture, "The RTC keeps the snapshot contract") {
  set(0x0b, 0x72);
  clock.advance(milliseconds(1700));
  write_byte(rtc.ports(), 0, 0x8b);
  test::TestClock other_clock;
  Rtc fresh(other_clock.scheduler(), {}, config());
  test::check_snapshot_contract(rtc, fresh);
}

}  // namespace
}  // namespace ringdown
