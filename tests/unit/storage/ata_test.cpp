// ATA hard disks as a driver uses them: identify, PIO, addressing, resets, errors, absent drives.
#include "tests/unit/storage/ide_rig.h"

namespace ringdown {

using namespace test;

namespace {

constexpr u8 kReady = 0x50;        // DRDY, DSC
constexpr u8 kDataRequest = 0x58;  // and DRQ
constexpr u8 kFailed = 0x51;       // and ERR

struct DiskRig : IdeRig {
  ImageTrace image;
  explicit DiskRig(u64 sectors = 2048, bool read_only = false) : image(patterned_image(sectors)) {
    add_disk(0, image, read_only);
  }
};

}  // namespace

TEST_CASE("IDENTIFY DEVICE describes the disk") {
  DiskRig r(0x1'0000);
  r.address(0, 0);
  r.command(0xec);
  CHECK(r.alternate_status() == 0xd0);
  r.clock.advance(microseconds(99));
  CHECK_FALSE(r.irq.high);
  r.clock.advance(microseconds(2));
  CHECK(r.irq.high);
  CHECK(r.in(7) == kDataRequest);
  CHECK_FALSE(r.irq.high);

  const std::vector<u16> words = r.read_words(256);
  CHECK(r.in(7) == kReady);
  CHECK_FALSE(r.irq.high);
  CHECK(words[0] == 0x0040);
  CHECK(words[1] == 65);
  CHECK(words[3] == 16);
  CHECK(words[6] == 63);
  CHECK(words[27] == 0x5269);  // "Ri"
  CHECK((words[60] | words[61] << 16) == 0x1'0000);
  CHECK(words[100] == 0);
  CHECK(words[101] == 1);
  u8 sum = 0;
  for (const u16 word : words) sum = static_cast<u8>(sum + (word & 0xff) + (word >> 8));
  CHECK(sum == 0);
}

TEST_CASE("READ SECTORS interrupts before each sector") {
  DiskRig r;
  r.address(100, 3);
  r.command(0x20);
  for (u64 sector = 100; sector < 103; ++sector) {
    r.settle();
    CHECK(r.irq.high);
    CHECK(r.in(7) == kDataRequest);
    r.expect_sector(sector);
  }
  CHECK(r.alternate_status() == kReady);
  r.clock.advance(milliseconds(1));
  CHECK(r.irq.edges == 3);
  CHECK(r.image.reads == 1);
}

TEST_CASE("READ MULTIPLE interrupts once per block, the last one partial") {
  DiskRig r;
  r.address(0, 4);
  r.command(0xc4);
  r.settle();
  CHECK(r.in(7) == kFailed);  // SET MULTIPLE MODE comes first
  CHECK(r.in(1) == 0x04);
  r.out(2, 4);
  r.command(0xc6);
  r.settle();
  CHECK(r.in(7) == kReady);
  const int before = r.irq.edges;

  r.address(8, 10);
  r.command(0xc4);
  for (u64 sector = 8; sector < 18; ++sector) {
    r.settle();
    if (r.irq.high) CHECK(r.in(7) == kDataRequest);
    r.expect_sector(sector);
  }
  CHECK(r.in(7) == kReady);
  CHECK(r.irq.edges - before == 3);

  r.out(2, 5);
  r.command(0xc6);
  r.settle();
  CHECK(r.in(7) == kFailed);
}

TEST_CASE("a read longer than the drive's buffer arrives whole, also through 32-bit ports") {
  DiskRig r;
  r.address(7, 0);  // 256 sectors
  r.command(0x20);
  for (u64 sector = 7; sector < 263; ++sector) {
    r.settle();
    r.in(7);
    for (std::size_t i = 0; i < kSectorSize; i += 4) {
      const u64 value = r.ports.read(kCommandBlock, Width::Dword);
      REQUIRE((value & 0xff) == pattern(sector, i));
      REQUIRE(value >> 24 == pattern(sector, i + 3));
    }
  }
  CHECK(r.in(7) == kReady);
}

TEST_CASE("WRITE SECTORS asks for the first sector without an interrupt and stores in order") {
  DiskRig r;
  r.address(5, 2);
  r.command(0x30);
  r.settle();
  CHECK(r.irq.edges == 0);
  CHECK(r.in(7) == kDataRequest);
  for (unsigned i = 0; i < 256; ++i) r.out_word(static_cast<u16>(0x1000 + i));
  r.settle();
  CHECK(r.irq.edges == 1);
  CHECK(r.in(7) == kDataRequest);
  for (unsigned i = 0; i < 256; ++i) r.out_word(static_cast<u16>(0x2000 + i));
  CHECK((r.alternate_status() & 0x80) != 0);
  r.settle();
  CHECK(r.irq.edges == 2);
  CHECK(r.in(7) == kReady);
  CHECK(r.image.data[5 * 512 + 1] == std::byte{0x10});
  CHECK(r.image.data[6 * 512 + 1] == std::byte{0x20});
  CHECK(r.image.data[6 * 512 + 511] == std::byte{0x20});
  CHECK(r.image.data[7 * 512] == static_cast<std::byte>(pattern(7, 0)));

  CHECK(r.image.flushes == 0);
  r.command(0xe7);
  r.settle();
  CHECK(r.image.flushes == 1);
}

TEST_CASE("cylinder, head and sector follow the geometry that INITIALIZE DEVICE PARAMETERS sets") {
  DiskRig r;
  const auto read_chs = [&r](u16 cylinder, u8 head, u8 sector) {
    r.out(6, static_cast<u8>(0xa0 | head));
    r.out(2, 1);
    r.out(3, sector);
    r.out(4, static_cast<u8>(cylinder));
    r.out(5, static_cast<u8>(cylinder >> 8));
    r.command(0x20);
    r.settle();
  };
  read_chs(1, 2, 3);
  CHECK(r.in(7) == kDataRequest);
  r.expect_sector((1 * 16 + 2) * 63 + 2);

  r.out(6, 0xa3);  // 4 heads
  r.out(2, 17);
  r.command(0x91);
  r.settle();
  CHECK(r.in(7) == kReady);
  read_chs(1, 2, 3);
  CHECK(r.in(7) == kDataRequest);
  r.expect_sector((1 * 4 + 2) * 17 + 2);
  read_chs(1, 4, 3);  // no such head
  CHECK(r.in(7) == kFailed);
  CHECK(r.in(1) == 0x10);
  read_chs(1, 0, 0);  // sectors count from 1
  CHECK(r.in(7) == kFailed);
}

TEST_CASE("48-bit commands use both bytes of each register") {
  DiskRig r;
  r.out(6, 0x40);
  r.out(2, 0);
  r.out(2, 1);
  for (const u8 reg : {3, 4, 5}) r.out(reg, 0);
  r.out(3, 0x21);
  r.out(4, 0x03);
  r.out(5, 0);
  r.command(0x24);
  r.settle();
  CHECK(r.in(7) == kDataRequest);
  r.expect_sector(0x321);

  r.out(2, 0);
  r.out(2, 1);
  r.out(3, 1);  // bit 24: beyond the disk
  r.out(3, 0);
  r.command(0x24);
  r.settle();
  CHECK(r.in(7) == kFailed);
  CHECK(r.in(1) == 0x10);

  r.command(0x27);  // READ NATIVE MAX ADDRESS EXT
  r.settle();
  CHECK(r.in(3) == 0xff);
  CHECK(r.in(4) == 0x07);
  r.control(0x80);
  CHECK(r.in(3) == 0);
  CHECK(r.in(3) == 0);
}

TEST_CASE("transfers beyond the end, unknown commands and failing images report errors") {
  DiskRig r;
  r.address(2048, 2);
  r.command(0x20);
  r.settle();
  CHECK(r.irq.high);
  CHECK(r.in(7) == kFailed);
  CHECK(r.in(1) == 0x10);
  CHECK(r.image.reads == 0);
  for (const u8 code : {0x00, 0x02, 0xa1, 0xff}) {
    r.command(code);
    r.settle();
    CHECK(r.in(7) == kFailed);
    CHECK(r.in(1) == 0x04);
  }
  r.image.broken = true;
  r.address(1, 1);
  r.command(0x20);
  r.settle();
  CHECK(r.in(7) == kFailed);
  CHECK(r.in(1) == 0x40);
  r.command(0x30);
  r.settle();
  for (int i = 0; i < 256; ++i) r.out_word(0);
  r.settle();
  CHECK(r.in(7) == 0x71);  // DF too

  DiskRig locked(2048, true);
  locked.address(1, 1);
  locked.command(0x30);
  locked.settle();
  CHECK(locked.in(7) == kFailed);
  CHECK(locked.image.writes == 0);
}

TEST_CASE("SRST ends a command and shows the signature") {
  DiskRig r;
  r.address(3, 200);
  r.command(0x20);
  r.settle();
  r.in_word();
  r.control(0x04);
  CHECK(r.alternate_status() == 0x80);
  r.clock.advance(milliseconds(1));
  CHECK(r.alternate_status() == 0x80);
  CHECK_FALSE(r.irq.high);
  r.control(0x00);
  CHECK((r.alternate_status() & 0x80) != 0);
  r.settle();
  CHECK(r.in(7) == kReady);
  CHECK(r.in(1) == 0x01);
  CHECK(r.in(2) == 1);
  CHECK(r.in(3) == 1);
  CHECK(r.in(4) == 0);
  CHECK(r.in(5) == 0);
  r.clock.advance(milliseconds(1));
  CHECK_FALSE(r.irq.high);
}

TEST_CASE("EXECUTE DEVICE DIAGNOSTIC interrupts once for both drives") {
  DiskRig r;
  ImageTrace second = patterned_image(64);
  r.add_disk(1, second);
  r.out(6, 0xf0);
  r.command(0x90);
  r.settle();
  CHECK(r.irq.edges == 1);
  CHECK(r.in(1) == 0x01);
}

TEST_CASE("master and slave execute their own commands") {
  DiskRig r;
  ImageTrace second = patterned_image(64);
  for (std::byte& b : second.data) b = std::byte{0x5a};
  r.add_disk(1, second);
  r.address(2, 1, 0xf0);
  r.command(0x20);
  r.settle();
  CHECK(r.in(7) == kDataRequest);
  CHECK(r.in_word() == 0x5a5a);
  r.out(6, 0xe0);
  CHECK(r.in(7) == kReady);
  r.out(6, 0xf0);
  CHECK(r.in(7) == kDataRequest);
}

TEST_CASE("device 0 answers for an absent slave with status 0") {
  DiskRig r;
  r.out(6, 0xb0);
  CHECK(r.in(6) == 0xb0);
  r.out(2, 0x55);
  CHECK(r.in(2) == 0x55);
  CHECK(r.in(7) == 0);
  r.command(0xec);
  r.clock.advance(milliseconds(1));
  CHECK(r.in(7) == 0);
  CHECK(r.irq.edges == 0);
  r.out(6, 0xa0);
  CHECK(r.in(7) == kReady);
}

TEST_CASE("an empty channel floats and is never busy") {
  IdeRig r;
  CHECK(r.in(7) == 0x7f);
  CHECK(r.alternate_status() == 0x7f);
  r.out(2, 0x55);
  CHECK(r.in(2) != 0x55);
  r.command(0xec);
  r.control(4);
  r.control(0);
  CHECK((r.in(7) & 0x80) == 0);
}

TEST_CASE("nIEN holds the interrupt back until it is cleared") {
  DiskRig r;
  r.control(0x02);
  r.command(0xe1);
  r.settle();
  CHECK(r.irq.edges == 0);
  r.control(0x00);
  CHECK(r.irq.high);
  r.in(7);
  CHECK_FALSE(r.irq.high);
  r.command(0xe5);
  r.settle();
  CHECK(r.in(2) == 0x80);  // idle
}

TEST_CASE("SMART needs its key and SET FEATURES a mode that exists") {
  DiskRig r;
  r.out(1, 0xda);
  r.out(4, 0);
  r.out(5, 0);
  r.command(0xb0);
  r.settle();
  CHECK(r.in(7) == kFailed);
  r.out(4, 0x4f);
  r.out(5, 0xc2);
  r.command(0xb0);
  r.settle();
  CHECK(r.in(7) == kReady);
  CHECK(r.in(4) == 0x4f);

  r.out(1, 3);
  r.out(2, 0x22);  // multiword DMA 2
  r.command(0xef);
  r.settle();
  CHECK(r.in(7) == kReady);
  r.command(0xec);
  r.settle();
  CHECK(r.read_words(256)[63] == 0x0407);
  r.out(2, 0x2f);
  r.command(0xef);
  r.settle();
  CHECK(r.in(7) == kFailed);
}

TEST_CASE("a half-done PIO read continues in a restored machine") {
  DiskRig used;
  used.address(40, 3);
  used.command(0x20);
  used.settle();
  used.in(7);
  used.expect_sector(40);
  used.settle();
  for (int i = 0; i < 10; ++i) used.in_word();

  DiskRig fresh;
  check_snapshot_contract(used.channel, fresh.channel);
  CHECK(fresh.irq.high);
  CHECK(fresh.in(7) == kDataRequest);
  for (std::size_t i = 20; i < kSectorSize; i += 2) {
    REQUIRE(fresh.in_word() == (pattern(41, i) | pattern(41, i + 1) << 8));
  }
  fresh.settle();
  fresh.in(7);
  fresh.expect_sector(42);
  CHECK(fresh.in(7) == kReady);
}

TEST_CASE("a busy command and a half-done write survive with the scheduler") {
  DiskRig used;
  used.address(9, 1);
  used.command(0x30);
  used.settle();
  for (int i = 0; i < 100; ++i) used.out_word(0x4141);
  DiskRig fresh;
  check_snapshot_contract(used.channel, fresh.channel);
  for (int i = 100; i < 256; ++i) fresh.out_word(0x4242);
  CHECK((fresh.alternate_status() & 0x80) != 0);

  DiskRig third;
  check_snapshot_contract(fresh.channel, third.channel);
  REQUIRE(restore(third.clock.scheduler(), saved(fresh.clock.scheduler())));
  third.settle();
  CHECK(third.in(7) == kReady);
  // The state was saved when the image had the sector.
  CHECK(third.image.writes == 0);
  CHECK(fresh.image.writes == 1);
  CHECK(fresh.image.data[9 * 512 + 199] == std::byte{0x41});
  CHECK(fresh.image.data[9 * 512 + 200] == std::byte{0x42});
}

TEST_CASE("a restore refuses other drives and other sizes") {
  DiskRig used;
  DiskRig smaller(1024);
  CHECK_FALSE(restore(smaller.channel, saved(used.channel)));
  IdeRig empty;
  CHECK_FALSE(restore(empty.channel, saved(used.channel)));
}

}  // namespace ringdown
