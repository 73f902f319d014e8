// What an overlay reads without waiting for the host's disk or a server.
#include <catch2/catch.hpp>

#include "frontend/images/overlay_image.h"
#include "tests/support/late_image.h"
#include "tests/support/recording_file.h"

namespace ringdown {
namespace {

using namespace test;

constexpr u64 kSectors = 3 * overlay::kSectorsPerBlock;

/// An overlay whose block 1 is changed; the others are in the base, if there is one.
struct Rig {
  explicit Rig(std::unique_ptr<DiskImage> base) {
    overlay::Header header;
    header.sectors = kSectors;
    auto made = OverlayImage::create(std::make_unique<RecordingFile>(content), std::move(base), header);
    REQUIRE(made);
    image = std::move(*made);
    const std::vector<std::byte> block(overlay::kBlockSize, std::byte{'b'});
    REQUIRE(image->write(overlay::kSectorsPerBlock, block));
  }

  bool read_at_once(u64 first_sector, u64 count) {
    std::vector<std::byte> at_once(count * kSectorSize);
    std::vector<std::byte> waited(count * kSectorSize);
    if (!image->read_at_once(first_sector, at_once)) return false;
    REQUIRE(image->read(first_sector, waited));
    CHECK(at_once == waited);
    return true;
  }

  std::shared_ptr<RecordedContent> content = std::make_shared<RecordedContent>();
  std::unique_ptr<OverlayImage> image;
};

}  // namespace

TEST_CASE("an overlay reads at once what is in memory in both of its files") {
  auto base = std::make_unique<LateImage>(kSectors);
  LateImage& below = *base;
  REQUIRE(below.write(0, std::vector<std::byte>(kSectors * kSectorSize, std::byte{'a'})));
  Rig rig(std::move(base));
  CHECK_FALSE(rig.read_at_once(0, kSectors));
  rig.content->in_memory = true;
  CHECK_FALSE(rig.read_at_once(0, kSectors));
  CHECK(rig.read_at_once(9, 3));
  below.at_hand = true;
  CHECK(rig.read_at_once(0, kSectors));
  CHECK(rig.read_at_once(7, 10));
  rig.content->in_memory = false;
  CHECK_FALSE(rig.read_at_once(7, 10));
  CHECK(rig.read_at_once(16, 8));
}

TEST_CASE("without a base, zeros are at hand") {
  Rig rig(nullptr);
  CHECK(rig.read_at_once(0, 8));
  CHECK_FALSE(rig.read_at_once(0, 9));
}

TEST_CASE("what is read at once is verified before it counts") {
  Rig rig(nullptr);
  REQUIRE(rig.image->close());
  rig.content->in_memory = true;
  const auto reopen = [&rig] {
    const auto header = OverlayImage::read_header(*std::make_unique<RecordingFile>(rig.content));
    REQUIRE(header);
    auto opened = OverlayImage::open(std::make_unique<RecordingFile>(rig.content), *header, nullptr,
                                     HostFile::Access::ReadOnly);
    REQUIRE(opened);
    rig.image = std::move(*opened);
  };
  reopen();
  CHECK(rig.read_at_once(9, 3));
  std::vector<std::byte>& bytes = rig.content->bytes();
  const auto data = std::search_n(bytes.begin(), bytes.end(), overlay::kBlockSize, std::byte{'b'});
  REQUIRE(data != bytes.end());
  *data = std::byte{'c'};
  reopen();
  CHECK_FALSE(rig.read_at_once(9, 3));
  std::vector<std::byte> sector(kSectorSize);
  CHECK_FALSE(rig.image->read(9, sector));
}

}  // namespace ringdown
