// Images as a power failure could leave them: nothing that was flushed is lost, nothing half-written is read.
#include <catch2/catch.hpp>

#include "frontend/images/overlay_image.h"
#include "frontend/images/raw_image.h"
#include "tests/support/numbered_disk.h"
#include "tests/support/recording_file.h"

namespace ringdown {
namespace {

using namespace test;

constexpr u64 kSeed = 7;
constexpr unsigned kCases = 1000;
constexpr u32 kSectors = 403;  // the last block of an overlay is not whole

std::unique_ptr<BlockFile> file_of(const std::shared_ptr<RecordedContent>& content) {
  return std::make_unique<RecordingFile>(content);
}

Result<std::unique_ptr<OverlayImage>> open_overlay(const std::shared_ptr<RecordedContent>& content,
                                                   HostFile::Access access) {
  const Result<overlay::Header> header = OverlayImage::read_header(*file_of(content));
  if (!header) return header.error();
  return OverlayImage::open(file_of(content), *header, nullptr, access);
}

/// What a new overlay without a base consists of.
std::shared_ptr<RecordedContent> content_of_new_overlay() {
  const auto content = std::make_shared<RecordedContent>();
  overlay::Header header;
  header.sectors = kSectors;
  REQUIRE(OverlayImage::create(file_of(content), nullptr, header));
  return content;
}

/// Writes, and flushes now and then, until the power fails.
void use(DiskImage& image, NumberedDisk& disk, SeededRandom& random, const RecordedContent& content) {
  const u32 flush_chance = 1 + random.below(30);
  const u32 longest = 1 + random.below(40);
  for (unsigned writes = 0; writes < 200 && !content.dead(); ++writes) {
    static_cast<void>(disk.write(image, random, longest));
    if (random.percent(flush_chance) && image.flush()) disk.flushed();
  }
}

u32 damaged_blocks(OverlayImage& image) {
  u32 damaged = 0;
  image.verify([&](u32) { ++damaged; }, [](u32) { return true; });
  return damaged;
}

}  // namespace

TEST_CASE("raw images keep what was flushed when the power fails") {
  for (unsigned number = 0; number < kCases; ++number) {
    INFO("case " << number);
    SeededRandom random(kSeed, number);
    const auto content = std::make_shared<RecordedContent>();
    content->set(std::vector<std::byte>(kSectors * kSectorSize));
    NumberedDisk disk(kSectors);
    auto image = RawImage::open(file_of(content), HostFile::Access::ReadWrite);
    REQUIRE(image);
    content->fail_power_after(random.below(150));
    use(**image, disk, random, *content);
    REQUIRE(content->dead());
    content->set(content->after_power_failure(random, Tearing::Sectors));
    auto again = RawImage::open(file_of(content), HostFile::Access::ReadOnly);
    REQUIRE(again);
    REQUIRE(disk.judge(**again).empty());
  }
}

TEST_CASE("overlays keep what was flushed when the power fails, again and again") {
  u32 lost = 0;
  for (unsigned number = 0; number < kCases; ++number) {
    INFO("case " << number);
    SeededRandom random(kSeed, number);
    const auto content = content_of_new_overlay();
    NumberedDisk disk(kSectors);
    for (unsigned life = 0; life < 4; ++life) {
      INFO("life " << life);
      content->fail_power_after(random.below(life == 1 ? 10 : 150));
      auto image = open_overlay(content, HostFile::Access::ReadWrite);
      if (image) {
        lost += (*image)->blocks_lost();
        // Opening has made them last.
        disk.take_as_it_is(**image);
        use(**image, disk, random, *content);
      }
      REQUIRE(content->dead());
      const std::vector<std::byte> left = content->after_power_failure(random, Tearing::Bytes);
      if (image) image->reset();
      content->set(left);
      // Reading alone must do as well, and change nothing.
      auto reader = open_overlay(content, HostFile::Access::ReadOnly);
      REQUIRE(reader);
      REQUIRE(disk.judge(**reader) == "");
      REQUIRE(damaged_blocks(**reader) == 0);
      REQUIRE(content->bytes() == left);
    }
  }
  // Otherwise the power has never failed at a bad moment.
  CHECK(lost > 300);
}

TEST_CASE("an overlay survives power failures while it begins new logs and closes") {
  for (unsigned number = 0; number < 300; ++number) {
    INFO("case " << number);
    SeededRandom random(kSeed + 1, number);
    const auto content = content_of_new_overlay();
    NumberedDisk disk(kSectors);
    auto image = open_overlay(content, HostFile::Access::ReadWrite);
    REQUIRE(image);
    // Flushes of few sectors make long logs.
    const u32 flushes = overlay::kShortLog - 5 + random.below(5);
    for (u32 i = 0; i < flushes; ++i) {
      REQUIRE(disk.write(**image, random, 2));
      REQUIRE((*image)->flush());
      disk.flushed();
    }
    content->fail_power_after(random.below(60));
    for (unsigned i = 0; i < 10; ++i) {
      static_cast<void>(disk.write(**image, random, 2));
      if ((*image)->flush()) disk.flushed();
    }
    if ((*image)->close()) disk.flushed();
    const std::vector<std::byte> left = content->after_power_failure(random, Tearing::Bytes);
    image->reset();
    content->set(left);
    image = open_overlay(content, HostFile::Access::ReadWrite);
    REQUIRE(image);
    REQUIRE(disk.judge(**image) == "");
  }
}

TEST_CASE("an overlay on a full disk refuses writes and loses nothing") {
  for (unsigned number = 0; number < 200; ++number) {
    INFO("case " << number);
    SeededRandom random(kSeed + 2, number);
    const auto content = content_of_new_overlay();
    NumberedDisk disk(kSectors);
    auto image = open_overlay(content, HostFile::Access::ReadWrite);
    REQUIRE(image);
    content->room = 40'000 + random.below(500'000);
    unsigned refused = 0;
    for (unsigned i = 0; i < 300; ++i) {
      refused += disk.write(**image, random, 20) ? 0 : 1;
      if (random.percent(20) && (*image)->flush()) disk.flushed();
    }
    CHECK(refused > 0);
    REQUIRE(disk.judge(**image) == "");
    const std::vector<std::byte> left = content->after_power_failure(random, Tearing::Bytes);
    image->reset();
    content->set(left);
    image = open_overlay(content, HostFile::Access::ReadWrite);
    REQUIRE(image);
    REQUIRE(disk.judge(**image) == "");
    // With room again it works on.
    content->room = ~u64{0};
    REQUIRE(disk.write(**image, random, 20));
    REQUIRE((*image)->close());
    REQUIRE(damaged_blocks(**image) == 0);
  }
}

TEST_CASE("a flush that fails is not taken back by the next") {
  const auto content = std::make_shared<RecordedContent>();
  overlay::Header header;
  header.sectors = kSectors;
  auto image = OverlayImage::create(file_of(content), nullptr, header);
  REQUIRE(image);
  SeededRandom random(kSeed, 0);
  NumberedDisk disk(kSectors);
  REQUIRE(disk.write(**image, random, 20));
  content->flush_fails = true;
  CHECK_FALSE((*image)->flush());
  const std::vector<std::byte> left = content->after_power_failure(random, Tearing::Bytes);
  image->reset();
  content->flush_fails = false;
  content->set(left);
  auto again = open_overlay(content, HostFile::Access::ReadOnly);
  REQUIRE(again);
  CHECK(disk.judge(**again) == "");
}

}  // namespace ringdown
