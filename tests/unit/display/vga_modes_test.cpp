// The standard modes as pictures and as text.
#include <catch2/catch.hpp>

#include "tests/unit/display/vga_board.h"

using namespace ringdown;
using namespace ringdown::test;

TEST_CASE("mode 3 reads as UTF-8 lines") {
  VgaBoard board;
  board.set_mode(kMode03);
  for (u32 row = 0; row < 25; ++row) board.print(row, 0, std::string(80, ' '), 0x07);
  board.print(0, 0, "Ringdown", 0x07);
  board.print(24, 70, "\xc9\xcd\xbb", 0x1f);
  const auto lines = board.vga.text_screen();
  REQUIRE(lines.size() == 25);
  CHECK(lines[0] == "Ringdown");
  CHECK(lines[1].empty());
  CHECK(lines[24] == std::string(70, ' ') + "╔═╗");
}

TEST_CASE("mode 3 shows glyphs, colours, the ninth dot and the cursor") {
  VgaBoard board;
  board.set_mode(kMode03);
  board.load_glyph_row('X', 2, 0x81);
  board.load_glyph_row(0xc4, 2, 0xff);
  board.load_glyph_row(0xdb, 2, 0xff);
  board.load_glyph_row('n', 2, 0xff);
  board.print(1, 2, "X\xc4n", 0x1e);
  const Screen screen = board.vga.render();
  CHECK(screen.width == 720);
  CHECK(screen.height == 400);
  CHECK_FALSE(screen.square_pixels);
  const u32 y = 16 + 2;
  const u32 foreground = VgaBoard::color(0x3e);
  const u32 background = VgaBoard::color(0x01);
  CHECK(pixel(screen, 18, y) == foreground);
  CHECK(pixel(screen, 19, y) == background);
  CHECK(pixel(screen, 25, y) == foreground);
  CHECK(pixel(screen, 26, y) == background);
  CHECK(pixel(screen, 18, y + 1) == background);
  CHECK(pixel(screen, 27 + 8, y) == foreground);  // line drawing joins
  CHECK(pixel(screen, 36 + 8, y) == background);  // letters do not

  board.set(0x3d4, 0x0f, 82);  // cursor on the X
  const Screen with_cursor = board.vga.render();
  CHECK(pixel(with_cursor, 20, 16 + 13) == foreground);
  CHECK(pixel(with_cursor, 20, 16 + 12) == background);
  const auto page = board.vga.text_page();
  REQUIRE(page);
  CHECK(page->cursor_visible);
  CHECK(page->cursor_column == 2);
  CHECK(page->cursor_row == 1);
  board.set(0x3d4, 0x0a, 0x2d);
  CHECK(pixel(board.vga.render(), 20, 16 + 13) == background);
  CHECK_FALSE(board.vga.text_page()->cursor_visible);
}

TEST_CASE("the cursor and blinking characters follow the frames, and so does the generation") {
  VgaBoard board;
  board.set_mode(kMode03);
  board.load_glyph_row('X', 0, 0xff);
  board.print(0, 1, "X", 0x87);
  const u32 foreground = VgaBoard::color(0x07);
  const auto cursor = [&] { return pixel(board.vga.render(), 0, 13) == VgaBoard::color(0); };
  board.print(0, 0, " ", 0x70);
  const u64 before = board.vga.generation();
  CHECK(cursor());
  CHECK(pixel(board.vga.render(), 9, 0) == foreground);
  CHECK(board.vga.generation() == before);
  board.clock.advance(milliseconds(8 * 1000 / 70 + 1));
  CHECK_FALSE(cursor());
  CHECK(board.vga.generation() != before);
  CHECK(pixel(board.vga.render(), 9, 0) == foreground);
  board.clock.advance(milliseconds(8 * 1000 / 70 + 1));
  CHECK(cursor());
  CHECK(pixel(board.vga.render(), 9, 0) == VgaBoard::color(0));
  // Without blinking, bit 7 is a bright background.
  board.set_attribute(0x10, 0x04);
  CHECK(pixel(board.vga.render(), 9, 0) == foreground);
  CHECK(pixel(board.vga.render(), 9, 1) == VgaBoard::color(0x38));
}

TEST_CASE("attribute bit 3 selects between two fonts") {
  VgaBoard board;
  board.set_mode(kMode03);
  board.load_glyph_row('X', 0, 0x80, 0x0000);
  board.load_glyph_row('X', 0, 0x01, 0x4000);
  board.set(0x3c4, 3, 0x04);  // map A (bit 3 set): 4000h; map B: 0
  board.print(0, 2, "X", 0x07);
  board.print(0, 3, "X", 0x0f);
  const Screen screen = board.vga.render();
  CHECK(pixel(screen, 18, 0) == VgaBoard::color(0x07));
  CHECK(pixel(screen, 25, 0) == VgaBoard::color(0x00));
  CHECK(pixel(screen, 27, 0) == VgaBoard::color(0x00));
  CHECK(pixel(screen, 34, 0) == VgaBoard::color(0x3f));
}

TEST_CASE("the start address scrolls and line compare splits the screen") {
  VgaBoard board;
  board.set_mode(kMode03);
  for (u32 row = 0; row < 30; ++row) board.print(row, 0, std::string(1, static_cast<char>('A' + row)), 0x07);
  board.set(0x3d4, 0x0d, 160);
  CHECK(board.vga.text_screen()[0] == "C");
  board.set(0x3d4, 0x11, 0x0e);
  board.set(0x3d4, 0x09, 0x0f);
  board.set(0x3d4, 0x07, 0x0f);
  board.set(0x3d4, 0x18, 15 * 16 - 1);
  const auto lines = board.vga.text_screen();
  CHECK(lines[14] == "Q");
  CHECK(lines[15] == "A");
  CHECK(lines[24] == "J");
}

TEST_CASE("pel panning moves text by dots") {
  VgaBoard board;
  board.set_mode(kMode03);
  board.load_glyph_row('X', 0, 0x10);
  board.print(0, 0, "X", 0x07);
  CHECK(pixel(board.vga.render(), 3, 0) == VgaBoard::color(0x07));
  board.set_attribute(0x13, 0x01);
  CHECK(pixel(board.vga.render(), 1, 0) == VgaBoard::color(0x07));
}

TEST_CASE("mode 13h is one byte per pixel") {
  VgaBoard board;
  board.set_mode(kMode13);
  board.poke(0xa0000, 0x99);
  board.poke(0xa0000 + 100 * 320 + 201, 0x42);
  board.poke(0xa0000 + 199 * 320 + 319, 0x7f);
  const Screen screen = board.vga.render();
  CHECK(screen.width == 320);
  CHECK(screen.height == 200);
  CHECK(pixel(screen, 0, 0) == VgaBoard::color(0x99));
  CHECK(pixel(screen, 201, 100) == VgaBoard::color(0x42));
  CHECK(pixel(screen, 319, 199) == VgaBoard::color(0x7f));
  CHECK(pixel(screen, 200, 100) == VgaBoard::color(0x00));
  CHECK(board.vga.text_screen().empty());
  board.out(0x3c6, 0x0f);  // the PEL mask
  CHECK(pixel(board.vga.render(), 0, 0) == VgaBoard::color(0x09));
}

TEST_CASE("unchained 256 colours put a pixel's plane in its low address bits") {
  VgaBoard board;
  board.set_mode(kMode13);
  board.set(0x3c4, 4, 0x06);
  board.set(0x3d4, 0x14, 0x00);
  board.set(0x3d4, 0x17, 0xe3);
  board.set(0x3c4, 2, 0x02);
  board.poke(0xa0000 + 10 * 80 + 5, 0x33);
  CHECK(pixel(board.vga.render(), 21, 10) == VgaBoard::color(0x33));
  board.set(0x3d4, 0x0d, 80);
  CHECK(pixel(board.vga.render(), 21, 9) == VgaBoard::color(0x33));
}

TEST_CASE("mode 12h takes a bit of each plane") {
  VgaBoard board;
  board.set_mode(kMode12);
  board.set(0x3c4, 2, 0x05);
  board.poke(0xa0000 + 479 * 80 + 79, 0x01);
  board.set(0x3c4, 2, 0x08);
  board.poke(0xa0000, 0x80);
  const Screen screen = board.vga.render();
  CHECK(screen.width == 640);
  CHECK(screen.height == 480);
  CHECK(pixel(screen, 639, 479) == VgaBoard::color(0x05));
  CHECK(pixel(screen, 638, 479) == VgaBoard::color(0x00));
  CHECK(pixel(screen, 0, 0) == VgaBoard::color(0x38));
  board.set_attribute(0x12, 0x07);  // plane 3 off
  CHECK(pixel(board.vga.render(), 0, 0) == VgaBoard::color(0x00));
}

TEST_CASE("mode 0Dh is 320 by 200 in planes") {
  VgaBoard board;
  board.set_mode(kMode0d);
  board.set(0x3c4, 2, 0x0c);
  board.poke(0xa0000 + 40 * 7 + 3, 0x08);
  const Screen screen = board.vga.render();
  CHECK(screen.width == 320);
  CHECK(screen.height == 200);
  CHECK(pixel(screen, 28, 7) == VgaBoard::color(0x14));
}

TEST_CASE("mode 4 interleaves lines as the CGA does") {
  VgaBoard board;
  board.set_mode(kMode04);
  board.poke(0xb8000 + 1, 0x1b);            // line 0, pixels 4 to 7: 0 1 2 3
  board.poke(0xb8000 + 0x2000 + 80, 0xc0);  // line 3, pixel 0
  const Screen screen = board.vga.render();
  CHECK(screen.width == 320);
  CHECK(screen.height == 200);
  CHECK(pixel(screen, 4, 0) == VgaBoard::color(0x00));
  CHECK(pixel(screen, 5, 0) == VgaBoard::color(0x13));
  CHECK(pixel(screen, 6, 0) == VgaBoard::color(0x15));
  CHECK(pixel(screen, 7, 0) == VgaBoard::color(0x17));
  CHECK(pixel(screen, 0, 3) == VgaBoard::color(0x17));
  CHECK(pixel(screen, 0, 2) == VgaBoard::color(0x00));
}

TEST_CASE("colour select widens the palette") {
  VgaBoard board;
  board.set_mode(kMode12);
  board.set(0x3c4, 2, 0x0f);
  board.poke(0xa0000, 0x80);
  board.set_attribute(0x14, 0x0c);
  CHECK(pixel(board.vga.render(), 0, 0) == VgaBoard::color(0xff));
  board.set_attribute(0x10, 0x81);
  board.set_attribute(0x14, 0x06);
  CHECK(pixel(board.vga.render(), 0, 0) == VgaBoard::color(0x6f));
}

TEST_CASE("a screen that is off is black and has no text") {
  VgaBoard board;
  board.set_mode(kMode13);
  board.poke(0xa0000, 0xff);
  board.set(0x3c4, 1, 0x21);
  CHECK(pixel(board.vga.render(), 0, 0) == 0);
  board.set_mode(kMode03);
  board.in(0x3da);
  board.out(0x3c0, 0x00);
  CHECK(board.vga.text_screen().empty());
  CHECK(pixel(board.vga.render(), 0, 0) == 0);
}

TEST_CASE("the generation changes with memory and registers") {
  VgaBoard board;
  board.set_mode(kMode13);
  u64 generation = board.vga.generation();
  board.poke(0xa0000, 1);
  CHECK(board.vga.generation() != generation);
  generation = board.vga.generation();
  board.peek(0xa0000);
  board.in(0x3da);
  board.clock.advance(milliseconds(500));
  CHECK(board.vga.generation() == generation);
  board.set_color(1, 2, 3, 4);
  CHECK(board.vga.generation() != generation);
}
