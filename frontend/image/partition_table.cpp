// The layout is that of PC DOS 3.3 and of UEFI 2.10, section 5.2.
#include "frontend/image/partition_table.h"

#include <fmt/core.h>

#include <array>
#include <utility>

namespace ringdown {

std::vector<Partition> partitions_of(DiskImage& image) {
  constexpr std::size_t kTable = 446;
  constexpr std::size_t kEntry = 16;
  std::array<std::byte, kSectorSize> sector{};
  std::vector<Partition> partitions;
  if (!image.read(0, sector) || sector[510] != std::byte{0x55} || sector[511] != std::byte{0xaa})
    return partitions;
  for (unsigned i = 0; i < 4; ++i) {
    const std::size_t at = kTable + i * kEntry;
    const auto byte = [&](std::size_t offset) { return std::to_integer<u8>(sector[at + offset]); };
    const auto word = [&](std::size_t offset) {
      return u64{byte(offset)} | u64{byte(offset + 1)} << 8 | u64{byte(offset + 2)} << 16 |
             u64{byte(offset + 3)} << 24;
    };
    // A boot sector of a floppy disk or file system has code there.
    if (byte(0) != 0 && byte(0) != 0x80) return {};
    if (byte(4) != 0) partitions.push_back({i + 1, byte(4), byte(0) == 0x80, word(8), word(12)});
  }
  return partitions;
}

std::string partition_type_name(u8 type) {
  constexpr std::array<std::pair<u8, const char*>, 14> kNames{{{0x01, "FAT12"},
                                                               {0x04, "FAT16"},
                                                               {0x05, "extended"},
                                                               {0x06, "FAT16"},
                                                               {0x07, "NTFS or HPFS"},
                                                               {0x0b, "FAT32"},
                                                               {0x0c, "FAT32"},
                                                               {0x0e, "FAT16"},
                                                               {0x0f, "extended"},
                                                               {0x82, "Linux swap"},
                                                               {0x83, "Linux"},
                                                               {0xa5, "FreeBSD"},
                                                               {0xa6, "OpenBSD"},
                                                               {0xee, "GPT"}}};
  for (const auto& [number, name] : kNames) {
    if (number == type) return name;
  }
  return fmt::format("type {:02x}h", type);
}

}  // namespace ringdown
