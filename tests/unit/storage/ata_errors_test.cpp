// Where transfers end that cannot be done as a whole: sectors before the bad one arrive, its address is
// shown.
#include "devices/storage/piix3_ide.h"
#include "tests/unit/storage/ide_rig.h"

namespace ringdown {

using namespace test;

namespace {

constexpr u8 kReady = 0x50;
constexpr u8 kDataRequest = 0x58;
constexpr u8 kFailed = 0x51;
constexpr u8 kFaulted = 0x71;  // with DF
constexpr u8 kIdNotFound = 0x10;
constexpr u8 kUncorrectable = 0x40;
constexpr u8 kAborted = 0x04;

struct ErrorRig : IdeRig {
  ImageTrace image = patterned_image(2048);
  ErrorRig() { add_disk(0, image); }

  /// Reads `count` sectors that must arrive, from `first` on, after a command that was just written.
  void expect_sectors(u64 first, u32 count) {
    for (u64 sector = first; sector < first + count; ++sector) {
      settle();
      REQUIRE(in(7) == kDataRequest);
      expect_sector(sector);
    }
    settle();
  }
  void write_sectors(u32 count) {
    for (u32 i = 0; i < count; ++i) {
      settle();
      if (in(7) != kDataRequest) return;
      for (unsigned word = 0; word < 256; ++word) out_word(0x5a5a);
    }
    settle();
  }
};

}  // namespace

TEST_CASE("a read that runs beyond the end delivers what there is, then says where it ended") {
  ErrorRig r;
  r.address(2045, 8);
  r.command(0x20);
  r.expect_sectors(2045, 3);
  CHECK(r.irq.edges == 4);
  CHECK(r.in(7) == kFailed);
  CHECK(r.in(1) == kIdNotFound);
  CHECK(r.shown_address() == 2048);
  CHECK(r.in(2) == 5);  // that are left
  CHECK(r.run_command(0xe5) == kReady);
}

TEST_CASE("a bad sector of the host ends a read at its address") {
  ErrorRig r;
  r.image.bad_sector = 107;
  r.address(100, 20);
  r.command(0x20);
  r.expect_sectors(100, 7);
  CHECK(r.in(7) == kFailed);
  CHECK(r.in(1) == kUncorrectable);
  CHECK(r.shown_address() == 107);
  CHECK(r.in(2) == 13);

  r.out(2, 8);
  r.run_command(0xc6);
  r.address(96, 40);
  r.command(0xc4);
  r.expect_sectors(96, 11);  // the second block ends before the bad sector
  CHECK(r.in(1) == kUncorrectable);
  CHECK(r.shown_address() == 107);
}

TEST_CASE("READ VERIFY reads, up to the bad sector") {
  ErrorRig r;
  r.address(0, 0);
  CHECK(r.run_command(0x40) == kReady);
  CHECK(r.image.reads > 0);
  CHECK(r.shown_address() == 255);
  r.image.bad_sector = 200;
  r.address(0, 0);
  CHECK(r.run_command(0x40) == kFailed);
  CHECK(r.in(1) == kUncorrectable);
  CHECK(r.shown_address() == 200);
  r.address(2000, 100);
  CHECK(r.run_command(0x41) == kFailed);
  CHECK(r.in(1) == kIdNotFound);
  CHECK(r.shown_address() == 2048);
}

TEST_CASE("a write beyond the end stores what fits") {
  ErrorRig r;
  r.address(2046, 4);
  r.command(0x30);
  r.write_sectors(4);
  CHECK(r.in(7) == kFailed);
  CHECK(r.in(1) == kIdNotFound);
  CHECK(r.shown_address() == 2048);
  CHECK(r.in(2) == 2);
  CHECK(r.image.data[2047 * 512 + 511] == std::byte{0x5a});
  CHECK(r.image.data[2045 * 512] == static_cast<std::byte>(pattern(2045, 0)));
}

TEST_CASE("a write that the host refuses is a device fault at its sector") {
  ErrorRig r;
  r.image.bad_sector = 12;
  r.address(10, 4);
  r.command(0x30);
  r.write_sectors(4);
  CHECK(r.in(7) == kFaulted);
  CHECK(r.in(1) == kAborted);
  CHECK(r.shown_address() == 12);
  CHECK(r.image.data[11 * 512] == std::byte{0x5a});
}

TEST_CASE(
    "a flush that fails is a device fault, also by STANDBY IMMEDIATE and when the cache is switched off") {
  ErrorRig r;
  r.image.broken = true;
  for (const u8 code : {0xe7, 0xea, 0xe0, 0xe2}) CHECK(r.run_command(code) == kFaulted);
  r.out(1, 0x82);
  CHECK(r.run_command(0xef) == kFaulted);
  r.image.broken = false;
  CHECK(r.run_command(0xef) == kReady);
}

TEST_CASE("without a write cache each command ends on the host's disk") {
  ErrorRig r;
  r.out(1, 0x82);
  r.run_command(0xef);
  const unsigned before = r.image.flushes;
  r.address(10, 1);
  r.command(0x30);
  r.write_sectors(1);
  CHECK(r.in(7) == kReady);
  CHECK(r.image.flushes == before + 1);
}

TEST_CASE("errors of CHS commands are shown as cylinder, head and sector") {
  ErrorRig r;
  r.image.bad_sector = (1 * 16 + 2) * 63 + 10;
  r.out(6, 0xa2);
  r.out(2, 20);
  r.out(3, 1);
  r.out(4, 1);
  r.out(5, 0);
  CHECK(r.run_command(0x40) == kFailed);
  CHECK(r.in(3) == 11);
  CHECK(r.in(4) == 1);
  CHECK(r.in(5) == 0);
  CHECK((r.in(6) & 0x0f) == 2);
}

TEST_CASE("a write of 256 sectors reaches the host in a few large pieces") {
  ErrorRig r;
  r.address(0, 0);
  r.command(0x30);
  r.write_sectors(256);
  CHECK(r.in(7) == kReady);
  CHECK(r.irq.edges == 256);
  CHECK(r.image.writes == 2);
  CHECK(r.image.data[255 * 512] == std::byte{0x5a});
  CHECK(r.image.data[256 * 512] == static_cast<std::byte>(pattern(256, 0)));
}

}  // namespace ringdown
