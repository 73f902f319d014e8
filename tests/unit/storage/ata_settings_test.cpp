// What a host sets a disk up with: features, size limits, power, SMART, buffers, and the time commands take.
#include "devices/storage/piix3_ide.h"
#include "tests/unit/storage/ide_rig.h"

namespace ringdown {

using namespace test;

namespace {

constexpr u8 kReady = 0x50;
constexpr u8 kFailed = 0x51;

struct SettingsRig : IdeRig {
  ImageTrace image;
  explicit SettingsRig(u64 sectors = 4096, IdeTiming timing = {}) : image(patterned_image(sectors)) {
    add_disk(0, image, false, timing);
  }
  std::vector<u16> identify() {
    out(6, kLbaMaster);
    CHECK(run_command(0xec) == 0x58);
    return read_words(256);
  }
  u8 set_feature(u8 feature, u8 count = 0) {
    out(1, feature);
    out(2, count);
    return run_command(0xef);
  }
  /// SMART with its key; `sector` is a log's address or a test.
  u8 smart(u8 operation, u8 sector = 0, u8 count = 0) {
    out(1, operation);
    out(2, count);
    out(3, sector);
    out(4, 0x4f);
    out(5, 0xc2);
    return run_command(0xb0);
  }
  u8 power_mode() {
    CHECK(run_command(0xe5) == kReady);
    return in(2);
  }
  u8 set_max(u32 last, u8 count) {
    out(6, kLbaMaster);
    run_command(0xf8);
    out(1, 0);
    address(last, count);
    return run_command(0xf9);
  }
};

u8 sum_of(const std::vector<u16>& words) {
  u8 sum = 0;
  for (const u16 word : words) sum = static_cast<u8>(sum + (word & 0xff) + (word >> 8));
  return sum;
}

}  // namespace

TEST_CASE(
    "every transfer mode up to PIO 4, multiword DMA 2 and Ultra DMA 5 can be chosen, and one is shown") {
  SettingsRig r;
  for (u8 mode = 0; mode < 3; ++mode) {
    CHECK(r.set_feature(3, 0x20 | mode) == kReady);
    const std::vector<u16> words = r.identify();
    CHECK(words[63] == (0x0007 | 0x100 << mode));
    CHECK(words[88] == 0x003f);
  }
  for (u8 mode = 0; mode < 6; ++mode) {
    CHECK(r.set_feature(3, 0x40 | mode) == kReady);
    const std::vector<u16> words = r.identify();
    CHECK(words[63] == 0x0007);
    CHECK(words[88] == (0x003f | 0x100 << mode));
  }
  for (u8 mode = 0; mode < 5; ++mode) CHECK(r.set_feature(3, 0x08 | mode) == kReady);
  for (const u8 impossible : {0x0d, 0x23, 0x46, 0x10, 0x80}) CHECK(r.set_feature(3, impossible) == kFailed);
}

TEST_CASE("IDENTIFY shows which features are on") {
  SettingsRig r;
  std::vector<u16> words = r.identify();
  CHECK((words[82] & 0x0461) == 0x0461);
  CHECK(words[85] == words[82]);
  CHECK(words[86] == words[83] - 0x4000);
  r.set_feature(0x82);
  r.set_feature(0x55);
  r.smart(0xd9);
  words = r.identify();
  CHECK((words[85] & 0x0061) == 0);
  r.set_feature(0x02);
  r.set_feature(0xaa);
  r.smart(0xd8);
  CHECK((r.identify()[85] & 0x0061) == 0x0061);
  r.out(2, 16);
  r.run_command(0xc6);
  CHECK(r.identify()[59] == 0x0110);
}

TEST_CASE("SET MAX ADDRESS hides the end of the disk until a reset, or for good") {
  SettingsRig r;
  r.out(1, 0);
  r.address(999, 1);
  CHECK(r.run_command(0xf9) == kFailed);  // READ NATIVE MAX ADDRESS comes just before it
  CHECK(r.set_max(999, 1) == kReady);
  const std::vector<u16> words = r.identify();
  CHECK((words[60] | words[61] << 16) == 1000);
  CHECK(words[100] == 1000);
  r.address(1000, 1);
  CHECK(r.run_command(0x20) == kFailed);
  CHECK(r.in(1) == 0x10);
  r.out(6, kLbaMaster);
  r.run_command(0xf8);
  CHECK(r.shown_address() == 4095);

  r.channel.reset();
  CHECK(r.identify()[60] == 4096);
  CHECK(r.set_max(1999, 0) == kReady);
  CHECK(r.set_max(999, 0) == kFailed);  // once until the next reset
  CHECK(r.in(1) == 0x10);
  r.channel.reset();
  CHECK(r.identify()[60] == 2000);
  CHECK(r.set_max(4096, 1) == kFailed);
}

TEST_CASE("the standby timer counts from the last command") {
  SettingsRig r;
  CHECK(r.power_mode() == 0xff);
  r.out(2, 1);  // five seconds
  CHECK(r.run_command(0xe3) == kReady);
  CHECK(r.power_mode() == 0x80);
  r.clock.advance(milliseconds(4900));
  CHECK(r.power_mode() == 0x80);
  r.clock.advance(milliseconds(5100));
  CHECK(r.power_mode() == 0x00);
  r.address(0, 1);
  CHECK(r.run_command(0x40) == kReady);
  CHECK(r.power_mode() == 0xff);
  CHECK(r.run_command(0xe0) == kReady);
  CHECK(r.power_mode() == 0x00);
}

TEST_CASE("a sleeping disk obeys nothing but a reset") {
  SettingsRig r;
  CHECK(r.run_command(0xe6) == kReady);
  const int before = r.irq.edges;
  r.command(0xec);
  r.clock.advance(milliseconds(10));
  CHECK(r.irq.edges == before);
  r.control(4);
  r.control(0);
  r.settle();
  CHECK(r.power_mode() == 0x00);
}

TEST_CASE("SMART delivers data, thresholds and logs with checksums, and records self-tests") {
  SettingsRig r;
  for (const u8 operation : {0xd0, 0xd1}) {
    CHECK(r.smart(operation) == 0x58);
    const std::vector<u16> words = r.read_words(256);
    CHECK(words[0] == 0x0010);
    CHECK((words[1] & 0xff) == 1);
    CHECK(sum_of(words) == 0);
  }
  CHECK(r.smart(0xd4, 1) == kReady);
  CHECK(r.smart(0xd4, 130) == kReady);
  CHECK(r.smart(0xd4, 77) == kFailed);
  CHECK(r.smart(0xd5, 6, 1) == 0x58);
  const std::vector<u16> tests = r.read_words(256);
  CHECK(tests[0] == 1);
  CHECK((tests[1] & 0xff) == 1);
  CHECK((tests[13] & 0xff) == 130);
  CHECK((tests[254] & 0xff) == 2);
  CHECK(sum_of(tests) == 0);
  CHECK(r.smart(0xd5, 0, 1) == 0x58);
  CHECK(r.read_words(256)[6] == 1);
  CHECK(r.smart(0xd5, 9, 1) == kFailed);
  CHECK(r.smart(0xda) == kReady);
  CHECK(r.in(4) == 0x4f);
  CHECK(r.in(5) == 0xc2);

  r.image.bad_sector = 5;
  r.address(5, 1);
  r.run_command(0x20);
  CHECK(r.smart(0xd5, 1, 1) == 0x58);
  CHECK(r.read_words(256)[226] == 1);

  r.smart(0xd9);
  r.channel.reset();
  CHECK(r.smart(0xd0) == kFailed);  // it stays off
}

TEST_CASE("the sector buffer keeps what was written to it") {
  SettingsRig r;
  r.command(0xe8);
  r.settle();
  CHECK(r.in(7) == 0x58);
  for (u16 i = 0; i < 256; ++i) r.out_word(static_cast<u16>(i * 3));
  r.settle();
  CHECK(r.in(7) == kReady);
  CHECK(r.run_command(0xe4) == 0x58);
  const std::vector<u16> words = r.read_words(256);
  CHECK(words[255] == 255 * 3);
  CHECK(r.image.writes == 0);
}

TEST_CASE("commands take the latency that was asked for, in the guest's time") {
  SettingsRig slow(64, IdeTiming::of_latency(milliseconds(5)));
  slow.address(0, 1);
  slow.command(0x20);
  slow.clock.advance(microseconds(4999));
  CHECK_FALSE(slow.irq.high);
  slow.clock.advance(microseconds(2));
  CHECK(slow.irq.high);

  SettingsRig quick(64, IdeTiming::of_latency(0));
  quick.address(0, 1);
  quick.command(0x20);
  CHECK_FALSE(quick.irq.high);
  quick.clock.advance(nanoseconds(1));
  CHECK(quick.irq.high);
}

}  // namespace ringdown
