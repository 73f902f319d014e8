// The 93C46 by its wires: reading, programming and its write protection.
#include <catch2/catch.hpp>

#include "devices/network/eeprom_93c46.h"

namespace ringdown::test {
namespace {

struct Wires {
  Eeprom93c46 chip{[] {
    Eeprom93c46::Words words{};
    for (unsigned i = 0; i < words.size(); ++i) words[i] = static_cast<u16>(0x1111 * (i % 16) + i);
    return words;
  }()};

  void clock(bool bit) {
    chip.set_pins(true, false, bit);
    chip.set_pins(true, true, bit);
  }
  /// Start bit, opcode and address, then `data` bits of `value`.
  void send(unsigned command, unsigned value = 0, unsigned data = 0) {
    chip.set_pins(false, false, false);
    clock(true);
    for (unsigned i = 8; i > 0; --i) clock((command >> (i - 1) & 1) != 0);
    for (unsigned i = data; i > 0; --i) clock((value >> (i - 1) & 1) != 0);
  }
  void end() { chip.set_pins(false, false, false); }
  unsigned read_bits() {
    unsigned value = 0;
    for (unsigned i = 0; i < 16; ++i) {
      clock(false);
      value = value << 1 | chip.output();
    }
    return value;
  }
};

constexpr unsigned kRead = 0x80, kWrite = 0x40, kErase = 0xc0, kEnable = 0x30, kDisable = 0x00;
constexpr unsigned kWriteAll = 0x10, kEraseAll = 0x20;

TEST_CASE_METHOD(Wires, "A word follows a zero bit, and the next ones follow it") {
  send(kRead | 62);
  REQUIRE_FALSE(chip.output());
  REQUIRE(read_bits() == chip.word(62));
  REQUIRE(read_bits() == chip.word(63));
  REQUIRE(read_bits() == chip.word(0));
  end();
  REQUIRE(chip.output());
}

TEST_CASE_METHOD(Wires, "Zeros ahead of the start bit do not count") {
  chip.set_pins(false, false, false);
  for (unsigned i = 0; i < 5; ++i) clock(false);
  clock(true);
  for (unsigned i = 8; i > 0; --i) clock(((kRead | 5) >> (i - 1) & 1) != 0);
  REQUIRE(read_bits() == chip.word(5));
}

TEST_CASE_METHOD(Wires, "Programming wants its permission and the whole word") {
  const u16 before = chip.word(7);
  send(kWrite | 7, 0xbeef, 16);
  end();
  REQUIRE(chip.word(7) == before);
  send(kEnable);
  end();
  send(kWrite | 7, 0xbeef, 15);
  end();
  REQUIRE(chip.word(7) == before);
  send(kWrite | 7, 0xbeef, 16);
  end();
  REQUIRE(chip.word(7) == 0xbeef);
  send(kErase | 7);
  end();
  REQUIRE(chip.word(7) == 0xffff);
  send(kWriteAll, 0x1234, 16);
  end();
  REQUIRE(chip.word(0) == 0x1234);
  REQUIRE(chip.word(63) == 0x1234);
  send(kEraseAll);
  end();
  REQUIRE(chip.word(31) == 0xffff);
  send(kDisable);
  end();
  send(kWrite | 7, 0xbeef, 16);
  end();
  REQUIRE(chip.word(7) == 0xffff);
}

}  // namespace
}  // namespace ringdown::test
