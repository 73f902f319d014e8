// The VGA's registers: masks, protection, the attribute flip-flop, the DAC, and the beam's position.
#include <catch2/catch.hpp>

#include "tests/support/contract.h"
#include "tests/unit/display/vga_board.h"

using namespace ringdown;
using namespace ringdown::test;

TEST_CASE("every mode's registers read back as they were set") {
  const ModeTable& mode = GENERATE(std::cref(kMode03), std::cref(kMode04), std::cref(kMode0d),
                                   std::cref(kMode12), std::cref(kMode13));
  VgaBoard board;
  board.set_mode(mode);
  CHECK(board.in(0x3cc) == mode.miscellaneous);
  for (u8 i = 0; i < 4; ++i) CHECK(board.get(0x3c4, static_cast<u8>(i + 1)) == mode.sequencer[i]);
  for (u8 i = 0; i < mode.crtc.size(); ++i) CHECK(board.get(0x3d4, i) == mode.crtc[i]);
  for (u8 i = 0; i < mode.graphics.size(); ++i) CHECK(board.get(0x3ce, i) == mode.graphics[i]);
  for (u8 i = 0; i < mode.attribute.size(); ++i) {
    board.in(0x3da);
    board.out(0x3c0, i);
    CHECK(board.in(0x3c1) == mode.attribute[i]);
  }
}

TEST_CASE("reserved bits of indexed registers do not stick") {
  VgaBoard board;
  board.out(0x3c2, 0x67);
  board.set(0x3c4, 2, 0xff);
  CHECK(board.get(0x3c4, 2) == 0x0f);
  board.set(0x3ce, 4, 0xff);
  CHECK(board.get(0x3ce, 4) == 0x03);
  board.set(0x3ce, 0x0d, 0xff);
  CHECK(board.get(0x3ce, 0x0d) == 0x00);
  board.set_attribute(0x05, 0xff);
  board.in(0x3da);
  board.out(0x3c0, 0x25);
  CHECK(board.in(0x3c1) == 0x3f);
}

TEST_CASE("CRTC registers 0 to 7 can be locked, all but line compare bit 8") {
  VgaBoard board;
  board.set_mode(kMode03);
  for (u8 i = 0; i <= 7; ++i) board.set(0x3d4, i, 0x00);
  CHECK(board.get(0x3d4, 0) == 0x5f);
  CHECK(board.get(0x3d4, 6) == 0xbf);
  CHECK(board.get(0x3d4, 7) == 0x0f);
  board.set(0x3d4, 0x11, 0x0e);
  board.set(0x3d4, 0, 0x12);
  CHECK(board.get(0x3d4, 0) == 0x12);
}

TEST_CASE("the attribute controller alternates between address and data") {
  VgaBoard board;
  board.out(0x3c2, 0x67);
  board.in(0x3da);
  CHECK(board.get(0x3d4, 0x24) == 0x00);
  board.out(0x3c0, 0x31);
  CHECK(board.get(0x3d4, 0x24) == 0x80);
  CHECK(board.in(0x3c0) == 0x31);
  CHECK(board.get(0x3d4, 0x26) == 0x31);
  board.out(0x3c0, 0x42);
  CHECK(board.in(0x3c1) == 0x42);
  board.out(0x3c0, 0x01);
  board.in(0x3da);  // back to address
  board.out(0x3c0, 0x02);
  CHECK(board.in(0x3c0) == 0x02);
}

TEST_CASE("CRT ports follow the address select bit") {
  VgaBoard board;
  board.out(0x3c2, 0x66);
  board.set(0x3b4, 0x0f, 0x5a);
  CHECK(board.get(0x3b4, 0x0f) == 0x5a);
  CHECK(board.in(0x3d5) == 0xff);
  CHECK(board.in(0x3b0) == 0xff);
  board.out(0x3c2, 0x67);
  CHECK(board.get(0x3d4, 0x0f) == 0x5a);
  CHECK(board.in(0x3b5) == 0xff);
}

TEST_CASE("the DAC counts components and entries") {
  VgaBoard board;
  board.out(0x3c8, 0x10);
  for (u8 value : {0x01, 0x02, 0xff, 0x04, 0x05, 0x06}) board.out(0x3c9, value);
  CHECK(board.in(0x3c8) == 0x12);
  CHECK(board.in(0x3c7) == 0x00);
  board.out(0x3c7, 0x10);
  CHECK(board.in(0x3c7) == 0x03);
  for (u8 value : {0x01, 0x02, 0x3f, 0x04, 0x05, 0x06}) CHECK(board.in(0x3c9) == value);
  // An entry changes only with its third component.
  board.out(0x3c8, 0x10);
  board.out(0x3c9, 0x20);
  board.out(0x3c7, 0x10);
  CHECK(board.in(0x3c9) == 0x01);
}

TEST_CASE("input status 1 follows the beam of mode 3: 449 lines of 900 dots at 28.322 MHz") {
  VgaBoard board;
  board.set_mode(kMode03);
  constexpr u64 kLineNs = 31'777;
  unsigned retrace_lines = 0;
  unsigned disabled_at_start = 0;
  unsigned disabled_in_line = 0;
  for (unsigned line = 0; line < 449; ++line) {
    board.clock.advance(nanoseconds(line * kLineNs + 1'000) - board.clock.scheduler().now());
    const u8 at_start = board.in(0x3da);
    disabled_at_start += at_start & 1;
    retrace_lines += (at_start >> 3) & 1;
    board.clock.advance(nanoseconds(28'000));
    disabled_in_line += board.in(0x3da) & 1;
  }
  CHECK(disabled_at_start == 49);
  CHECK(disabled_in_line == 449);  // right of the 80 displayed columns
  CHECK(retrace_lines == 2);
}

TEST_CASE("a guest that waits for retrace gets one whatever the registers say") {
  const u8 fill = GENERATE(0x00, 0x5a, 0xff);
  VgaBoard board;
  board.out(0x3c2, 0x67);
  for (u8 i = 0; i < 0x19; ++i) board.set(0x3d4, static_cast<u8>(0x18 - i), fill);
  bool seen = false;
  for (int i = 0; i < 100'000 && !seen; ++i) {
    board.clock.advance(microseconds(10));
    seen = (board.in(0x3da) & 8) != 0;
  }
  CHECK(seen);
}

namespace {

/// A text screen with colours, then a VBE mode with a bank, a half-written DAC entry and an odd flip-flop.
struct VgaRig : VgaBoard {
  std::vector<Serializable*> parts() { return {&clock, &clock.scheduler(), &vga}; }
  void drive() {
    set_mode(kMode03);
    print(3, 4, "state", 0x1e);
    load_glyph_row('s', 5, 0x7e);
    set_dispi_mode(640, 480, 16);
    dispi(5, 3);
    poke(0xa1234, static_cast<u8>(peek(0xa1234) + 1));
    vga.framebuffer().write(0x800000, Width::Dword, 0x12345678);
    out(0x3c8, 7);
    out(0x3c9, 1);
    out(0x3c0, 0x33);
    clock.advance(milliseconds(5));
  }
};

}  // namespace

RINGDOWN_SNAPSHOT_CONTRACT(VgaRig)

TEST_CASE("whatever a restored state holds can be drawn") {
  VgaRig used;
  used.drive();
  const auto payload = payload_of(used.vga);
  std::minstd_rand random(7);
  Log log;
  for (int round = 0; round < 40; ++round) {
    std::vector<std::byte> forged = payload;
    for (int change = 0; change < 16; ++change) forged[random() % 1000] = static_cast<std::byte>(random());
    accepts(used.vga, forged);
    const Screen screen = used.vga.render();
    CHECK(screen.pixels.size() == u64{screen.width} * screen.height);
    used.vga.text_screen();
    used.in(0x3da);
    used.poke(0xa0000, 1);
    used.peek(0xbffff);
  }
}
