// Overlays in files: chains, bases that change, damage, files and what may not be written.
#include <catch2/catch.hpp>
#include <cstring>

#include "frontend/images/open_image.h"
#include "tests/unit/images/image_folder.h"

namespace ringdown {
namespace {

using namespace test;

constexpr HostFile::Access kReadOnly = HostFile::Access::ReadOnly;
constexpr HostFile::Access kReadWrite = HostFile::Access::ReadWrite;

ImageOptions with(HostFile::Access access) {
  ImageOptions options;
  options.access = access;
  return options;
}

std::string error_of(const std::string& path, HostFile::Access access = kReadOnly) {
  const Result<OpenedImage> image = open_image(path, with(access));
  REQUIRE_FALSE(image);
  return image.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Writes at random into an image and the content that it should have.
void change(DiskImage& image, std::vector<std::byte>& content, u64 seed) {
  SeededRandom random(seed, 1);
  for (unsigned i = 0; i < 200; ++i) {
    const u32 count = 1 + random.below(30);
    const u32 first = random.below(static_cast<u32>(image.sectors()) - count);
    const auto part =
        std::span(content).subspan(first * std::size_t{kSectorSize}, count * std::size_t{kSectorSize});
    for (std::byte& byte : part) byte = static_cast<std::byte>(random.bits());
    REQUIRE(image.write(first, part));
    if (random.percent(5)) REQUIRE(image.flush());
    if (random.percent(20)) {
      std::vector<std::byte> read(part.size());
      REQUIRE(image.read(first, read));
      REQUIRE(std::equal(read.begin(), read.end(), part.begin()));
    }
  }
}

/// A new overlay without a base; returns what is on its disk.
std::vector<std::byte> make_overlay(const std::string& path) {
  std::vector<std::byte> content(800 * kSectorSize);
  auto overlay = create_overlay(path, 800);
  REQUIRE(overlay);
  change(*overlay->image, content, 1);
  return content;
}

}  // namespace

TEST_CASE("an overlay keeps what is written, and its base what it was") {
  ImageFolder folder;
  const std::vector<std::byte> original = disk_content(1003, 1);
  const std::string base = folder.write("base.img", original);
  std::vector<std::byte> content = original;
  {
    auto overlay = create_overlay(folder.name("o.rdo"), base, {});
    REQUIRE(overlay);
    change(*overlay->image, content, 2);
    CHECK(read_all(*overlay->image) == content);
  }
  for (u64 seed = 3; seed < 6; ++seed) {
    auto overlay = open_image(folder.name("o.rdo"), with(kReadWrite));
    REQUIRE(overlay);
    CHECK(overlay->kind == ImageKind::Overlay);
    CHECK_FALSE(overlay->overlay->left_open());
    REQUIRE(read_all(*overlay->image) == content);
    change(*overlay->image, content, seed);
    REQUIRE(read_all(*overlay->image) == content);
  }
  CHECK(folder.read("base.img") == original);
}

TEST_CASE("overlays lie on each other") {
  ImageFolder folder;
  std::vector<std::byte> content = disk_content(500, 1);
  std::string below = folder.write("base.img", content);
  for (unsigned i = 0; i < 4; ++i) {
    const std::string path = folder.name("o" + std::to_string(i) + ".rdo");
    auto overlay = create_overlay(path, below, {});
    REQUIRE(overlay);
    change(*overlay->image, content, i);
    below = path;
  }
  auto top = open_image(below, with(kReadWrite));
  REQUIRE(top);
  CHECK(read_all(*top->image) == content);
  // One in the middle is in use, and must not change under the others.
  CHECK(contains(error_of(folder.name("o1.rdo"), kReadWrite), "in use"));
  top->image.reset();
  {
    auto middle = open_image(folder.name("o1.rdo"), with(kReadWrite));
    REQUIRE(middle);
    std::vector<std::byte> sector(kSectorSize, std::byte{'z'});
    REQUIRE(middle->image->write(77, sector));
  }
  CHECK(contains(error_of(below), "not what it was"));
  CHECK(contains(error_of(below), "o1.rdo"));
}

TEST_CASE("a base that has changed is refused") {
  ImageFolder folder;
  const std::vector<std::byte> content = disk_content(500, 1);
  const std::string base = folder.write("base.img", content);
  const std::string path = folder.name("o.rdo");
  REQUIRE(create_overlay(path, base, {}));
  REQUIRE(open_image(path, with(kReadOnly)));

  std::vector<std::byte> other = content;
  other[100] = ~other[100];
  folder.write("base.img", other);
  CHECK(contains(error_of(path), "base.img is not what it was: other content"));
  other.resize(400 * kSectorSize);
  folder.write("base.img", other);
  CHECK(contains(error_of(path), "base.img has another size"));
  folder.write("base.img", content);
  CHECK(contains(error_of(path), "--repair"));
  std::filesystem::remove(base);
  CHECK(contains(error_of(path), "no such file"));
}

TEST_CASE("damaged data is an error and never read") {
  ImageFolder folder;
  const std::string path = folder.name("o.rdo");
  const std::vector<std::byte> content = make_overlay(path);
  const std::vector<std::byte> file = folder.read("o.rdo");
  SeededRandom random(1, 1);
  unsigned refused = 0;
  for (unsigned i = 0; i < 300; ++i) {
    std::vector<std::byte> damaged = file;
    // Two bits, or the end is missing.
    if (random.percent(80)) {
      for (unsigned flip = 0; flip < 2; ++flip)
        damaged[random.below(static_cast<u32>(damaged.size()))] ^= std::byte{1} << random.below(8);
    } else {
      damaged.resize(random.below(static_cast<u32>(damaged.size())));
    }
    folder.write("o.rdo", damaged);
    auto image = open_image(path, with(kReadOnly));
    // Cut off before its first bytes, it is a raw image or none.
    if (!image || image->kind != ImageKind::Overlay) {
      ++refused;
      continue;
    }
    std::vector<std::byte> sector(kSectorSize);
    for (u64 at = 0; at < 800; ++at) {
      if (image->image->read(at, sector))
        REQUIRE(std::memcmp(sector.data(), content.data() + at * kSectorSize, kSectorSize) == 0);
    }
  }
  CHECK(refused > 10);
}

TEST_CASE("one whole copy of the header is enough") {
  ImageFolder folder;
  const std::string path = folder.name("o.rdo");
  const std::vector<std::byte> content = make_overlay(path);
  const std::vector<std::byte> file = folder.read("o.rdo");
  for (const std::size_t copy : {0, 1}) {
    std::vector<std::byte> damaged = file;
    damaged[copy * overlay::kBlockSize + 50] ^= std::byte{1};
    folder.write("o.rdo", damaged);
    auto image = open_image(path, with(kReadOnly));
    REQUIRE(image);
    CHECK(read_all(*image->image) == content);
  }
}

TEST_CASE("a temporary overlay takes changes and leaves nothing behind") {
  ImageFolder folder;
  const std::vector<std::byte> original = disk_content(1003, 1);
  const std::string base = folder.write("base.img", original);
  auto below = open_image(base, with(kReadOnly));
  REQUIRE(below);
  auto image = temporary_overlay(std::move(below->image));
  REQUIRE(image);
  std::vector<std::byte> content = original;
  change(**image, content, 2);
  CHECK(read_all(**image) == content);
  image->reset();
  CHECK(folder.read("base.img") == original);
}

TEST_CASE("other formats are named, unless the content is said to be raw") {
  ImageFolder folder;
  std::vector<std::byte> content(100 * kSectorSize);
  std::memcpy(content.data(), "QFI\xfb", 4);
  const std::string path = folder.write("disk.qcow2", content);
  CHECK(contains(error_of(path), "a qcow2 image"));
  ImageOptions raw;
  raw.raw = true;
  CHECK(open_image(path, raw));
  content[0] = {};
  std::memcpy(content.data() + content.size() - 512, "conectix", 8);
  CHECK(contains(error_of(folder.write("disk.vhd", content)), "a VHD image"));
}

TEST_CASE("names that are taken, and overlays in use") {
  ImageFolder folder;
  const std::string base = folder.write("base.img", disk_content(100, 1));
  CHECK(contains(create_overlay(base, base, {}).error().message, "there is a file of that name"));
  auto overlay = create_overlay(folder.name("o.rdo"), base, {});
  REQUIRE(overlay);
  CHECK(contains(error_of(folder.name("o.rdo"), kReadWrite), "in use"));
  CHECK(contains(error_of(base, kReadWrite), "in use"));
  CHECK(contains(create_overlay(folder.name("no/o.rdo"), base, {}).error().message, "No such file"));
}

}  // namespace ringdown
