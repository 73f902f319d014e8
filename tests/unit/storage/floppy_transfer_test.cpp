// Reading, writing, verifying and formatting disks through the floppy controller.
#include <catch2/catch.hpp>

#include "tests/unit/storage/floppy_rig.h"

namespace ringdown {

using namespace test;

namespace {

constexpr u8 kMfmRead = 0x46, kMultiTrack = 0x80, kSkip = 0x20;

/// The nine bytes of a data transfer on unit 0.
Bytes transfer(u8 code, u8 cylinder, u8 head, u8 sector, u8 last) {
  return {code, static_cast<u8>(head << 2), cylinder, head, sector, 2, last, 0x1b, 0xff};
}

struct Started : FloppyRig {
  explicit Started(std::string_view format = "1.44 MB", bool read_only = false) {
    add_disk(0, format, read_only);
    start();
    rate(format_named(format).rate_in(format_named(format).drive()));
  }
  void use_host_transfers(u8 configuration) {
    command({0x03, 0xdf, 0x03});
    command({0x13, 0, configuration, 0});
  }
};

}  // namespace

TEST_CASE("READ DATA moves sectors by DMA until TC and names the next one") {
  Started r;
  r.seek(3);
  r.program_dma(0x44, 3 * 512);
  CHECK(r.run(transfer(kMfmRead, 3, 1, 5, 18)) == Bytes{0x04, 0, 0, 3, 1, 8, 2});
  r.expect_in_memory((3 * 2 + 1) * 18 + 4, 3);
  CHECK(r.in(kMsr) == 0x80);
  CHECK_FALSE(r.irq.high());
}

TEST_CASE("the result after TC at the last sector depends on MT and head") {
  Started r;
  const auto read_last = [&r](u8 code, u8 head) {
    r.program_dma(0x44, 512);
    return r.run(transfer(code, 0, head, 18, 18));
  };
  CHECK(read_last(kMfmRead, 0) == Bytes{0x00, 0, 0, 1, 0, 1, 2});
  CHECK(read_last(kMfmRead, 1) == Bytes{0x04, 0, 0, 1, 1, 1, 2});
  CHECK(read_last(kMfmRead | kMultiTrack, 0) == Bytes{0x00, 0, 0, 0, 1, 1, 2});
  CHECK(read_last(kMfmRead | kMultiTrack, 1) == Bytes{0x04, 0, 0, 1, 0, 1, 2});
}

TEST_CASE("a multi-track read goes on with the other head") {
  Started r;
  r.program_dma(0x44, 36 * 512);
  CHECK(r.run(transfer(kMfmRead | kMultiTrack, 0, 0, 1, 18)) == Bytes{0x04, 0, 0, 1, 0, 1, 2});
  r.expect_in_memory(0, 36);
}

TEST_CASE("without TC a transfer ends abnormally at the end of the track") {
  Started r;
  r.program_dma(0x44, 4 * 512);
  CHECK(r.run(transfer(kMfmRead, 0, 0, 17, 18)) == Bytes{0x40, 0x80, 0, 0, 0, 18, 2});
}

TEST_CASE("TC inside a sector ends it there: a written one is filled with zeros") {
  Started r;
  r.memory.write_value<u32>(GuestPhysical(kDmaAddress), 0xa5a5'a5a5);
  r.program_dma(0x48, 4);
  CHECK(r.run(transfer(0x45, 0, 0, 2, 18)) == Bytes{0, 0, 0, 0, 0, 3, 2});
  CHECK(static_cast<u8>(r.disks[0].data[512 + 3]) == 0xa5);
  CHECK(static_cast<u8>(r.disks[0].data[512 + 4]) == 0);
  CHECK(static_cast<u8>(r.disks[0].data[1023]) == 0);
  r.program_dma(0x44, 100);
  CHECK(r.run(transfer(kMfmRead, 0, 0, 4, 18)) == Bytes{0, 0, 0, 0, 0, 5, 2});
  CHECK(r.byte_at(99) == pattern(3, 99));
}

TEST_CASE("what is not on the track is missed after two index pulses") {
  Started r;
  const auto status = [&r](const Bytes& command) {
    r.program_dma(0x44, 512);
    const Bytes result = r.run(command);
    return Bytes(result.begin(), result.begin() + 3);
  };
  CHECK(status(transfer(kMfmRead, 0, 0, 19, 19)) == Bytes{0x40, 0x04, 0});
  CHECK(status(transfer(kMfmRead, 0, 0, 0, 19)) == Bytes{0x40, 0x04, 0});
  CHECK(status(transfer(kMfmRead, 1, 0, 1, 18)) == Bytes{0x40, 0x04, 0x10});
  CHECK(status({kMfmRead, 0, 0, 1, 1, 2, 18, 0x1b, 0xff}) == Bytes{0x40, 0x04, 0});
  CHECK(status({kMfmRead, 0, 0, 0, 1, 3, 18, 0x1b, 0xff}) == Bytes{0x40, 0x04, 0});
  CHECK(status(transfer(0x06, 0, 0, 1, 18)) == Bytes{0x40, 0x01, 0});  // FM
  r.rate(FloppyRate::Kbps250);
  CHECK(status(transfer(kMfmRead, 0, 0, 1, 18)) == Bytes{0x40, 0x01, 0});
  CHECK(status({0x4a, 0}) == Bytes{0x40, 0x01, 0});
  r.rate(FloppyRate::Kbps500);
  r.seek(81);
  CHECK(status(transfer(kMfmRead, 81, 0, 1, 18)) == Bytes{0x40, 0x01, 0});
}

TEST_CASE("READ ID finds what passes next, and a revolution takes 200 ms") {
  Started r;
  r.seek(7);
  const Bytes first = r.run({0x4a, 0x04});
  CHECK(Bytes(first.begin(), first.begin() + 5) == Bytes{0x04, 0, 0, 7, 1});
  u8 expected = first[5];
  const Picoseconds begin = r.clock.scheduler().now();
  for (int i = 0; i < 18; ++i) {
    expected = static_cast<u8>(expected % 18 + 1);
    REQUIRE(r.run({0x4a, 0x04}) == Bytes{0x04, 0, 0, 7, 1, expected, 2});
  }
  const Picoseconds taken = r.clock.scheduler().now() - begin;
  CHECK(taken > milliseconds(195));
  CHECK(taken < milliseconds(205));
}

TEST_CASE("without a disk or its motor a command waits for ever") {
  Started r;
  r.out(kDor, 0x0c);
  r.program_dma(0x44, 512);
  r.command(transfer(kMfmRead, 0, 0, 1, 18));
  r.clock.advance(10 * kPicosecondsPerSecond);
  CHECK(r.in(kMsr) == 0x50);
  r.out(kDor, 0x1c);
  r.wait();
  CHECK(r.result() == Bytes{0, 0, 0, 0, 0, 2, 2});
  r.program_dma(0x44, 512);
  r.command(transfer(kMfmRead, 0, 0, 1, 18));
  r.controller.removable(0)->remove();
  r.clock.advance(10 * kPicosecondsPerSecond);
  CHECK(r.in(kMsr) == 0x50);
  r.start();  // a reset is the way out
  CHECK(r.in(kMsr) == 0x80);
}

TEST_CASE("a masked channel overruns; a protected disk is not written") {
  Started r("1.44 MB", true);
  write_byte(r.dma.first_ports(), 10, 6);
  CHECK(r.run(transfer(kMfmRead, 0, 0, 1, 18)) == Bytes{0x40, 0x10, 0, 0, 0, 1, 2});
  CHECK(r.run(transfer(0x45, 0, 0, 1, 18)) == Bytes{0x40, 0x02, 0, 0, 0, 1, 2});
  CHECK(r.run({0x4d, 0, 2, 18, 0x54, 0xf6})[1] == 0x02);
  CHECK(r.disks[0].writes == 0);
}

TEST_CASE("an error of the host is a data error of the guest") {
  Started r;
  r.disks[0].broken = true;
  r.program_dma(0x44, 512);
  CHECK(r.run(transfer(kMfmRead, 0, 0, 1, 18)) == Bytes{0x40, 0x20, 0x20, 0, 0, 1, 2});
  r.program_dma(0x48, 512);
  CHECK(r.run(transfer(0x45, 0, 0, 1, 18)) == Bytes{0x40, 0x20, 0, 0, 0, 1, 2});
}

TEST_CASE("deleted data marks, and what SK makes of them") {
  Started r;
  r.program_dma(0x48, 512);
  CHECK(r.run(transfer(0x49, 0, 0, 2, 18)) == Bytes{0, 0, 0, 0, 0, 3, 2});
  const auto read = [&r](u8 code, std::size_t sectors) {
    r.program_dma(0x44, sectors * 512);
    return r.run(transfer(code, 0, 0, 1, 18));
  };
  CHECK(read(kMfmRead, 3) == Bytes{0, 0, 0x40, 0, 0, 2, 2});  // sector 2 was read, and ends it
  CHECK(r.byte_at(512) == r.byte_at(0));                      // written from this memory
  CHECK(read(kMfmRead | kSkip, 2) == Bytes{0, 0, 0x40, 0, 0, 4, 2});
  r.expect_in_memory(0, 1);
  CHECK(r.byte_at(512) == pattern(2, 0));
  CHECK(read(0x4c, 2) == Bytes{0, 0, 0x40, 0, 0, 1, 2});
  CHECK(read(0x4c | kSkip, 1) == Bytes{0, 0, 0x40, 0, 0, 3, 2});
  r.program_dma(0x48, 512);
  r.run(transfer(0x45, 0, 0, 2, 18));
  CHECK(read(kMfmRead, 3) == Bytes{0, 0, 0, 0, 0, 4, 2});
}

TEST_CASE("VERIFY counts sectors or ends at EOT, and moves nothing") {
  Started r;
  const u8 verify = 0x56, count = 0x80;
  const auto run = [&r](u8 code, u8 flags, u8 first, u8 last, u8 sectors) {
    return r.run({code, flags, 0, 0, first, 2, last, 0x1b, sectors});
  };
  CHECK(run(verify, 0, 3, 18, 0xff) == Bytes{0, 0, 0, 0, 0, 18, 2});
  CHECK(run(verify, count, 3, 18, 4) == Bytes{0, 0, 0, 0, 0, 7, 2});
  CHECK(run(verify | kMultiTrack, count, 17, 18, 4) == Bytes{0x04, 0, 0, 0, 1, 3, 2});
  CHECK(run(verify, count, 17, 18, 4) == Bytes{0x40, 0x80, 0, 0, 0, 18, 2});
  CHECK(run(verify, 0, 3, 19, 0xff) == Bytes{0x40, 0x04, 0, 0, 0, 19, 2});
  CHECK(r.disks[0].reads > 0);
}

TEST_CASE("READ TRACK reads from the index on, whatever the IDs say") {
  Started r;
  r.program_dma(0x44, 18 * 512);
  CHECK(r.run(transfer(0x42, 0, 0, 1, 18)) == Bytes{0, 0, 0, 1, 0, 1, 2});
  r.expect_in_memory(0, 18);
  r.program_dma(0x44, 2 * 512);
  CHECK(r.run(transfer(0x42, 0, 0, 9, 18)) == Bytes{0, 0x04, 0, 0, 0, 11, 2});
  r.expect_in_memory(0, 2);
}

TEST_CASE("FORMAT TRACK fills the sectors that the host names") {
  Started r("720 KB");
  r.seek(2);
  for (u8 sector = 0; sector < 9; ++sector) {
    const u8 id[] = {2, 1, static_cast<u8>((sector * 2) % 9 + 1), 2};
    r.memory.write(GuestPhysical(kDmaAddress + sector * 4u), std::as_bytes(std::span(id)));
  }
  r.program_dma(0x48, 36);
  const Bytes result = r.run({0x4d, 0x04, 2, 9, 0x50, 0xe5});
  CHECK(Bytes(result.begin(), result.begin() + 3) == Bytes{0x04, 0, 0});
  const auto& data = r.disks[0].data;
  const std::size_t begin = (2 * 2 + 1) * 9 * 512, end = begin + 9 * 512;
  CHECK(std::all_of(data.begin() + begin, data.begin() + end,
                    [](std::byte b) { return b == std::byte{0xe5}; }));
  CHECK(static_cast<u8>(data[begin - 1]) == pattern(begin / 512 - 1, 511));
  CHECK(static_cast<u8>(data[end]) == pattern(end / 512, 0));
  CHECK(r.log.unimplemented_counts().empty());
  // The last gap may be cut by the index pulse.
  r.program_dma(0x48, 36);
  r.run({0x4d, 0x04, 2, 9, 0x6c, 0x11});
  CHECK(static_cast<u8>(data[begin]) == 0x11);
  CHECK(static_cast<u8>(data[end - 1]) == 0x11);
  r.rate(FloppyRate::Kbps500);  // a density that this disk does not have
  r.program_dma(0x48, 72);
  r.run({0x4d, 0x04, 2, 18, 0x54, 0x00});
  CHECK(static_cast<u8>(data[begin]) == 0x11);
  CHECK(r.log.unimplemented_counts().size() == 1);
}

TEST_CASE("without DMA each byte asks for service") {
  Started r;
  r.use_host_transfers(0x20);  // no FIFO
  r.clock.advance(milliseconds(400));
  r.command(transfer(kMfmRead, 0, 0, 1, 1));
  for (std::size_t i = 0; i < 512; ++i) {
    for (int us = 0; us < 500'000 && !r.irq.high(); ++us) r.clock.advance(microseconds(1));
    REQUIRE(r.in(kMsr) == 0xf0);
    REQUIRE(r.in(kFifo) == pattern(0, i));
    if (i < 511) REQUIRE_FALSE(r.irq.high());
  }
  CHECK(r.result() == Bytes{0x40, 0x80, 0, 0, 0, 1, 2});
  r.command(transfer(kMfmRead, 0, 0, 1, 1));
  r.clock.advance(milliseconds(400));
  CHECK(r.in(kFifo) == pattern(0, 0));  // the second byte found no room
  CHECK(r.result() == Bytes{0x40, 0x10, 0, 0, 0, 1, 2});
}

TEST_CASE("the FIFO asks at its threshold, and writes take what is there") {
  Started r;
  r.use_host_transfers(0x07);  // FIFO on, threshold 8
  r.clock.advance(milliseconds(400));
  r.command(transfer(kMfmRead, 0, 0, 2, 2));
  std::size_t taken = 0;
  while (taken < 512) {
    for (int us = 0; us < 500'000 && !r.irq.high(); ++us) r.clock.advance(microseconds(1));
    std::size_t burst = 0;
    for (; r.in(kMsr) == 0xf0; ++burst) REQUIRE(r.in(kFifo) == pattern(1, taken + burst));
    REQUIRE(burst == 8);
    taken += burst;
  }
  CHECK(r.result() == Bytes{0x40, 0x80, 0, 0, 0, 2, 2});

  r.command(transfer(0x45, 0, 0, 3, 3));
  for (int us = 0; us < 500'000 && (r.in(kMsr)&0x50) != 0x50; ++us) {
    while (r.in(kMsr) == 0xb0) r.out(kFifo, 0x5a);
    r.clock.advance(microseconds(1));
  }
  CHECK(r.result() == Bytes{0x40, 0x80, 0, 0, 0, 3, 2});
  const auto& data = r.disks[0].data;
  CHECK(std::all_of(data.begin() + 1024, data.begin() + 1536,
                    [](std::byte b) { return b == std::byte{0x5a}; }));
  r.command(transfer(0x45, 0, 0, 4, 4));
  r.out(kFifo, 0x11);
  r.clock.advance(milliseconds(400));
  CHECK(r.result() == Bytes{0x40, 0x10, 0, 0, 0, 4, 2});
  CHECK(static_cast<u8>(data[1536]) == pattern(3, 0));
}

TEST_CASE("implied seeks move the head first") {
  Started r;
  r.command({0x13, 0, 0x60, 0});
  r.program_dma(0x44, 512);
  CHECK(r.run(transfer(kMfmRead, 40, 0, 1, 18)) == Bytes{0, 0, 0, 40, 0, 2, 2});
  r.expect_in_memory(40 * 36, 1);
  r.program_dma(0x44, 512);
  CHECK(r.run(transfer(kMfmRead, 12, 1, 9, 18)) == Bytes{0x04, 0, 0, 12, 1, 10, 2});
  r.expect_in_memory(12 * 36 + 18 + 8, 1);
}

TEST_CASE("an image's size says its format, and its parameter block where that leaves a choice") {
  const auto format_of = [](u64 sectors, unsigned track, unsigned heads, FloppyDriveType drive) {
    ImageTrace trace = patterned_image(sectors);
    trace.data[0x18] = static_cast<std::byte>(track);
    trace.data[0x19] = trace.data[0x1b] = std::byte{0};
    trace.data[0x1a] = static_cast<std::byte>(heads);
    MemoryImage image(trace, true);
    return floppy_format_of(image, drive);
  };
  constexpr auto kAny = FloppyDriveType::None;
  CHECK(format_of(720, 0, 0, kAny)->cylinders == 40);
  CHECK(format_of(720, 9, 2, kAny)->cylinders == 40);
  CHECK(format_of(720, 9, 1, kAny)->cylinders == 80);
  CHECK(format_of(720, 9, 2, FloppyDriveType::Mb1_44)->cylinders == 80);
  CHECK(format_of(2532, 18, 2, kAny).error().message.find("truncate -s 1474560") != std::string::npos);
  CHECK(format_of(6000, 0, 0, kAny).error().message.ends_with("2.88 MB"));
  CHECK(format_of(2400, 0, 0, FloppyDriveType::Mb1_44).error().message.find("1.2 MB") != std::string::npos);
}

TEST_CASE("every format is read at its first and last sector") {
  for (const FloppyFormat& format : floppy_formats()) {
    CAPTURE(format.name, format.cylinders);
    FloppyRig r;
    r.controller.attach(0, format.drive());
    r.disks[0] = patterned_image(format.total_sectors());
    r.controller.removable(0)->insert(std::make_unique<MemoryImage>(r.disks[0], false));
    r.start();
    r.rate(format.rate_in(format.drive()));
    const u8 cylinder = static_cast<u8>(format.cylinders - 1), head = static_cast<u8>(format.heads - 1);
    r.program_dma(0x44, format.sectors * 512u);
    CHECK(r.run(transfer(kMfmRead, 0, 0, 1, format.sectors)) == Bytes{0, 0, 0, 1, 0, 1, 2});
    r.expect_in_memory(0, format.sectors);
    r.seek(cylinder);
    r.program_dma(0x44, 512);
    const Bytes result = r.run(transfer(kMfmRead, cylinder, head, format.sectors, format.sectors));
    CHECK(Bytes(result.begin(), result.begin() + 3) == Bytes{static_cast<u8>(head << 2), 0, 0});
    r.expect_in_memory(format.total_sectors() - 1, 1);
  }
}

TEST_CASE("a whole track passes in one revolution") {
  Started r;
  r.clock.advance(milliseconds(400));
  r.program_dma(0x44, 512);
  r.run(transfer(kMfmRead, 0, 0, 18, 18));
  const Picoseconds begin = r.clock.scheduler().now();
  r.program_dma(0x44, 18 * 512);
  r.run(transfer(kMfmRead, 0, 0, 1, 18));
  CHECK(r.clock.scheduler().now() - begin < milliseconds(210));
}

TEST_CASE("a 40 track disk in a 1.2 MB drive is stepped twice for each track") {
  FloppyRig r;
  r.controller.attach(0, FloppyDriveType::Mb1_2);
  r.insert(0, "360 KB");
  r.start();
  r.rate(FloppyRate::Kbps300);
  r.seek(14);
  r.program_dma(0x44, 512);
  CHECK(r.run(transfer(kMfmRead, 7, 0, 1, 9)) == Bytes{0, 0, 0, 7, 0, 2, 2});
  r.expect_in_memory(7 * 18, 1);
  r.seek(15);
  r.program_dma(0x44, 512);
  CHECK(r.run(transfer(kMfmRead, 7, 0, 1, 9)) == Bytes{0x40, 0x01, 0, 7, 0, 1, 2});
}

}  // namespace ringdown
