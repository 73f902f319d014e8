// Raw images through host files: contents, order, and one clear line for every mistake.
#include "frontend/images/raw_image.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace ringdown {
namespace {

namespace fs = std::filesystem;

/// A folder that goes away with the test.
struct Folder {
  fs::path path =
      fs::temp_directory_path() / ("ringdown-image-" + std::to_string(std::hash<const void*>{}(this)));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string file(const char* name, std::size_t size) const {
    std::ofstream(path / name, std::ios::binary) << std::string(size, 'x');
    return (path / name).string();
  }
};

Result<std::unique_ptr<DiskImage>> open_raw(const std::string& path, HostFile::Access access) {
  Result<HostFile> file = HostFile::open(path, access);
  if (!file) return file.error();
  return RawImage::open(std::make_unique<HostFile>(std::move(*file)), access);
}

std::string error_of(const std::string& path, HostFile::Access access) {
  const auto image = open_raw(path, access);
  REQUIRE_FALSE(image);
  return image.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a raw image reads and writes whole sectors in place") {
  Folder folder;
  const std::string path = folder.file("disk.img", 4 * kSectorSize);
  {
    auto image = open_raw(path, HostFile::Access::ReadWrite);
    REQUIRE(image);
    CHECK((*image)->sectors() == 4);
    CHECK_FALSE((*image)->read_only());
    const std::vector<std::byte> sector(kSectorSize, std::byte{'y'});
    REQUIRE((*image)->write(2, sector));
    CHECK((*image)->flush());
    CHECK_FALSE((*image)->write(4, sector));
    std::vector<std::byte> two(2 * kSectorSize);
    REQUIRE((*image)->read(1, two));
    CHECK(two.front() == std::byte{'x'});
    CHECK(two.back() == std::byte{'y'});
    CHECK_FALSE((*image)->read(3, two));
  }
  CHECK(fs::file_size(path) == 4 * kSectorSize);
  std::ifstream file(path, std::ios::binary);
  file.seekg(2 * kSectorSize);
  CHECK(file.get() == 'y');
}

TEST_CASE("image mistakes name the file and the remedy") {
  Folder folder;
  const std::string missing = (folder.path / "missing.img").string();
  CHECK(error_of(missing, HostFile::Access::ReadWrite) == missing + ": no such file: check the name");
  CHECK_FALSE(fs::exists(missing));

  const std::string odd = folder.file("odd.img", 1000);
  CHECK(contains(error_of(odd, HostFile::Access::ReadOnly), odd + ": 1000 bytes"));
  CHECK(fs::file_size(odd) == 1000);
  CHECK(contains(error_of(folder.file("empty.img", 0), HostFile::Access::ReadOnly), "0 bytes"));
  CHECK(contains(error_of(folder.path.string(), HostFile::Access::ReadOnly), "name a disk image"));
  CHECK(contains(error_of(folder.path.string(), HostFile::Access::ReadWrite), "name a disk image"));
}

TEST_CASE("a read-only image refuses writes, and a written one a second user") {
  Folder folder;
  const std::string path = folder.file("disk.img", kSectorSize);
  const std::vector<std::byte> sector(kSectorSize);
  {
    auto first = open_raw(path, HostFile::Access::ReadOnly);
    auto second = open_raw(path, HostFile::Access::ReadOnly);
    REQUIRE(first);
    REQUIRE(second);
    CHECK((*first)->read_only());
    CHECK(contains((*first)->write(0, sector).error().message, "read-only"));
    CHECK(contains(error_of(path, HostFile::Access::ReadWrite), "in use"));
  }
  auto writer = open_raw(path, HostFile::Access::ReadWrite);
  REQUIRE(writer);
  CHECK(contains(error_of(path, HostFile::Access::ReadOnly), "in use"));
}

TEST_CASE("an image that shrinks while in use gives errors, and what is left") {
  Folder folder;
  const std::string path = folder.file("disk.img", 8 * kSectorSize);
  auto image = open_raw(path, HostFile::Access::ReadWrite);
  REQUIRE(image);
  fs::resize_file(path, 2 * kSectorSize + 100);
  std::vector<std::byte> sector(kSectorSize);
  CHECK((*image)->sectors() == 8);
  CHECK((*image)->read(1, sector));
  CHECK(contains((*image)->read(2, sector).error().message, "shorter than it was"));
  CHECK(contains((*image)->read(7, sector).error().message, "shorter than it was"));
}

TEST_CASE("a guest cannot make its raw disk look like another format") {
  Folder folder;
  const std::string path = folder.file("disk.img", 8 * kSectorSize);
  auto image = open_raw(path, HostFile::Access::ReadWrite);
  REQUIRE(image);
  std::vector<std::byte> sector(kSectorSize);
  const std::string_view magic = "RDOVRLY1";
  std::memcpy(sector.data(), magic.data(), magic.size());
  CHECK(contains((*image)->write(0, sector).error().message, "format=raw"));
  CHECK((*image)->write(1, sector));
  CHECK((*image)->read(0, sector));
  CHECK(sector[0] == std::byte{'x'});
}

}  // namespace ringdown
