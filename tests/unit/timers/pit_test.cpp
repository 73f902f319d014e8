// The 8254: every mode's output against the data sheet's timing, latching, gating, and port 61h.
#include "devices/timers/pit.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/interrupt_probe.h"
#include "tests/support/snapshot_contract.h"
#include "tests/support/test_clock.h"

namespace ringdown {
namespace {

using Access = PitCounter::Access;
using Mode = PitCounter::Mode;
using test::read_byte;
using test::write_byte;

/// OUT at the pulses [1, count], as a string of 0 and 1, of a counter programmed at pulse 0.
std::string wave(PitCounter& counter, u64 from, unsigned count) {
  std::string text;
  for (u64 pulse = from; pulse < from + count; ++pulse) text += counter.out(pulse) ? '1' : '0';
  return text;
}

PitCounter programmed(Mode mode, u8 count, bool bcd = false) {
  PitCounter counter;
  counter.program(0, Access::Low, mode, bcd);
  counter.write(0, count);
  return counter;
}

TEST_CASE("Mode 0 goes high N + 1 pulses after the count is written") {
  PitCounter counter = programmed(Mode::TerminalCount, 4);
  REQUIRE(wave(counter, 0, 8) == "00000111");
  REQUIRE(counter.read(8) == 0xfd);  // keeps counting down through zero
}

TEST_CASE("Mode 0 stands still while the gate is low") {
  PitCounter counter = programmed(Mode::TerminalCount, 4);
  counter.set_gate(3, false);
  REQUIRE(counter.read(100) == 2);
  counter.set_gate(100, true);
  REQUIRE_FALSE(counter.out(101));
  REQUIRE(counter.out(102));
}

TEST_CASE("Mode 0 stops at the first byte of a two-byte count") {
  PitCounter counter;
  counter.program(0, Access::LowThenHigh, Mode::TerminalCount, false);
  counter.write(0, 3);
  counter.write(0, 0);
  REQUIRE(counter.out(4));
  counter.write(10, 5);
  REQUIRE_FALSE(counter.out(1000));
  counter.write(1000, 0);
  REQUIRE_FALSE(counter.out(1005));
  REQUIRE(counter.out(1006));
}

TEST_CASE("Mode 1 makes a pulse of N at each rising edge of the gate, retriggerable") {
  PitCounter counter = programmed(Mode::HardwareOneShot, 3);
  REQUIRE(wave(counter, 0, 3) == "111");
  counter.set_gate(3, false);
  counter.set_gate(4, true);
  REQUIRE(wave(counter, 4, 6) == "100011");
  counter.set_gate(10, false);
  counter.set_gate(10, true);
  REQUIRE_FALSE(counter.out(12));
  counter.set_gate(12, false);
  counter.set_gate(12, true);
  REQUIRE(wave(counter, 13, 4) == "0001");
}

TEST_CASE("Mode 2 is low for the last pulse of each period") {
  PitCounter counter = programmed(Mode::RateGenerator, 3);
  REQUIRE(wave(counter, 0, 11) == "11101101101");
  REQUIRE(wave(counter, 3'000'000'001, 6) == "110110");
}

TEST_CASE("Mode 2 takes a new count when the period ends, and stops high while the gate is low") {
  PitCounter counter = programmed(Mode::RateGenerator, 3);
  counter.write(2, 5);
  REQUIRE(wave(counter, 2, 10) == "1011110111");
  counter.set_gate(13, false);
  REQUIRE(counter.out(1000));
  counter.set_gate(1000, true);
  REQUIRE(wave(counter, 1001, 6) == "111101");
}

TEST_CASE("Mode 3 is a square wave, one pulse longer high for odd counts") {
  PitCounter even = programmed(Mode::SquareWave, 4);
  REQUIRE(wave(even, 1, 8) == "11001100");
  PitCounter odd = programmed(Mode::SquareWave, 5);
  REQUIRE(wave(odd, 1, 10) == "1110011100");
  REQUIRE(odd.read(11) == 4);
  REQUIRE(odd.read(12) == 2);
  REQUIRE(odd.read(13) == 0);
  REQUIRE(odd.read(14) == 4);
}

TEST_CASE("Mode 3 takes a new count at the end of a half period") {
  PitCounter counter = programmed(Mode::SquareWave, 4);
  counter.write(2, 8);
  REQUIRE(wave(counter, 1, 10) == "1100001111");
}

TEST_CASE("Mode 4 strobes low for one pulse, once") {
  PitCounter counter = programmed(Mode::SoftwareStrobe, 3);
  REQUIRE(wave(counter, 0, 8) == "11110111");
  REQUIRE(wave(counter, 60'000, 20'000).find('0') == std::string::npos);
}

TEST_CASE("Mode 5 strobes after a rising edge of the gate") {
  PitCounter counter = programmed(Mode::HardwareStrobe, 3);
  REQUIRE(wave(counter, 0, 6) == "111111");
  counter.set_gate(6, false);
  counter.set_gate(6, true);
  REQUIRE(wave(counter, 6, 7) == "1111011");
}

TEST_CASE("Every change of OUT is announced by next_change") {
  const Mode mode =
      GENERATE(Mode::TerminalCount, Mode::RateGenerator, Mode::SquareWave, Mode::SoftwareStrobe);
  const u8 count = GENERATE(u8{1}, u8{2}, u8{3}, u8{6}, u8{7});
  PitCounter stepped = programmed(mode, count);
  PitCounter jumping = programmed(mode, count);
  u64 at = 0;
  bool out = jumping.out(0);
  for (u64 pulse = 1; pulse < 40; ++pulse) {
    const auto next = jumping.next_change(at);
    if (next && *next == pulse) {
      at = pulse;
      out = jumping.out(pulse);
    }
    INFO("pulse " << pulse);
    REQUIRE(stepped.out(pulse) == out);
  }
}

TEST_CASE("Counts and status latch until they are read; BCD counts in decimal") {
  PitCounter counter;
  counter.program(0, Access::LowThenHigh, Mode::RateGenerator, true);
  counter.write(0, 0x00);
  counter.write(0, 0x10);  // 1000
  counter.latch_count(2);
  counter.latch_count(500);
  counter.latch_status(500);
  REQUIRE(counter.read(600) == 0xb5);  // OUT high, loaded, low then high byte, mode 2, BCD
  REQUIRE(counter.read(600) == 0x99);
  REQUIRE(counter.read(600) == 0x09);
  REQUIRE(counter.read(601) == 0x00);  // 1000 - 600
  REQUIRE(counter.read(601) == 0x04);
}

struct Fixture {
  void program(unsigned counter, unsigned mode, unsigned count) {
    write_byte(pit.counter_ports(), 3, counter << 6 | 0x30 | mode << 1);
    write_byte(pit.counter_ports(), counter, count & 0xff);
    write_byte(pit.counter_ports(), counter, count >> 8);
  }

  test::TestClock clock;
  test::InterruptProbe irq0;
  Pit pit{clock.scheduler(), irq0.line()};
};

TEST_CASE_METHOD(Fixture, "Counter 0 interrupts at its programmed rate without drift") {
  program(0, 2, 11'932);  // 100 Hz, near enough
  clock.advance(10 * kPicosecondsPerSecond);
  REQUIRE(irq0.edges() == 10 * Pit::kHertz / 11'932 + 1);  // and the rise to high when programmed
}

TEST_CASE_METHOD(Fixture, "Reads of counter 0 follow virtual time") {
  program(0, 2, 0);
  clock.advance(milliseconds(10));
  write_byte(pit.counter_ports(), 3, 0x00);
  unsigned count = read_byte(pit.counter_ports(), 0);
  count |= read_byte(pit.counter_ports(), 0) << 8;
  REQUIRE(count == 0x1'0000 - (cycles_in(milliseconds(10), Pit::kHertz) - 1));
}

TEST_CASE_METHOD(Fixture, "Read-back latches status of several counters") {
  program(0, 3, 100);
  program(2, 0, 200);
  write_byte(pit.counter_ports(), 3, 0xea);            // status of counters 0 and 2
  REQUIRE(read_byte(pit.counter_ports(), 0) == 0xf6);  // null count: not loaded before the next pulse
  REQUIRE(read_byte(pit.counter_ports(), 2) == 0x70);
}

TEST_CASE_METHOD(Fixture, "Port 61h gates counter 2 and shows its output and the refresh toggle") {
  program(2, 0, 1'193);
  clock.advance(milliseconds(5));
  REQUIRE((read_byte(pit.control_port(), 0) & 0x20) == 0);
  write_byte(pit.control_port(), 0, 0x01);
  clock.advance(microseconds(990));
  REQUIRE((read_byte(pit.control_port(), 0) & 0x21) == 0x01);
  clock.advance(microseconds(20));
  REQUIRE((read_byte(pit.control_port(), 0) & 0x21) == 0x21);
  REQUIRE_FALSE(pit.speaker());
  write_byte(pit.control_port(), 0, 0x03);
  REQUIRE(pit.speaker());

  const u8 before = read_byte(pit.control_port(), 0);
  clock.advance(nanoseconds(15'090));
  REQUIRE(((before ^ read_byte(pit.control_port(), 0)) & 0x10) != 0);
}

TEST_CASE_METHOD(Fixture, "The PIT keeps the snapshot contract") {
  program(0, 2, 1000);
  program(2, 3, 77);
  write_byte(pit.control_port(), 0, 0x03);
  clock.advance(microseconds(3210));
  write_byte(pit.counter_ports(), 3, 0xc2);  // latch both of counter 0
  write_byte(pit.counter_ports(), 2, 5);     // half a count
  test::TestClock other_clock;
  Pit fresh(other_clock.scheduler(), {});
  test::check_snapshot_contract(pit, fresh);
}

}  // namespace
}  // namespace ringdown
