// The 16550A against its data sheet: registers, FIFOs, interrupts, loopback and timing.
#include <catch2/catch.hpp>
#include <string>

#include "devices/serial/uart_16550.h"
#include "tests/support/contract.h"
#include "tests/support/test_clock.h"

using namespace ringdown;

namespace {

constexpr Picoseconds kCharacterAt115200 = time_of_cycle(10 * 16, 1'843'200);

struct Pin final : InterruptSink {
  void set_input(unsigned, Level next) override { level = next; }
  Level level = Level::Low;
};

struct Recorder final : SerialBackend {
  void transmit(std::span<const u8> characters) override {
    text.append(characters.begin(), characters.end());
  }
  void set_break(bool active) override { breaks += active ? 'B' : 'b'; }
  std::string text;
  std::string breaks;
};

struct Board {
  Board() { set_divisor(1); }
  u8 in(u32 offset) { return static_cast<u8>(uart.registers().read(offset, Width::Byte)); }
  void out(u32 offset, u8 value) { uart.registers().write(offset, Width::Byte, value); }
  void set_divisor(u16 divisor) {
    out(3, 0x83);
    out(0, static_cast<u8>(divisor));
    out(1, static_cast<u8>(divisor >> 8));
    out(3, 0x03);
  }
  void receive(std::string_view text) {
    uart.receive({reinterpret_cast<const u8*>(text.data()), text.size()});
  }
  void pass_characters(unsigned count) { clock.advance(count * kCharacterAt115200); }
  std::string drain() {
    std::string text;
    while ((in(5) & 1) != 0) text += static_cast<char>(in(0));
    return text;
  }

  test::TestClock clock;
  Log log;
  Pin pin;
  Recorder recorder;
  Uart16550 uart{0, log, clock.scheduler(), InterruptLine(pin, 4), recorder};
};

/// Half-full FIFOs, a busy transmitter, characters on the line and a modem line that moved.
struct UartRig : Board {
  std::vector<Serializable*> parts() { return {&clock, &clock.scheduler(), &uart}; }
  void drive() {
    out(2, 0x41);
    out(4, 0x0b);
    out(1, 0x0f);
    out(7, static_cast<u8>(in(7) + 1));
    receive("abcdefgh");
    pass_characters(3);
    in(0);
    uart.receive_break();
    out(0, 'x');
    out(0, 'y');
    uart.set_modem_inputs({.carrier_detect = in(7) % 2 == 0});
  }
};

}  // namespace

TEST_CASE("reset values and plain registers") {
  Board board;
  board.uart.reset();
  CHECK(board.in(1) == 0x00);
  CHECK(board.in(2) == 0x01);
  CHECK(board.in(3) == 0x00);
  CHECK(board.in(4) == 0x00);
  CHECK(board.in(5) == 0x60);
  CHECK(board.in(6) == 0xb0);  // CTS, DSR and DCD of the default modem inputs, no deltas
  board.out(7, 0xa5);
  CHECK(board.in(7) == 0xa5);
  board.out(1, 0xff);
  CHECK(board.in(1) == 0x0f);
  board.out(4, 0xff);
  CHECK(board.in(4) == 0x1f);
  board.out(3, 0x83);
  board.out(0, 0x34);
  board.out(1, 0x12);
  CHECK(board.in(0) == 0x34);
  CHECK(board.in(1) == 0x12);
  board.out(3, 0x03);
  CHECK(board.in(1) == 0x0f);
}

TEST_CASE("a polling guest sends without waiting, an interrupt-driven one at line rate") {
  Board board;
  for (char c : std::string("hello")) {
    CHECK((board.in(5) & 0x60) == 0x60);
    board.out(0, static_cast<u8>(c));
  }
  CHECK(board.recorder.text == "hello");

  board.out(4, 0x08);
  board.out(1, 0x02);
  CHECK(board.pin.level == Level::High);
  CHECK(board.in(2) == 0x02);
  CHECK(board.pin.level == Level::Low);
  board.out(0, 'a');  // moves to the shift register, so the holding register is empty again
  CHECK(board.pin.level == Level::High);
  CHECK((board.in(5) & 0x60) == 0x20);
  board.out(0, 'b');
  CHECK(board.pin.level == Level::Low);
  CHECK((board.in(5) & 0x60) == 0x00);
  board.pass_characters(1);
  CHECK(board.pin.level == Level::High);
  CHECK((board.in(5) & 0x60) == 0x20);
  board.pass_characters(1);
  CHECK((board.in(5) & 0x60) == 0x60);
  CHECK(board.recorder.text == "helloab");
}

TEST_CASE("enabling the transmitter interrupt while empty requests it again") {
  Board board;
  board.out(4, 0x08);
  board.out(1, 0x02);
  CHECK(board.in(2) == 0x02);
  CHECK(board.in(2) == 0x01);
  board.out(1, 0x00);
  board.out(1, 0x02);
  CHECK(board.in(2) == 0x02);
}

TEST_CASE("characters are masked to the word length") {
  Board board;
  board.out(3, 0x02);  // seven bits
  board.out(0, 0xff);
  CHECK(static_cast<u8>(board.recorder.text.at(0)) == 0x7f);
  board.receive("\xc1");
  board.pass_characters(1);
  CHECK(board.drain() == "A");
}

TEST_CASE("pasted text arrives complete at line rate") {
  Board board;
  board.out(2, 0xc1);
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>('a' + i % 26);
  board.receive(text);
  board.pass_characters(100);  // the guest is busy: the FIFO fills and the line waits
  CHECK((board.in(5) & 0x02) == 0);
  std::string received = board.drain();
  CHECK(received.size() == 16);
  int rounds = 0;
  while (received.size() < text.size() && ++rounds < 2000) {
    board.pass_characters(1);
    received += board.drain();
  }
  CHECK(received == text);
  CHECK(rounds >= 984);
}

TEST_CASE("the received data interrupt follows the trigger level") {
  const auto [control, level] = GENERATE(table<u8, unsigned>({{0x01, 1}, {0x41, 4}, {0x81, 8}, {0xc1, 14}}));
  Board board;
  board.out(2, control);
  board.out(4, 0x08);
  board.out(1, 0x01);
  board.receive("0123456789abcdef");
  board.pass_characters(level - 1);
  CHECK(board.pin.level == Level::Low);
  board.pass_characters(1);
  CHECK(board.pin.level == Level::High);
  CHECK(board.in(2) == 0xc4);
  board.in(0);
  CHECK(board.pin.level == Level::Low);
}

TEST_CASE("characters below the trigger level time out after four character times") {
  Board board;
  board.out(2, 0xc1);
  board.out(4, 0x08);
  board.out(1, 0x01);
  board.receive("xy");
  board.pass_characters(2);
  board.pass_characters(3);
  CHECK(board.pin.level == Level::Low);
  board.pass_characters(1);
  CHECK(board.in(2) == 0xcc);
  CHECK(board.in(0) == 'x');
  CHECK(board.in(2) == 0xc1);  // reading restarts the time
  board.pass_characters(4);
  CHECK(board.in(2) == 0xcc);
  CHECK(board.in(0) == 'y');
  board.pass_characters(8);
  CHECK(board.in(2) == 0xc1);
}

TEST_CASE("interrupts are shown by priority") {
  Board board;
  board.out(2, 0x01);
  board.out(4, 0x08);
  board.out(1, 0x0f);
  board.uart.receive_break();
  board.pass_characters(1);
  board.uart.set_modem_inputs({.clear_to_send = false});
  CHECK(board.in(2) == 0xc6);
  CHECK(board.in(5) == 0xf9);  // DR, FE, BI, THRE, TEMT and the FIFO's error bit
  CHECK(board.in(5) == 0x61);
  CHECK(board.in(2) == 0xc4);
  CHECK(board.in(0) == 0x00);
  CHECK(board.in(2) == 0xc2);
  CHECK(board.in(2) == 0xc0);
  CHECK(board.in(6) == 0xa1);
  CHECK(board.in(2) == 0xc1);
  CHECK(board.pin.level == Level::Low);
}

TEST_CASE("OUT2 gates the interrupt") {
  Board board;
  board.out(1, 0x02);
  CHECK(board.pin.level == Level::Low);
  CHECK((board.in(2) & 0x0f) == 0x02);
  board.out(1, 0x00);
  board.out(1, 0x02);
  board.out(4, 0x08);
  CHECK(board.pin.level == Level::High);
}

TEST_CASE("ring indicator reports its trailing edge only") {
  Board board;
  board.in(6);
  board.uart.set_modem_inputs({.ring_indicator = true});
  CHECK(board.in(6) == 0xf0);
  board.uart.set_modem_inputs({});
  CHECK(board.in(6) == 0xb4);
  CHECK(board.in(6) == 0xb0);
}

TEST_CASE("loopback wires outputs to inputs and sizes the FIFO as drivers measure it") {
  Board board;
  board.out(4, 0x1a);  // loop, OUT2, RTS
  CHECK((board.in(6) & 0xf0) == 0x90);
  board.out(4, 0x15);  // loop, OUT1, DTR
  CHECK((board.in(6) & 0xf0) == 0x60);
  board.receive("not heard in loopback");
  board.out(2, 0x07);
  for (int i = 0; i < 256; ++i) board.out(0, static_cast<u8>(i));
  board.pass_characters(300);
  unsigned count = 0;
  while ((board.in(5) & 1) != 0 && count < 256) {
    CHECK(board.in(0) == count);
    ++count;
  }
  CHECK(count == 16);
  CHECK(board.recorder.text.empty());
  board.out(4, 0x03);
  board.pass_characters(3);
  CHECK(board.drain() == "not");
}

TEST_CASE("loopback overruns the receiver, with and without FIFO") {
  Board board;
  board.out(4, 0x10);
  board.out(0, 'a');
  board.pass_characters(1);
  board.out(0, 'b');
  board.pass_characters(1);
  CHECK((board.in(5) & 0x03) == 0x03);
  CHECK((board.in(5) & 0x03) == 0x01);
  CHECK(board.in(0) == 'b');  // the buffer register is overwritten

  board.out(2, 0x01);
  for (int i = 0; i < 17; ++i) {
    board.out(0, static_cast<u8>('a' + i));
    board.pass_characters(1);
  }
  CHECK((board.in(5) & 0x03) == 0x03);
  CHECK(board.drain() == "abcdefghijklmnop");
}

TEST_CASE("break reaches the backend, and in loopback the receiver") {
  Board board;
  board.out(3, 0x43);
  board.out(3, 0x03);
  CHECK(board.recorder.breaks == "Bb");
  board.out(4, 0x10);
  board.out(3, 0x43);
  CHECK((board.in(5) & 0x19) == 0x19);
  CHECK(board.recorder.breaks == "Bb");
}

TEST_CASE("switching the FIFOs empties them") {
  Board board;
  board.out(2, 0x01);
  board.receive("abc");
  board.pass_characters(3);
  board.out(2, 0x00);
  CHECK((board.in(5) & 1) == 0);
  CHECK(board.in(2) == 0x01);
}

TEST_CASE("a slow line takes its time") {
  Board board;
  board.set_divisor(96);  // 1200 baud: ten bits are 8.33 ms
  board.receive("z");
  board.clock.advance(milliseconds(8));
  CHECK((board.in(5) & 1) == 0);
  board.clock.advance(milliseconds(1));
  CHECK(board.in(0) == 'z');
}

RINGDOWN_SNAPSHOT_CONTRACT(UartRig)

TEST_CASE("a restored UART drives its interrupt line") {
  Board used;
  used.out(4, 0x08);
  used.out(1, 0x02);
  REQUIRE(used.pin.level == Level::High);
  Board restored;
  REQUIRE(test::restore(restored.uart, test::saved(used.uart)));
  CHECK(restored.pin.level == Level::High);
}
