// The partitions of a disk, by its master boot record.
#pragma once

#include <string>
#include <vector>

#include "core/disk_image.h"

namespace ringdown {

struct Partition {
  unsigned number = 0;  // 1 to 4
  u8 type = 0;
  bool active = false;
  u64 first_sector = 0;
  u64 sectors = 0;
};

/// The primary partitions; none if there is no such table.
std::vector<Partition> partitions_of(DiskImage& image);
/// "FAT16", "Linux", ...; "type 42h" where there is no common name.
std::string partition_type_name(u8 type);

}  // namespace ringdown
