// A disk that a guest partitions, seen from outside.
#pragma once

#include <fmt/core.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/disk_image.h"
#include "core/types.h"
#include "tests/support/host_temporary.h"

namespace ringdown::test {

/// An entry of an MBR's table that is in use.
struct Partition {
  bool active = false;
  u8 type = 0;
  u32 first = 0;
  u32 sectors = 0;
};

/// An image of zeros that is removed again.
class EmptyDisk {
 public:
  EmptyDisk(const std::string& stem, u64 sectors) : path_(temporary_path(stem)) {
    std::ofstream(path_, std::ios::binary).close();
    std::filesystem::resize_file(path_, sectors * kSectorSize);
  }
  ~EmptyDisk() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  EmptyDisk(const EmptyDisk&) = delete;
  EmptyDisk& operator=(const EmptyDisk&) = delete;

  std::string path() const { return path_.string(); }

  std::string text(u64 sector, u64 offset, std::size_t size) const {
    std::string bytes(size, '\0');
    std::ifstream file(path_, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(sector * kSectorSize + offset));
    file.read(bytes.data(), static_cast<std::streamsize>(size));
    return bytes;
  }
  /// None without the signature of an MBR.
  std::vector<Partition> partitions() const {
    constexpr std::size_t kTable = 446, kEntry = 16, kEntries = 4;
    const std::string sector = text(0, 0, kSectorSize);
    if (!sector.ends_with("\x55\xaa")) return {};
    std::vector<Partition> all;
    for (std::size_t at = kTable; at < kTable + kEntries * kEntry; at += kEntry) {
      Partition partition;
      partition.active = static_cast<u8>(sector[at]) == 0x80;
      partition.type = static_cast<u8>(sector[at + 4]);
      std::memcpy(&partition.first, &sector[at + 8], sizeof(u32));
      std::memcpy(&partition.sectors, &sector[at + 12], sizeof(u32));
      if (partition.type != 0) all.push_back(partition);
    }
    return all;
  }
  /// The status of e2fsck, which changes nothing, for the file system that begins at `sector`.
  int check_file_system(u64 sector) const {
    return std::system(
        fmt::format("/sbin/e2fsck -fn '{}?offset={}' >&2", path_.string(), sector * kSectorSize).c_str());
  }

 private:
  std::filesystem::path path_;
};

}  // namespace ringdown::test
