// The CD-ROM drive as a driver uses it: detection, packets by PIO and DMA, sense data, the tray.
#include "devices/storage/atapi_cdrom.h"
#include "devices/storage/piix3_ide.h"
#include "tests/unit/storage/ide_rig.h"

namespace ringdown {

using namespace test;

namespace {

constexpr u8 kMaster = 0xa0;
constexpr u8 kGood = 0x50;
constexpr u8 kCheck = 0x51;

using Packet = std::array<u8, 12>;

struct CdRig : IdeRig {
  ImageTrace image = patterned_image(100 * 4);
  AtapiCdrom* drive = nullptr;

  explicit CdRig(bool with_medium = true) {
    std::unique_ptr<DiskImage> medium;
    if (with_medium) medium = std::make_unique<MemoryImage>(image, true);
    auto owned = std::make_unique<AtapiCdrom>(clock.scheduler(), log, IdePlace{0, 0}, std::move(medium));
    drive = owned.get();
    channel.attach(0, std::move(owned));
  }

  void send_packet(const Packet& packet, u16 byte_count = 0xf800, u8 features = 0) {
    out(6, kMaster);
    out(1, features);
    out(4, static_cast<u8>(byte_count));
    out(5, static_cast<u8>(byte_count >> 8));
    command(0xa0);
    settle();
    REQUIRE((alternate_status() & 0x08) != 0);
    REQUIRE(in(2) == 0x01);  // command phase, towards the drive
    REQUIRE_FALSE(irq.high);
    for (std::size_t i = 0; i < packet.size(); i += 2)
      out_word(static_cast<u16>(packet[i] | packet[i + 1] << 8));
    settle();
  }
  /// Runs a packet to its end by PIO and returns what it sent; `status` receives the final status.
  std::vector<u8> run(const Packet& packet, u16 byte_count = 0xf800) {
    send_packet(packet, byte_count);
    std::vector<u8> data;
    for (;;) {
      REQUIRE(irq.high);
      status = in(7);
      if ((status & 0x08) == 0) break;
      REQUIRE(in(2) == 0x02);
      const unsigned count = in(4) | in(5) << 8;
      REQUIRE(count > 0);
      REQUIRE(count <= byte_count);
      blocks.push_back(count);
      for (unsigned i = 0; i < count; i += 2) {
        const u16 word = in_word();
        data.push_back(static_cast<u8>(word));
        if (i + 1 < count) data.push_back(static_cast<u8>(word >> 8));
      }
      settle();
    }
    REQUIRE(in(2) == 0x03);
    return data;
  }
  /// Sense key, code and qualifier.
  std::array<u8, 3> sense() {
    const std::vector<u8> data = run({0x03, 0, 0, 0, 18});
    REQUIRE(data.size() == 18);
    return {data[2], data[12], data[13]};
  }
  u8 status = 0;
  std::vector<unsigned> blocks;
};

u8 frame_byte(u32 frame, std::size_t offset) {
  return pattern(u64{frame} * 4 + offset / kSectorSize, offset % kSectorSize);
}

}  // namespace

TEST_CASE("a packet device shows its signature after reset and when asked to be a disk") {
  CdRig r;
  CHECK(r.in(7) == 0x00);
  CHECK(r.in(4) == 0x14);
  CHECK(r.in(5) == 0xeb);
  r.out(4, 0);
  r.out(5, 0);
  r.command(0xec);
  r.settle();
  CHECK(r.in(7) == kCheck);
  CHECK(r.in(1) == 0x04);
  CHECK(r.in(4) == 0x14);
  CHECK(r.in(5) == 0xeb);
  r.out(4, 0);
  r.control(4);
  r.control(0);
  r.settle();
  CHECK(r.in(7) == 0x00);
  CHECK(r.in(2) == 1);
  CHECK(r.in(3) == 1);
  CHECK(r.in(4) == 0x14);
  CHECK(r.in(5) == 0xeb);
}

TEST_CASE("IDENTIFY PACKET DEVICE and INQUIRY tell what it is") {
  CdRig r;
  r.command(0xa1);
  r.settle();
  CHECK(r.in(7) == 0x58);
  const std::vector<u16> words = r.read_words(256);
  CHECK(words[0] == 0x85c0);
  CHECK(r.in(7) == kGood);
  const std::vector<u8> inquiry = r.run({0x12, 0, 0, 0, 36});
  REQUIRE(inquiry.size() == 36);
  CHECK(inquiry[0] == 5);
  CHECK(inquiry[1] == 0x80);
  CHECK(std::string(inquiry.begin() + 8, inquiry.begin() + 16) == "RINGDOWN");
  CHECK(r.run({0x12, 0, 0, 0, 5}).size() == 5);
}

TEST_CASE("DEVICE RESET ends a command that is running") {
  CdRig r;
  r.send_packet({0x28, 0, 0, 0, 0, 0, 0, 0, 4});
  r.in_word();
  r.command(0x08);
  r.settle();
  CHECK(r.in(7) == 0x00);
  CHECK(r.in(5) == 0xeb);
  r.run({0x00});
  CHECK(r.status == kGood);
}

TEST_CASE("READ CAPACITY and READ TOC describe one data track") {
  CdRig r;
  CHECK(r.run({0x25}) == std::vector<u8>{0, 0, 0, 99, 0, 0, 8, 0});
  CHECK(r.run({0x43, 0, 0, 0, 0, 0, 0, 0, 20}) ==
        std::vector<u8>{0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 0, 100});
  CHECK(r.run({0x43, 2, 0, 0, 0, 0, 0xaa, 0, 20}) ==
        std::vector<u8>{0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0, 3, 25});
  CHECK(r.run({0x43, 0, 1, 0, 0, 0, 0, 0, 20}) == std::vector<u8>{0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0});
  CHECK(r.run({0x43, 2, 2, 0, 0, 0, 0, 0, 200}).size() == 48);
  r.run({0x43, 0, 0, 0, 0, 0, 2, 0, 20});  // there is no track 2
  CHECK(r.status == kCheck);
  CHECK(r.sense() == std::array<u8, 3>{5, 0x24, 0});
}

TEST_CASE("READ(10) obeys the byte count limit") {
  CdRig r;
  const std::vector<u8> data = r.run({0x28, 0, 0, 0, 0, 10, 0, 0, 3}, 1001);  // an odd limit is rounded down
  REQUIRE(data.size() == 3 * 2048);
  for (std::size_t i = 0; i < data.size(); ++i) {
    REQUIRE(data[i] == frame_byte(static_cast<u32>(10 + i / 2048), i % 2048));
  }
  CHECK(r.blocks == std::vector<unsigned>{1000, 1000, 1000, 1000, 1000, 1000, 144});
  CHECK(r.image.reads == 1);

  r.blocks.clear();
  CHECK(r.run({0xa8, 0, 0, 0, 0, 0, 0, 0, 0, 64}, 0xffff).size() == 64 * 2048);
  CHECK(r.blocks.front() == 0xfffe);
  CHECK(r.run({0x28, 0, 0, 0, 0, 10, 0, 0, 0}).empty());
  CHECK(r.status == kGood);
}

TEST_CASE("READ CD delivers user data or whole frames") {
  CdRig r;
  const std::vector<u8> user = r.run({0xbe, 0, 0, 0, 0, 7, 0, 0, 1, 0x10});
  REQUIRE(user.size() == 2048);
  CHECK(user[5] == frame_byte(7, 5));
  const std::vector<u8> whole = r.run({0xbe, 0, 0, 0, 0, 7, 0, 0, 2, 0xf8});
  REQUIRE(whole.size() == 2 * 2352);
  CHECK(whole[0] == 0);
  CHECK(whole[1] == 0xff);
  CHECK(whole[12] == 0x00);
  CHECK(whole[13] == 0x02);
  CHECK(whole[2352 + 14] == 0x08);
  CHECK(whole[15] == 1);
  CHECK(whole[2352 + 16] == frame_byte(8, 0));
  CHECK(r.run({0xb9, 0, 0, 0, 2, 7, 0, 2, 8, 0x10}) == user);
}

TEST_CASE("errors come with sense data that is reported once") {
  CdRig r;
  r.run({0x28, 0, 0, 0, 0, 99, 0, 0, 2});
  CHECK(r.status == kCheck);
  CHECK(r.in(1) == 0x54);
  CHECK(r.sense() == std::array<u8, 3>{5, 0x21, 0});
  CHECK(r.sense() == std::array<u8, 3>{0, 0, 0});
  r.run({0xff});
  CHECK(r.sense() == std::array<u8, 3>{5, 0x20, 0});
  r.image.broken = true;
  r.run({0x28, 0, 0, 0, 0, 1, 0, 0, 2});
  CHECK(r.sense() == std::array<u8, 3>{3, 0x11, 0});

  CdRig empty(false);
  empty.run({0x00});
  CHECK(empty.status == kCheck);
  CHECK(empty.in(1) == 0x24);
  CHECK(empty.sense() == std::array<u8, 3>{2, 0x3a, 1});
}

TEST_CASE("the tray opens unless it is locked, and a new medium is announced") {
  CdRig r;
  r.run({0x1e, 0, 0, 0, 1});
  CHECK(r.drive->locked());
  r.run({0x1b, 0, 0, 0, 2});
  CHECK(r.sense() == std::array<u8, 3>{5, 0x53, 2});
  r.run({0x1e});
  r.run({0x1b, 0, 0, 0, 2});
  CHECK(r.status == kGood);
  CHECK(r.run({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8}) == std::vector<u8>{0, 6, 4, 0x10, 3, 1, 0, 0});
  r.run({0x00});
  CHECK(r.sense() == std::array<u8, 3>{2, 0x3a, 2});
  CHECK(r.run({0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8})[1] == 0x10);
  r.run({0x1b, 0, 0, 0, 3});
  r.run({0x00});
  CHECK(r.sense() == std::array<u8, 3>{6, 0x28, 0});
  r.run({0x00});
  CHECK(r.status == kGood);

  r.drive->remove();
  r.run({0x00});
  CHECK(r.sense() == std::array<u8, 3>{6, 0x28, 0});
  r.run({0x00});
  CHECK(r.sense() == std::array<u8, 3>{2, 0x3a, 1});
  ImageTrace other = patterned_image(8);
  r.drive->insert(std::make_unique<MemoryImage>(other, true));
  CHECK(r.run({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8}) == std::vector<u8>{0, 6, 4, 0x10, 2, 2, 0, 0});
  r.run({0x00});
  CHECK(r.run({0x25}) == std::vector<u8>{0, 0, 0, 1, 0, 0, 8, 0});
}

TEST_CASE("an image that ends within a frame is padded with zeros") {
  CdRig r(false);
  ImageTrace ragged = patterned_image(5);
  r.drive->insert(std::make_unique<MemoryImage>(ragged, true));
  r.run({0x00});
  const std::vector<u8> data = r.run({0x28, 0, 0, 0, 0, 1, 0, 0, 1});
  REQUIRE(data.size() == 2048);
  CHECK(data[511] == pattern(4, 511));
  CHECK(data[512] == 0);
}

TEST_CASE("mode pages and features have the lengths they announce") {
  CdRig r;
  const std::vector<u8> six = r.run({0x1a, 0, 0x3f, 0, 255});
  REQUIRE(six.size() > 4);
  CHECK(six[0] == six.size() - 1);
  const std::vector<u8> ten = r.run({0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 255});
  REQUIRE(ten.size() == 28);
  CHECK(ten[1] == 26);
  CHECK(ten[8] == 0x2a);
  r.run({0x5a, 0, 0x07, 0, 0, 0, 0, 0, 255});
  CHECK(r.sense() == std::array<u8, 3>{5, 0x24, 0});
  const std::vector<u8> features = r.run({0x46, 0, 0, 0, 0, 0, 0, 1, 0});
  REQUIRE(features.size() > 8);
  CHECK(features[3] == features.size() - 4);
  CHECK(features[7] == 8);
  CHECK(r.run({0x46, 2, 0, 0x1e, 0, 0, 0, 1, 0}).size() == 16);
  CHECK(r.run({0x51, 0, 0, 0, 0, 0, 0, 0, 255}).size() == 34);
  CHECK(r.run({0x42, 2, 0x40, 1, 0, 0, 0, 0, 255}).size() == 16);
}

TEST_CASE("packets transfer by DMA and end with one interrupt") {
  CdRig r;
  Bus device_memory("memory", r.log);
  MemoryStore store = std::move(*MemoryStore::create(0x10'0000, 0));
  GuestMemory memory(store, device_memory);
  memory.map_ram(GuestPhysical(0), 0x10'0000, HostFrame(0));
  IdeChannel secondary(1, {});
  Piix3Ide function(memory, r.log, r.channel, secondary, {IdePorts{0x1f0, 0x3f6}, IdePorts{0x170, 0x376}});
  function.write_config(0x04, Width::Word, 5);
  BusRange& registers = *function.windows()[4].range;
  memory.write_value<u32>(GuestPhysical(0x100), 0x1'0800);
  memory.write_value<u32>(GuestPhysical(0x104), 0x8000'1000);
  registers.write(4, Width::Dword, 0x100);

  r.send_packet({0x28, 0, 0, 0, 0, 20, 0, 0, 2}, 0, 1);
  CHECK(r.irq.edges == 0);
  registers.write(0, Width::Byte, 0x09);
  r.settle();
  CHECK(r.irq.edges == 1);
  CHECK(registers.read(2, Width::Byte) == 0x04);
  CHECK(r.in(2) == 0x03);
  CHECK(r.in(7) == kGood);
  CHECK(memory.read_value<u8>(GuestPhysical(0x1'0800 + 2049)) == frame_byte(21, 1));
}

TEST_CASE("a half-read packet continues in a restored machine") {
  CdRig used;
  used.run({0x1e, 0, 0, 0, 1});
  used.send_packet({0x28, 0, 0, 0, 0, 30, 0, 0, 2}, 2048);
  used.in(7);
  for (int i = 0; i < 100; ++i) used.in_word();
  CdRig fresh;
  check_snapshot_contract(used.channel, fresh.channel);
  CHECK(fresh.drive->locked());
  for (std::size_t i = 200; i < 2048; i += 2) REQUIRE((fresh.in_word() & 0xff) == frame_byte(30, i));
  fresh.settle();
  CHECK(fresh.irq.high);
  CHECK(fresh.in(7) == 0x58);
  for (std::size_t i = 0; i < 2048; i += 2) REQUIRE((fresh.in_word() & 0xff) == frame_byte(31, i));
  fresh.settle();
  CHECK(fresh.in(7) == kGood);
  CHECK(fresh.in(2) == 3);

  CdRig empty(false);
  CHECK_FALSE(restore(empty.channel, saved(used.channel)));
}

TEST_CASE("half a packet is saved too") {
  CdRig used;
  used.command(0xa0);
  used.settle();
  for (const u16 word : {0x0012, 0x0000}) used.out_word(word);
  CdRig fresh;
  check_snapshot_contract(used.channel, fresh.channel);
  for (const u16 word : {36, 0, 0, 0}) fresh.out_word(word);
  fresh.settle();
  CHECK(fresh.irq.high);
  CHECK((fresh.in(4) | fresh.in(5) << 8) == 36);
}

TEST_CASE("after power-on the first command is told so") {
  CdRig r;
  r.channel.reset();
  r.run({0x00});
  CHECK(r.status == kCheck);
  CHECK(r.sense() == std::array<u8, 3>{6, 0x29, 0});
  r.run({0x00});
  CHECK(r.status == kGood);
  r.channel.reset();
  CHECK(r.run({0x12, 0, 0, 0, 36}).size() == 36);     // INQUIRY does not mind
  CHECK(r.sense() == std::array<u8, 3>{6, 0x29, 0});  // REQUEST SENSE tells it
  CHECK(r.sense() == std::array<u8, 3>{0, 0, 0});
}

TEST_CASE("a guest that has locked the tray hears that somebody wants it open") {
  CdRig r;
  r.run({0x1e, 0, 0, 0, 1});
  r.drive->press_eject();
  CHECK(r.run({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8}) == std::vector<u8>{0, 6, 4, 0x10, 1, 2, 0, 0});
  CHECK(r.run({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8}) == std::vector<u8>{0, 6, 4, 0x10, 0, 2, 0, 0});
  r.run({0x1e});
  r.drive->press_eject();
  r.run({0x00});
  CHECK(r.sense() == std::array<u8, 3>{6, 0x28, 0});
  r.run({0x00});
  CHECK(r.sense() == std::array<u8, 3>{2, 0x3a, 1});
}

TEST_CASE("READ CD delivers the parts of a frame that are asked for") {
  CdRig r;
  CHECK(r.run({0xbe, 0, 0, 0, 0, 7, 0, 0, 1, 0x20}) == std::vector<u8>{0x00, 0x02, 0x07, 1});
  const std::vector<u8> with_header = r.run({0xbe, 0x08, 0, 0, 0, 7, 0, 0, 2, 0x30});
  REQUIRE(with_header.size() == 2 * 2052);
  CHECK(with_header[2052 + 2] == 0x08);
  CHECK(with_header[2052 + 4] == frame_byte(8, 0));
  CHECK(r.run({0xbe, 0, 0, 0, 0, 7, 0, 0, 1, 0xb8}).size() == 2352);
  CHECK(r.run({0xbe, 0, 0, 0, 0, 7, 0, 0, 1, 0x18}).size() == 2336);
  CHECK(r.run({0xbe, 0, 0, 0, 0, 7, 0, 0, 1, 0x00}).empty());
  CHECK(r.status == kGood);
  r.run({0xbe, 0x04, 0, 0, 0, 7, 0, 0, 1, 0x10});  // audio
  CHECK(r.sense() == std::array<u8, 3>{5, 0x24, 0});
}

TEST_CASE("MODE SELECT takes its parameters") {
  CdRig r;
  r.send_packet({0x55, 0x10, 0, 0, 0, 0, 0, 0, 16});
  REQUIRE(r.irq.high);
  REQUIRE((r.in(7) & 0x08) != 0);
  CHECK(r.in(2) == 0x00);  // data, towards the drive
  CHECK((r.in(4) | r.in(5) << 8) == 16);
  for (int i = 0; i < 8; ++i) r.out_word(0);
  r.settle();
  CHECK(r.in(7) == kGood);
  CHECK(r.in(2) == 0x03);
  r.run({0x15, 0x11, 0, 0, 8});  // saving pages is not possible
  CHECK(r.sense() == std::array<u8, 3>{5, 0x24, 0});
  r.run({0x15, 0x10, 0, 0, 0});
  CHECK(r.status == kGood);
}

TEST_CASE("a disc of data plays no audio, and tells where its track is") {
  CdRig r;
  for (const u8 code : {0x45, 0x47, 0xa5, 0xba}) {
    r.run({code});
    CHECK(r.sense() == std::array<u8, 3>{5, 0x64, 0});
  }
  r.run({0x4b});
  CHECK(r.sense() == std::array<u8, 3>{5, 0x2c, 0});
  r.run({0x4e});
  CHECK(r.status == kGood);
  CHECK(r.run({0x44, 0, 0, 0, 0, 7, 0, 0, 8}) == std::vector<u8>{1, 0, 0, 0, 0, 0, 0, 7});
  CHECK(r.run({0x44, 2, 0, 0, 0, 7, 0, 0, 8}) == std::vector<u8>{1, 0, 0, 0, 0, 0, 2, 7});
  const std::vector<u8> track = r.run({0x52, 1, 0, 0, 0, 1, 0, 0, 36});
  REQUIRE(track.size() == 36);
  CHECK(track[1] == 34);
  CHECK(track[27] == 100);
  CHECK(r.run({0x42, 2, 0x40, 2, 0, 0, 0, 0, 255}).size() == 24);
  CHECK(r.run({0x42, 2, 0x40, 3, 0, 0, 1, 0, 255}).size() == 24);
  r.run({0x2f, 0, 0, 0, 0, 99, 0, 0, 1});
  CHECK(r.status == kGood);
  r.run({0x2f, 0, 0, 0, 0, 99, 0, 0, 2});
  CHECK(r.sense() == std::array<u8, 3>{5, 0x21, 0});
}

TEST_CASE("a frame that cannot be read is named, and those before it arrive") {
  CdRig r;
  r.image.bad_sector = 22 * 4 + 1;
  const std::vector<u8> data = r.run({0x28, 0, 0, 0, 0, 20, 0, 0, 8});
  CHECK(data.size() == 2 * 2048);
  CHECK(r.status == kCheck);
  const std::vector<u8> sense = r.run({0x03, 0, 0, 0, 18});
  REQUIRE(sense.size() == 18);
  CHECK(sense[0] == 0xf0);
  CHECK(sense[2] == 3);
  CHECK(sense[6] == 22);
}

}  // namespace ringdown
