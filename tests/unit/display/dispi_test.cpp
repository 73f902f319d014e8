// The Bochs VBE extension: negotiation, modes, memory windows and pixel formats.
#include <catch2/catch.hpp>

#include "devices/display/vga_pci.h"
#include "tests/unit/display/vga_board.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

enum Index : u16 { Id, XRes, YRes, Bpp, Enable, Bank, VirtWidth, VirtHeight, XOffset, YOffset, Memory };

}  // namespace

TEST_CASE("the version is negotiated and capabilities are told") {
  VgaBoard board;
  CHECK(board.dispi(Id) == 0xb0c5);
  for (u16 id = 0xb0c0; id <= 0xb0c5; ++id) {
    board.dispi(Id, id);
    CHECK(board.dispi(Id) == id);
  }
  board.dispi(Id, 0xb0c6);
  CHECK(board.dispi(Id) == 0xb0c5);
  CHECK(board.dispi(Memory) == 256);
  board.dispi(Enable, 0x02);
  CHECK(board.dispi(XRes) == 2560);
  CHECK(board.dispi(YRes) == 1600);
  CHECK(board.dispi(Bpp) == 32);
  board.dispi(Enable, 0x00);
  CHECK(board.dispi(XRes) == 0);
  CHECK(board.vga.dispi_ports().read(0, Width::Word) == XRes);
}

TEST_CASE("impossible modes are refused") {
  VgaBoard board;
  const auto try_mode = [&](u16 width, u16 height, u16 depth) {
    board.set_dispi_mode(width, height, depth);
    return (board.dispi(Enable) & 1) != 0;
  };
  CHECK(try_mode(2560, 1600, 32));
  CHECK_FALSE(try_mode(640, 480, 12));
  CHECK_FALSE(try_mode(640, 0, 8));
  board.dispi(Enable, 0);
  board.dispi(XRes, 5000);  // keeps 640
  CHECK(board.dispi(XRes) == 640);
}

TEST_CASE("a mode cannot change while it is shown") {
  VgaBoard board;
  board.set_dispi_mode(800, 600, 8);
  board.dispi(XRes, 640);
  board.dispi(Bpp, 32);
  CHECK(board.dispi(XRes) == 800);
  CHECK(board.dispi(Bpp) == 8);
}

TEST_CASE("enabling clears memory unless told not to") {
  VgaBoard board;
  board.vga.framebuffer().write(0xfffffc, Width::Dword, 0x11223344);
  board.set_dispi_mode(640, 480, 8);
  CHECK(board.vga.framebuffer().read(0xfffffc, Width::Dword) == 0);
  board.vga.framebuffer().write(0, Width::Word, 0xbeef);
  board.dispi(Enable, 0);
  board.dispi(Enable, 0x81);
  CHECK(board.vga.framebuffer().read(0, Width::Word) == 0xbeef);
}

TEST_CASE("the linear framebuffer ends where memory does") {
  VgaBoard board;
  CHECK(board.vga.framebuffer().read(Vga::kMemorySize - 1, Width::Dword) == 0xffffffff);
  board.vga.framebuffer().write(Vga::kMemorySize - 2, Width::Dword, 1);
  CHECK(board.vga.framebuffer().read(Vga::kMemorySize - 4, Width::Dword) == 0);
}

TEST_CASE("pixel formats") {
  struct Case {
    u16 depth;
    u32 offset;
    u32 value;
    u32 color;
  };
  const Case c =
      GENERATE(Case{15, 2 * (3 * 640 + 5), 0x7c1f, 0xff00ff}, Case{16, 2 * (3 * 640 + 5), 0x07e1, 0x00ff08},
               Case{24, 3 * (3 * 640 + 5), 0x123456, 0x123456},
               Case{32, 4 * (3 * 640 + 5), 0xff8090a0, 0x8090a0}, Case{8, 3 * 640 + 5, 0x05, 0x55aaff});
  VgaBoard board;
  board.set_dispi_mode(640, 480, c.depth);
  board.set_color(5, 0x15, 0x2a, 0x3f);
  board.vga.framebuffer().write(c.offset, Width::Dword, c.value);
  const Screen screen = board.vga.render();
  CHECK(screen.width == 640);
  CHECK(screen.height == 480);
  CHECK(screen.square_pixels);
  CHECK(pixel(screen, 5, 3) == c.color);
}

TEST_CASE("the 8-bit DAC takes whole bytes") {
  VgaBoard board;
  board.set_dispi_mode(640, 480, 8);
  board.dispi(Enable, 0x61);
  board.set_color(0, 0x80, 0x41, 0xfe);
  CHECK(pixel(board.vga.render(), 0, 0) == 0x8041fe);
}

TEST_CASE("virtual width and offsets pan over a larger picture") {
  VgaBoard board;
  board.set_dispi_mode(640, 480, 32);
  CHECK(board.dispi(VirtWidth) == 640);
  CHECK(board.dispi(VirtHeight) == (16 << 20) / (640 * 4));
  board.dispi(VirtWidth, 1024);
  CHECK(board.dispi(VirtHeight) == 4096);
  board.vga.framebuffer().write((100 * 1024 + 300) * 4, Width::Dword, 0xabcdef);
  CHECK(pixel(board.vga.render(), 300, 100) == 0xabcdef);
  board.dispi(XOffset, 200);
  board.dispi(YOffset, 90);
  CHECK(pixel(board.vga.render(), 100, 10) == 0xabcdef);
  board.dispi(XOffset, 400);  // would show what is right of the picture
  CHECK(board.dispi(XOffset) == 200);
  board.dispi(VirtWidth, 320);
  CHECK(board.dispi(VirtWidth) == 1024);
}

TEST_CASE("the legacy window shows one bank") {
  VgaBoard board;
  board.set_mode(kMode13);
  board.set_dispi_mode(1024, 768, 8);
  board.dispi(Bank, 5);
  board.poke(0xa0010, 0x77);
  CHECK(board.vga.framebuffer().read(0x50010, Width::Byte) == 0x77);
  board.dispi(Bank, 256);
  CHECK(board.dispi(Bank) == 5);
}

TEST_CASE("four bits per pixel are planes") {
  VgaBoard board;
  board.set_mode(kMode12);
  board.set_dispi_mode(1024, 768, 4);
  board.set(0x3c4, 2, 0x06);
  const u32 offset = 767 * 128 + 127;
  board.dispi(Bank, static_cast<u16>(offset >> 16));
  board.poke(0xa0000 + (offset & 0xffff), 0x01);
  CHECK(pixel(board.vga.render(), 1023, 767) == VgaBoard::color(0x14));
  CHECK(pixel(board.vga.render(), 1022, 767) == VgaBoard::color(0x00));
}

TEST_CASE("BAR 2 shows the ports and the VBE registers") {
  VgaBoard board;
  board.out(0x3c2, 0x67);
  BusRange& bar = board.vga.register_bar();
  bar.write(0x404, Width::Byte, 0x02);
  bar.write(0x405, Width::Byte, 0x0a);
  CHECK(board.get(0x3c4, 2) == 0x0a);
  CHECK(bar.read(0x404, Width::Word) == 0x0a02);
  bar.write(0x502, Width::Word, 800);
  bar.write(0x504, Width::Dword, 600 | 16 << 16);
  CHECK(board.dispi(XRes) == 800);
  CHECK(board.dispi(YRes) == 600);
  CHECK(bar.read(0x504, Width::Dword) == (600 | 16 << 16));
  CHECK(bar.read(0x500, Width::Word) == 0xb0c5);
  CHECK(bar.read(0x000, Width::Dword) == 0xffffffff);
}

TEST_CASE("leaving a VBE mode brings the VGA's picture back") {
  VgaBoard board;
  board.set_mode(kMode03);
  board.set_dispi_mode(640, 480, 32);
  CHECK(board.vga.text_screen().empty());
  board.dispi(Enable, 0);
  CHECK(board.vga.text_screen().size() == 25);
}

TEST_CASE("the PCI function places framebuffer, registers and ROM") {
  VgaBoard board;
  VgaPci function(board.vga, {0x55, 0xaa, 0x4e});
  CHECK(function.read_config(0x00, Width::Dword) == 0x11111234);
  CHECK(function.read_config(0x08, Width::Dword) == 0x03000002);
  const auto size_of = [&](u8 offset) {
    function.write_config(offset, Width::Dword, 0xffffffff);
    return function.read_config(offset, Width::Dword);
  };
  CHECK(size_of(0x10) == 0xff000008);
  CHECK(size_of(0x18) == 0xfffff000);
  CHECK(size_of(0x30) == 0xfffff801);
  CHECK(size_of(0x14) == 0);
  function.write_config(0x10, Width::Dword, 0xfd000000);
  function.write_config(0x18, Width::Dword, 0xfebf0000);
  function.write_config(0x30, Width::Dword, 0xfebe0001);
  CHECK_FALSE(function.window_base(0));
  function.write_config(0x04, Width::Word, 0x0003);
  CHECK(function.window_base(0) == 0xfd000000u);
  CHECK(function.window_base(1) == 0xfebf0000u);
  CHECK(function.window_base(2) == 0xfebe0000u);
  CHECK(function.windows()[2].range->read(0, Width::Dword) == 0x004eaa55);
  function.windows()[0].range->write(4, Width::Qword, 0x1122334455667788);
  CHECK(board.vga.framebuffer().read(8, Width::Dword) == 0x11223344);
}
