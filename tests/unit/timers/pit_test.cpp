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

/// OUT at `count` pulses from `from` on, as a string of 0 and 1.
std::string wave(PitCounter& counter, u64 from, unsigned count) {
  std::string text;
  for (u64 pulse = from; pulse < from + count; ++pulse) text += counter.out(pulse) ? '1' : '0';
  return text;
}

u8 control_word(Access access, unsigned mode, bool bcd = false) {
  u8 word = PitCounter::ControlBcd::with(0, bcd);
  word = PitCounter::ControlMode::with(word, static_cast<u8>(mode));
  return PitCounter::ControlAccess::with(word, access);
}

PitCounter programmed(Mode mode, u8 count, Access access = Access::Low) {
  PitCounter counter;
  counter.program(0, control_word(access, static_cast<unsigned>(mode)));
  counter.write(0, count);
  return counter;
}

/// What happens right after a pulse.
struct Action {
  enum class Kind : u8 { Count, GateLow, GateHigh };
  u64 pulse;
  Kind kind;
  u8 count = 0;
};
constexpr auto kCount = Action::Kind::Count;
constexpr auto kGateLow = Action::Kind::GateLow;
constexpr auto kGateHigh = Action::Kind::GateHigh;

/// One of the data sheet's timing diagrams: the low byte of the counting element and OUT after each pulse
/// from the first on.
struct Diagram {
  const char* name;
  unsigned mode;
  u8 count;
  std::vector<Action> actions;
  std::vector<unsigned> element;
  std::string out;
};

// Intel 231164, figures "Mode 0" to "Mode 5": three diagrams each; then rules that only its text gives.
const std::vector<Diagram> kDiagrams = {
    {"mode 0", 0, 4, {}, {4, 3, 2, 1, 0, 0xff, 0xfe}, "0000111"},
    {"mode 0, GATE low", 0, 3, {{2, kGateLow}, {4, kGateHigh}}, {3, 2, 2, 2, 1, 0, 0xff}, "0000011"},
    {"mode 0, new count", 0, 3, {{3, kCount, 2}}, {3, 2, 1, 2, 1, 0, 0xff}, "0000011"},
    {"mode 1", 1, 3, {{2, kGateLow}, {3, kGateHigh}}, {0, 0, 0, 3, 2, 1, 0, 0xff}, "11100011"},
    {"mode 1, triggered again",
     1,
     3,
     {{0, kGateLow}, {1, kGateHigh}, {3, kGateLow}, {4, kGateHigh}},
     {0, 3, 2, 1, 3, 2, 1, 0},
     "10000001"},
    {"mode 1, new count",
     1,
     2,
     {{0, kGateLow}, {1, kGateHigh}, {2, kCount, 4}, {4, kGateLow}, {6, kGateHigh}},
     {0, 2, 1, 0, 0xff, 0xfe, 4, 3},
     "10011100"},
    {"mode 2", 2, 3, {}, {3, 2, 1, 3, 2, 1, 3}, "1101101"},
    {"mode 2, GATE low", 2, 3, {{2, kGateLow}, {3, kGateHigh}}, {3, 2, 2, 3, 2, 1, 3}, "1111101"},
    {"mode 2, new count", 2, 4, {{2, kCount, 5}}, {4, 3, 2, 1, 5, 4, 3}, "1110111"},
    {"mode 3, even", 3, 4, {}, {4, 2, 4, 2, 4, 2, 4, 2}, "11001100"},
    {"mode 3, odd", 3, 5, {}, {4, 2, 0, 4, 2, 4, 2, 0, 4, 2}, "1110011100"},
    {"mode 3, GATE low", 3, 4, {{4, kGateLow}, {6, kGateHigh}}, {4, 2, 4, 2, 2, 2, 4, 2, 4, 2}, "1100111100"},
    {"mode 4", 4, 3, {}, {3, 2, 1, 0, 0xff, 0xfe}, "111011"},
    {"mode 4, GATE low", 4, 3, {{1, kGateLow}, {3, kGateHigh}}, {3, 3, 3, 2, 1, 0, 0xff}, "1111101"},
    {"mode 4, new count", 4, 3, {{3, kCount, 2}}, {3, 2, 1, 2, 1, 0, 0xff}, "1111101"},
    {"mode 5", 5, 3, {{1, kGateLow}, {2, kGateHigh}}, {0, 0, 3, 2, 1, 0, 0xff}, "1111101"},
    {"mode 5, triggered again",
     5,
     3,
     {{0, kGateLow}, {1, kGateHigh}, {2, kGateLow}, {3, kGateHigh}},
     {0, 3, 2, 3, 2, 1, 0, 0xff},
     "11111101"},
    {"mode 5, new count",
     5,
     3,
     {{0, kGateLow}, {1, kGateHigh}, {3, kCount, 5}, {4, kGateLow}, {7, kGateHigh}},
     {0, 3, 2, 1, 0, 0xff, 0xfe, 5, 4},
     "111101111"},
    {"mode 0 counts once loaded with GATE low",
     0,
     2,
     {{0, kGateLow}, {3, kGateHigh}},
     {2, 2, 2, 1, 0, 0xff},
     "000011"},
    {"a pulse that loads does not end the old count", 0, 2, {{2, kCount, 3}}, {2, 1, 3, 2, 1, 0}, "000001"},
    {"mode 2, GATE low in the output pulse", 2, 3, {{3, kGateLow}, {4, kGateHigh}}, {3, 2, 1, 1, 3}, "11011"},
    {"mode 2, new count and a trigger before the period ends",
     2,
     5,
     {{2, kCount, 3}, {2, kGateLow}, {3, kGateHigh}},
     {5, 4, 4, 3, 2, 1, 3},
     "1111101"},
    {"mode 2, first count with GATE low",
     2,
     3,
     {{0, kGateLow}, {2, kGateHigh}},
     {3, 3, 3, 2, 1, 3},
     "111101"},
    {"mode 3, new count at the end of a half period", 3, 4, {{1, kCount, 6}}, {4, 2, 6, 4, 2, 6}, "110001"},
    {"mode 4, GATE low in the strobe", 4, 1, {{2, kGateLow}}, {1, 0, 0, 0}, "1011"},
    {"mode 6 is mode 2", 6, 3, {}, {3, 2, 1, 3}, "1101"},
    {"mode 7 is mode 3", 7, 4, {}, {4, 2, 4, 2}, "1100"},
};

void act(PitCounter& counter, const Action& action) {
  switch (action.kind) {
    case Action::Kind::Count:
      return counter.write(action.pulse, action.count);
    case Action::Kind::GateLow:
      return counter.set_gate(action.pulse, false);
    case Action::Kind::GateHigh:
      return counter.set_gate(action.pulse, true);
  }
}

PitCounter started(const Diagram& diagram) {
  PitCounter counter;
  counter.program(0, control_word(Access::Low, diagram.mode));
  counter.write(0, diagram.count);
  return counter;
}

TEST_CASE("Counters do what the data sheet's timing diagrams show") {
  for (const Diagram& diagram : kDiagrams) {
    CAPTURE(diagram.name);
    PitCounter counter = started(diagram);
    std::vector<unsigned> element;
    std::string out;
    for (u64 pulse = 0; pulse <= diagram.out.size(); ++pulse) {
      if (pulse != 0) {
        out += counter.out(pulse) ? '1' : '0';
        element.push_back(counter.read(pulse));
      }
      for (const Action& action : diagram.actions) {
        if (action.pulse == pulse) act(counter, action);
      }
    }
    CHECK(out == diagram.out);
    CHECK(element == diagram.element);
  }
}

TEST_CASE("A counter that is looked at only where it announces a change shows the same OUT") {
  for (const Diagram& diagram : kDiagrams) {
    CAPTURE(diagram.name);
    PitCounter counter = started(diagram);
    std::string out;
    bool level = counter.out(0);
    std::optional<u64> next = counter.next_change(0);
    for (u64 pulse = 0; pulse <= diagram.out.size(); ++pulse) {
      if (next && *next == pulse) {
        level = counter.out(pulse);
        next = counter.next_change(pulse);
      }
      if (pulse != 0) out += level ? '1' : '0';
      for (const Action& action : diagram.actions) {
        if (action.pulse != pulse) continue;
        act(counter, action);
        level = counter.out(pulse);
        next = counter.next_change(pulse);
      }
    }
    // An action takes its effect on OUT at once, which the next pulse shows.
    CHECK(out == diagram.out);
  }
}

TEST_CASE("A count of zero is the largest one") {
  const bool bcd = GENERATE(false, true);
  PitCounter counter;
  counter.program(0, control_word(Access::LowThenHigh, 0, bcd));
  counter.write(0, 0);
  counter.write(0, 0);
  const u64 largest = bcd ? 10'000 : 0x1'0000;
  REQUIRE_FALSE(counter.out(largest));
  REQUIRE(counter.out(largest + 1));
}

TEST_CASE("Modes 1 and 5 are not armed before the first count") {
  const unsigned mode = GENERATE(1u, 5u);
  PitCounter counter;
  counter.program(0, control_word(Access::Low, mode));
  counter.set_gate(1, false);
  counter.set_gate(2, true);
  REQUIRE(wave(counter, 3, 10).find('0') == std::string::npos);
  REQUIRE_FALSE(counter.next_change(13).has_value());
}

TEST_CASE("The status byte has the control word as written, the null count and OUT") {
  const auto status = [](PitCounter& counter, u64 pulse) {
    counter.latch_status(pulse);
    return counter.read(pulse);
  };
  PitCounter counter;
  counter.program(0, control_word(Access::Low, 6, true));
  CHECK(status(counter, 1) == 0xdd);  // OUT, null count, low byte, mode 6, BCD
  counter.write(1, 0x20);
  CHECK(status(counter, 1) == 0xdd);
  CHECK(status(counter, 2) == 0x9d);  // loaded
  counter.write(5, 0x10);
  CHECK(status(counter, 5) == 0xdd);
  CHECK(status(counter, 21) == 0x5d);  // the period's last pulse
  CHECK(status(counter, 22) == 0x9d);

  PitCounter waiting;
  waiting.program(0, control_word(Access::LowThenHigh, 1));
  waiting.write(0, 4);
  waiting.write(0, 0);
  CHECK(status(waiting, 9) == 0xf2);  // until a trigger
  waiting.set_gate(9, false);
  waiting.set_gate(9, true);
  CHECK(status(waiting, 10) == 0x32);
}

TEST_CASE("A one-byte count leaves the other byte zero") {
  PitCounter counter = programmed(Mode::TerminalCount, 0x02, Access::High);
  REQUIRE(counter.read(1) == 0x02);
  REQUIRE_FALSE(counter.out(0x200));
  REQUIRE(counter.out(0x201));
}

TEST_CASE("A new control word stops counting and undoes latches and half a count") {
  PitCounter counter = programmed(Mode::RateGenerator, 100);
  counter.latch_count(11);
  counter.latch_status(11);
  counter.program(31, control_word(Access::LowThenHigh, 2));
  REQUIRE(counter.read(500) == 70);
  REQUIRE(counter.read(500) == 0);
  counter.write(500, 7);
  counter.program(600, control_word(Access::Low, 2));
  counter.write(600, 9);
  REQUIRE(counter.read(601) == 9);
}

TEST_CASE("Periods are exact after any time") {
  PitCounter counter = programmed(Mode::RateGenerator, 3);
  REQUIRE(wave(counter, 3'000'000'001, 6) == "110110");
  PitCounter strobed = programmed(Mode::SoftwareStrobe, 3);
  REQUIRE(wave(strobed, 60'000, 20'000).find('0') == std::string::npos);
}

TEST_CASE("Mode 0 stops at the first byte of a two-byte count") {
  PitCounter counter;
  counter.program(0, control_word(Access::LowThenHigh, 0));
  counter.write(0, 3);
  counter.write(0, 0);
  REQUIRE(counter.out(4));
  counter.write(10, 5);
  REQUIRE_FALSE(counter.out(1000));
  counter.set_gate(1000, false);
  counter.set_gate(1000, true);
  REQUIRE_FALSE(counter.next_change(1000).has_value());
  counter.write(1000, 0);
  REQUIRE_FALSE(counter.out(1005));
  REQUIRE(counter.out(1006));
}

TEST_CASE("Counts and status latch until they are read; BCD counts in decimal") {
  PitCounter counter;
  counter.program(0, control_word(Access::LowThenHigh, 2, true));
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
