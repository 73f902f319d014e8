// The four planes against a reference written bit by bit, and the address modes of the legacy window.
#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/display/vga_board.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

/// One address of the four planes, as the technical reference describes each bit's way.
struct ReferencePlanes {
  std::array<u8, 4> memory{};
  std::array<u8, 4> latch{};
  std::array<u8, 9> gr{};
  u8 map_mask = 0;

  void write(u8 value) {
    const unsigned mode = gr[5] & 3;
    const unsigned rotate = gr[3] & 7;
    for (unsigned plane = 0; plane < 4; ++plane) {
      if ((map_mask >> plane & 1) == 0) continue;
      u8 result = 0;
      for (unsigned bit = 0; bit < 8; ++bit) {
        const unsigned latched = latch[plane] >> bit & 1;
        const unsigned rotated = value >> ((bit + rotate) % 8) & 1;
        unsigned data = 0;
        unsigned mask = gr[8] >> bit & 1;
        if (mode == 0) data = (gr[1] >> plane & 1) != 0 ? gr[0] >> plane & 1 : rotated;
        if (mode == 1) data = latched;
        if (mode == 2) data = value >> plane & 1;
        if (mode == 3) {
          data = gr[0] >> plane & 1;
          mask &= rotated;
        }
        if (mode != 1) {
          const unsigned function = gr[3] >> 3 & 3;
          if (function == 1) data &= latched;
          if (function == 2) data |= latched;
          if (function == 3) data ^= latched;
          if (mask == 0) data = latched;
        }
        result |= static_cast<u8>(data << bit);
      }
      memory[plane] = result;
    }
  }

  u8 read() {
    latch = memory;
    if ((gr[5] & 8) == 0) return memory[gr[4] & 3];
    u8 result = 0;
    for (unsigned bit = 0; bit < 8; ++bit) {
      bool equal = true;
      for (unsigned plane = 0; plane < 4; ++plane) {
        if ((gr[7] >> plane & 1) == 0) continue;
        equal = equal && (memory[plane] >> bit & 1) == (gr[2] >> plane & 1);
      }
      result |= static_cast<u8>(equal << bit);
    }
    return result;
  }
};

}  // namespace

TEST_CASE("all write and read modes agree with the bitwise reference") {
  VgaBoard board;
  board.set_mode(kMode12);
  ReferencePlanes reference;
  std::minstd_rand random(12);
  const auto byte = [&random] { return static_cast<u8>(random() >> 8); };
  for (int round = 0; round < 20'000; ++round) {
    for (u8 i : {0, 1, 2, 3, 4, 7, 8}) {
      board.set(0x3ce, i, byte());
      reference.gr[i] = board.get(0x3ce, i);
    }
    const u8 mode = static_cast<u8>(byte() & 0x0b);
    board.set(0x3ce, 5, mode);
    reference.gr[5] = mode;
    reference.map_mask = byte() & 0x0f;
    board.set(0x3c4, 2, reference.map_mask);
    const u8 value = byte();
    board.poke(0xa4321, value);
    reference.write(value);
    const u8 expected = reference.read();
    REQUIRE(board.peek(0xa4321) == expected);
  }
}

TEST_CASE("wide accesses are bytes in address order") {
  VgaBoard board;
  board.set_mode(kMode13);
  board.vga.legacy_window().write(0x100, Width::Dword, 0x44332211);
  CHECK(board.peek(0xa0100) == 0x11);
  CHECK(board.peek(0xa0103) == 0x44);
  CHECK(board.vga.legacy_window().read(0x101, Width::Word) == 0x3322);
}

TEST_CASE("chain 4 spreads addresses over the planes at every fourth offset") {
  VgaBoard board;
  board.set_mode(kMode13);
  for (u32 i = 0; i < 8; ++i) board.poke(0xa0000 + i, static_cast<u8>(0x10 + i));
  board.set(0x3c4, 4, 0x06);
  for (u8 plane = 0; plane < 4; ++plane) {
    board.set(0x3ce, 4, plane);
    CHECK(board.peek(0xa0000) == 0x10 + plane);
    CHECK(board.peek(0xa0001) == 0x00);
    CHECK(board.peek(0xa0004) == 0x14 + plane);
  }
}

TEST_CASE("odd/even addressing gives characters plane 0 and attributes plane 1") {
  VgaBoard board;
  board.set_mode(kMode03);
  board.poke(0xb8000, 'A');
  board.poke(0xb8001, 0x17);
  board.poke(0xb8002, 'B');
  CHECK(board.peek(0xb8000) == 'A');
  CHECK(board.peek(0xb8001) == 0x17);
  board.set(0x3c4, 4, 0x06);
  board.set(0x3ce, 5, 0x00);
  board.set(0x3ce, 6, 0x04);
  board.set(0x3ce, 4, 0);
  CHECK(board.peek(0xa0000) == 'A');
  CHECK(board.peek(0xa0002) == 'B');
  board.set(0x3ce, 4, 1);
  CHECK(board.peek(0xa0000) == 0x17);
}

TEST_CASE("the memory map select bounds the window") {
  VgaBoard board;
  board.set_mode(kMode03);
  board.poke(0xa0000, 0x55);
  CHECK(board.peek(0xa0000) == 0xff);
  CHECK(board.peek(0xb7fff) == 0xff);
  CHECK(board.peek(0xb8000) == 0x00);
  board.set(0x3ce, 6, 0x0a);  // B0000
  CHECK(board.peek(0xb0000) == 0x00);
  CHECK(board.peek(0xb8000) == 0xff);
  board.set(0x3ce, 6, 0x05);  // A0000, 64 KiB
  CHECK(board.peek(0xaffff) == 0x00);
  CHECK(board.peek(0xb0000) == 0xff);
  board.set(0x3ce, 6, 0x01);  // A0000, 128 KiB
  CHECK(board.peek(0xbffff) == 0x00);
  board.out(0x3c2, 0x61);  // RAM disabled
  CHECK(board.peek(0xa0000) == 0xff);
}
