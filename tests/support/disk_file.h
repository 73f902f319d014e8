// Disk images of tests, as files that are removed again, and what guests say of their content.
#pragma once

#include <fmt/core.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "core/types.h"
#include "tests/support/host_temporary.h"

namespace ringdown::test {

class DiskFile {
 public:
  /// One process uses a stem once at a time.
  DiskFile(const std::string& stem, std::string_view content) : path_(temporary_path(stem)) {
    std::ofstream(path_, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
  }
  ~DiskFile() { std::filesystem::remove(path_); }
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  std::string path() const { return path_.string(); }
  std::string content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  std::filesystem::path path_;
};

/// `size` is a multiple of four.
inline std::string random_content(std::size_t size, u32 seed) {
  std::mt19937 random(seed);
  std::string content;
  content.reserve(size);
  while (content.size() < size) {
    const u32 word = random();
    for (unsigned shift = 0; shift < 32; shift += 8) content.push_back(static_cast<char>(word >> shift));
  }
  return content;
}

/// The checksum as busybox's crc32 prints it.
inline std::string crc_of(std::string_view text) {
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
  return fmt::format("{:08x}", crc);
}

/// `text` over and over, cut to `size`.
inline std::string repeated(std::string_view text, std::size_t size) {
  std::string result;
  while (result.size() < size) result += text;
  result.resize(size);
  return result;
}

}  // namespace ringdown::test
