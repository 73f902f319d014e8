// Images packed with gzip: any sector of any file, members, damage.
#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "frontend/images/open_image.h"
#include "tests/unit/images/image_folder.h"

namespace ringdown {
namespace {

using namespace test;

std::vector<std::byte> packed(std::span<const std::byte> content, int level = 6) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::vector<std::byte> out(deflateBound(&stream, content.size()));
  std::vector<std::byte> in(content.begin(), content.end());
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

void check_everywhere(DiskImage& image, const std::vector<std::byte>& content) {
  REQUIRE(image.sectors() == content.size() / kSectorSize);
  REQUIRE(read_all(image) == content);
  SeededRandom random(5, 5);
  for (unsigned i = 0; i < 60; ++i) {
    const u32 count = 1 + random.below(600);
    const u32 first = random.below(static_cast<u32>(image.sectors()) - count);
    std::vector<std::byte> data(count * std::size_t{kSectorSize});
    REQUIRE(image.read(first, data));
    REQUIRE(std::memcmp(data.data(), content.data() + first * std::size_t{kSectorSize}, data.size()) == 0);
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a packed image is read at any sector") {
  ImageFolder folder;
  const std::vector<std::byte> content = disk_content(60'000, 1);
  for (const int level : {0, 1, 9}) {
    INFO("level " << level);
    auto image = open_image(folder.write("disk.anything", packed(content, level)), {});
    REQUIRE(image);
    CHECK(image->kind == ImageKind::Gzip);
    CHECK(image->image->read_only());
    check_everywhere(*image->image, content);
  }
}

TEST_CASE("members of a packed image follow each other, and zeros behind them are nothing") {
  ImageFolder folder;
  const std::vector<std::byte> content = disk_content(30'000, 2);
  std::vector<std::byte> file;
  const std::span<const std::byte> all(content);
  for (const auto& [from, to] :
       {std::pair{0, 1000}, {1000, 1000}, {1000, 9'000'001}, {9'000'001, 15'360'000}}) {
    const std::vector<std::byte> member = packed(all.subspan(from, to - from));
    file.insert(file.end(), member.begin(), member.end());
  }
  const std::size_t size = file.size();
  file.resize(size + 100'000);
  auto image = open_image(folder.write("disk.gz", file), {});
  REQUIRE(image);
  check_everywhere(*image->image, content);
  file[size + 50'000] = std::byte{'x'};
  CHECK(contains(open_image(folder.write("disk.gz", file), {}).error().message, "a damaged gzip file"));
}

TEST_CASE("a damaged packed image is refused") {
  ImageFolder folder;
  const std::vector<std::byte> content = disk_content(3'000, 3);
  const std::vector<std::byte> file = packed(content);
  SeededRandom random(1, 2);
  for (unsigned i = 0; i < 100; ++i) {
    std::vector<std::byte> damaged = file;
    // The name and time in the header are nobody's concern.
    constexpr u32 kHeader = 10;
    if (random.percent(50)) {
      damaged[kHeader + random.below(static_cast<u32>(damaged.size()) - kHeader)] ^= std::byte{1}
                                                                                     << random.below(8);
    } else {
      damaged.resize(kHeader + random.below(static_cast<u32>(damaged.size()) - kHeader));
    }
    const auto image = open_image(folder.write("disk.gz", damaged), {});
    REQUIRE_FALSE(image);
    REQUIRE(contains(image.error().message, "disk.gz: a damaged gzip file"));
  }
}

TEST_CASE("a packed image that is damaged while in use gives errors") {
  ImageFolder folder;
  const std::vector<std::byte> content = disk_content(60'000, 4);
  std::vector<std::byte> file = packed(content);
  const std::string path = folder.write("disk.gz", file);
  auto image = open_image(path, {});
  REQUIRE(image);
  std::filesystem::resize_file(path, file.size() / 2);
  std::vector<std::byte> sector(kSectorSize);
  CHECK_FALSE(image->image->read(59'000, sector));
  CHECK(image->image->read(3, sector));
  CHECK(std::memcmp(sector.data(), content.data() + 3 * kSectorSize, kSectorSize) == 0);
}

TEST_CASE("what is packed must be a disk, and is not written to") {
  ImageFolder folder;
  CHECK(contains(open_image(folder.write("odd.gz", packed(std::vector<std::byte>(1000))), {}).error().message,
                 "1000 bytes"));
  ImageOptions writing;
  writing.access = HostFile::Access::ReadWrite;
  const std::string path = folder.write("disk.gz", packed(disk_content(100, 1)));
  CHECK(contains(open_image(path, writing).error().message, "--snapshot"));
  // An overlay takes the changes.
  auto overlay = create_overlay(folder.name("o.rdo"), path, {});
  REQUIRE(overlay);
  const std::vector<std::byte> sector(kSectorSize, std::byte{'z'});
  REQUIRE(overlay->image->write(50, sector));
  std::vector<std::byte> wanted = disk_content(100, 1);
  std::copy(sector.begin(), sector.end(), wanted.begin() + 50 * kSectorSize);
  CHECK(read_all(*overlay->image) == wanted);
}

}  // namespace ringdown
