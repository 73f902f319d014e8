// The 8042 with keyboard and mouse: commands, translation, interrupts, overflow, A20, reset, and packets.
#include "devices/input/keyboard_controller.h"

#include <catch2/catch.hpp>
#include <vector>

#include "devices/input/port_92.h"
#include "tests/support/interrupt_probe.h"
#include "tests/support/snapshot_contract.h"
#include "tests/support/test_clock.h"

namespace ringdown {
namespace {

using Bytes = std::vector<unsigned>;

struct Pins final : ProcessorPins {
  void set_intr(Level) override {}
  void pulse_nmi() override {}
  void set_a20(Level level) override { a20 = level == Level::High; }
  bool a20 = false;
};

struct Control final : MachineControl {
  void request_reset() override { ++resets; }
  void request_power_off() override {}
  void request_exit(u8) override {}
  unsigned resets = 0;
};

struct Fixture {
  Fixture() { command(0x60, 0x47); }  // translate, both interrupts, system flag

  void command(unsigned code) { test::write_byte(kbc.command_port(), 0, code); }
  void command(unsigned code, unsigned parameter) {
    command(code);
    data(parameter);
  }
  void data(unsigned byte) { test::write_byte(kbc.data_port(), 0, byte); }
  void to_mouse(unsigned byte) { command(0xd4, byte); }
  u8 status() { return test::read_byte(kbc.command_port(), 0); }
  /// Reads bytes until none comes for 20 ms.
  Bytes drain() {
    Bytes bytes;
    for (unsigned idle = 0; idle < 20; ++idle) {
      clock.advance(milliseconds(1));
      if ((status() & 1) == 0) continue;
      bytes.push_back(test::read_byte(kbc.data_port(), 0));
      idle = 0;
    }
    return bytes;
  }
  void keys(std::vector<u8> codes) { kbc.keyboard_input(codes); }

  test::TestClock clock;
  test::InterruptProbe lines;
  Pins pins;
  Control control;
  A20Gate gate{pins};
  Log log;
  KeyboardController kbc{clock.scheduler(), {lines.line(1), lines.line(12), gate, control}, log};
};

TEST_CASE_METHOD(Fixture, "Keys are translated, delivered one by one, and interrupt on IRQ1") {
  keys({0x1c, 0xf0, 0x1c});
  REQUIRE((status() & 1) == 0);  // still on the wire
  clock.advance(milliseconds(1));
  REQUIRE((status() & 0x21) == 0x01);
  REQUIRE(lines.high(1));
  clock.advance(milliseconds(10));
  REQUIRE(test::read_byte(kbc.data_port(), 0) == 0x1e);
  REQUIRE_FALSE(lines.high(1));
  clock.advance(milliseconds(1));
  REQUIRE(test::read_byte(kbc.data_port(), 0) == 0x9e);
  REQUIRE(lines.edges(1) == 2);
  REQUIRE(lines.edges(12) == 0);
}

TEST_CASE_METHOD(Fixture, "Scan code sets 1 and 3, without translation") {
  command(0x60, 0x03);
  keys({0xe0, 0x75, 0xe0, 0xf0, 0x75});
  REQUIRE(drain() == Bytes{0xe0, 0x75, 0xe0, 0xf0, 0x75});
  data(0xf0);
  data(0x01);
  REQUIRE(drain() == Bytes{0xfa, 0xfa});
  keys({0xe0, 0x75, 0xe0, 0xf0, 0x75, 0x05});
  REQUIRE(drain() == Bytes{0xe0, 0x48, 0xe0, 0xc8, 0x3b});
  data(0xf0);
  data(0x03);
  drain();
  keys({0xe0, 0x12, 0xe0, 0x75, 0xe0, 0xf0, 0x75, 0xe0, 0xf0, 0x12, 0x1c});
  REQUIRE(drain() == Bytes{0x63, 0xf0, 0x63, 0x1c});
  keys({0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77});
  REQUIRE(drain() == Bytes{0x62, 0xf0, 0x62});
  data(0xf0);
  data(0x00);
  REQUIRE(drain() == Bytes{0xfa, 0xfa, 0x03});
}

TEST_CASE_METHOD(Fixture, "The keyboard identifies itself, resets, and shows its LEDs") {
  data(0xf2);
  REQUIRE(drain() == Bytes{0xfa, 0xab, 0x41});  // 83h, translated
  data(0xff);
  REQUIRE(drain() == Bytes{0xfa, 0xaa});
  data(0xed);
  data(0x06);
  REQUIRE(drain() == Bytes{0xfa, 0xfa});
  REQUIRE(kbc.keyboard().leds().num_lock);
  REQUIRE(kbc.keyboard().leds().caps_lock);
  REQUIRE_FALSE(kbc.keyboard().leds().scroll_lock);
  data(0xee);
  REQUIRE(drain() == Bytes{0xee});
  data(0x12);
  REQUIRE(drain() == Bytes{0xfe});
}

TEST_CASE_METHOD(Fixture, "Scanning can be turned off and on") {
  data(0xf5);
  drain();
  keys({0x1c});
  REQUIRE(drain().empty());
  data(0xf4);
  REQUIRE(drain() == Bytes{0xfa});
  keys({0x1c});
  REQUIRE(drain() == Bytes{0x1e});
}

TEST_CASE_METHOD(Fixture, "Keys beyond sixteen bytes end in the overrun code") {
  keys(std::vector<u8>(30, 0x1c));
  const Bytes bytes = drain();
  REQUIRE(bytes.size() == 17);
  REQUIRE(bytes[15] == 0x1e);
  REQUIRE(bytes[16] == 0xff);  // 00h, translated
  keys({0x1c});
  REQUIRE(drain() == Bytes{0x1e});
}

TEST_CASE_METHOD(Fixture, "A disabled keyboard keeps its bytes until it is enabled") {
  command(0xad);
  keys({0x1c});
  REQUIRE(drain().empty());
  command(0xae);
  REQUIRE(drain() == Bytes{0x1e});
}

TEST_CASE_METHOD(Fixture, "Controller commands") {
  command(0xaa);
  REQUIRE(drain() == Bytes{0x55});
  command(0x20);
  REQUIRE(drain() == Bytes{0x47});
  command(0xa7);
  command(0x20);
  REQUIRE(drain() == Bytes{0x67});
  command(0xa9);
  command(0xab);
  command(0xa4);
  REQUIRE(drain() == Bytes{0x00, 0x00, 0xf1});
  command(0xd2, 0x42);
  REQUIRE((status() & 0x21) == 0x01);
  REQUIRE(drain() == Bytes{0x42});
  command(0xd3, 0x43);
  REQUIRE((status() & 0x21) == 0x21);
  REQUIRE(lines.high(12));
  REQUIRE(drain() == Bytes{0x43});
  command(0x7f, 0x99);
  command(0x3f);
  REQUIRE(drain() == Bytes{0x99});
  command(0xb7);
  REQUIRE(log.unimplemented_counts().size() == 1);
}

TEST_CASE_METHOD(Fixture, "A20 opens by either gate") {
  Port92 port_92(gate, control);
  REQUIRE(pins.a20);
  command(0xd1, 0xdd);
  REQUIRE_FALSE(pins.a20);
  command(0xd0);
  REQUIRE((drain()[0] & 0x03) == 0x01);
  test::write_byte(port_92, 0, 0x02);
  REQUIRE(pins.a20);
  REQUIRE(test::read_byte(port_92, 0) == 0x02);
  command(0xdf);
  test::write_byte(port_92, 0, 0x00);
  REQUIRE(pins.a20);
  command(0xdd);
  REQUIRE_FALSE(pins.a20);
}

TEST_CASE_METHOD(Fixture, "Reset by pulse, by output port and by port 92h") {
  Port92 port_92(gate, control);
  command(0xff);  // pulses nothing
  REQUIRE(control.resets == 0);
  command(0xfe);
  REQUIRE(control.resets == 1);
  command(0xd1, 0xde);
  REQUIRE(control.resets == 2);
  test::write_byte(port_92, 0, 0x01);
  test::write_byte(port_92, 0, 0x01);
  REQUIRE(control.resets == 3);
}

TEST_CASE_METHOD(Fixture, "The mouse reports movement in stream mode on IRQ12") {
  to_mouse(0xff);
  REQUIRE(drain() == Bytes{0xfa, 0xaa, 0x00});
  kbc.mouse_input({5, 5, 0, 0});
  REQUIRE(drain().empty());  // not reporting yet
  to_mouse(0xf4);
  REQUIRE(drain() == Bytes{0xfa});
  const unsigned edges = lines.edges(12);
  kbc.mouse_input({10, 3, 0, Ps2Mouse::kLeft});
  kbc.mouse_input({-30, 0, 0, Ps2Mouse::kLeft});
  REQUIRE(drain() == Bytes{0x39, 0xec, 0xfd});  // -20 right, -3 up
  REQUIRE(lines.edges(12) == edges + 3);
  kbc.mouse_input({300, 0, 0, 0});
  REQUIRE(drain() == Bytes{0x08, 0xff, 0x00, 0x08, 0x2d, 0x00});
}

TEST_CASE_METHOD(Fixture, "The mouse becomes an IntelliMouse by three sample rates") {
  for (const unsigned rate : {200u, 100u, 80u}) {
    to_mouse(0xf3);
    to_mouse(rate);
  }
  drain();
  to_mouse(0xf2);
  REQUIRE(drain() == Bytes{0xfa, 0x03});
  to_mouse(0xf4);
  drain();
  kbc.mouse_input({0, 0, -2, Ps2Mouse::kMiddle});
  REQUIRE(drain() == Bytes{0x0c, 0x00, 0x00, 0xfe});
  for (const unsigned rate : {200u, 200u, 80u}) {
    to_mouse(0xf3);
    to_mouse(rate);
  }
  to_mouse(0xf2);
  const Bytes bytes = drain();
  REQUIRE(bytes.back() == 0x04);
}

TEST_CASE_METHOD(Fixture, "Status, remote mode, wrap mode and scaling of the mouse") {
  to_mouse(0xe9);
  REQUIRE(drain() == Bytes{0xfa, 0x00, 0x02, 0x64});
  to_mouse(0xe7);
  to_mouse(0xf0);
  to_mouse(0xe9);
  REQUIRE(drain() == Bytes{0xfa, 0xfa, 0xfa, 0x50, 0x02, 0x64});
  kbc.mouse_input({4, 0, 0, 0});
  to_mouse(0xeb);
  REQUIRE(drain() == Bytes{0xfa, 0x08, 0x04, 0x00});  // not scaled in remote mode
  to_mouse(0xea);
  to_mouse(0xf4);
  drain();
  kbc.mouse_input({4, 0, 0, 0});
  REQUIRE(drain() == Bytes{0x08, 0x06, 0x00});
  to_mouse(0xee);
  to_mouse(0x55);
  to_mouse(0xec);
  REQUIRE(drain() == Bytes{0xfa, 0x55, 0xfa});
}

TEST_CASE_METHOD(Fixture, "A guest that never reads piles up nothing") {
  for (unsigned i = 0; i < 10'000; ++i) {
    to_mouse(0xeb);
    data(0xf2);
    command(0x20);
    kbc.mouse_input({1, 1, 1, 0});
  }
  REQUIRE(test::payload_of(kbc).size() < 500);
}

TEST_CASE_METHOD(Fixture, "Keyboard controller and port 92h keep the snapshot contract") {
  Port92 port_92(gate, control);
  test::write_byte(port_92, 0, 0x02);
  keys({0x1c, 0xf0, 0x1c, 0xe0});
  to_mouse(0xe9);
  command(0x20);
  command(0xd1, 0xdd);
  clock.advance(milliseconds(3));
  command(0xd1);  // waits for its parameter
  Fixture fresh;
  Port92 fresh_port_92(fresh.gate, fresh.control);
  test::check_snapshot_contract(port_92, fresh_port_92);
  REQUIRE(fresh.pins.a20);
  test::check_snapshot_contract(kbc, fresh.kbc);
  REQUIRE(fresh.lines.high(1));
}

}  // namespace
}  // namespace ringdown
