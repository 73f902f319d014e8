// A folder of image files for a test.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/disk_image.h"
#include "core/seeded_random.h"
#include "tests/support/host_temporary.h"

namespace ringdown::test {

/// Goes away with the test.
class ImageFolder {
 public:
  ImageFolder() { std::filesystem::create_directories(path_); }
  ~ImageFolder() { std::filesystem::remove_all(path_); }
  ImageFolder(const ImageFolder&) = delete;
  ImageFolder& operator=(const ImageFolder&) = delete;

  std::string name(const std::string& file) const { return (path_ / file).string(); }
  std::string write(const std::string& file, const std::vector<std::byte>& content) const {
    std::ofstream stream(path_ / file, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    return name(file);
  }
  std::vector<std::byte> read(const std::string& file) const {
    std::vector<std::byte> content(std::filesystem::file_size(path_ / file));
    std::ifstream(path_ / file, std::ios::binary)
        .read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
    return content;
  }

 private:
  std::filesystem::path path_ = temporary_path("ringdown-images");
};

/// Bytes that pack a little, as those of disks do.
inline std::vector<std::byte> disk_content(std::size_t sectors, u64 seed) {
  SeededRandom random(seed, 0);
  std::vector<std::byte> content(sectors * kSectorSize);
  for (std::size_t at = 0; at < content.size(); ++at) {
    // Stretches of noise, text and zeros.
    const std::size_t kind = at / 20000 % 3;
    if (kind == 0) content[at] = static_cast<std::byte>(random.bits());
    if (kind == 1) content[at] = static_cast<std::byte>('a' + random.below(4));
  }
  return content;
}

inline std::vector<std::byte> read_all(DiskImage& image) {
  std::vector<std::byte> content(static_cast<std::size_t>(image.sectors()) * kSectorSize);
  if (!image.read(0, content)) content.clear();
  return content;
}

}  // namespace ringdown::test
