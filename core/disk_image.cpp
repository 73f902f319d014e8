// Raw disk images.
#include "core/disk_image.h"

#include <fmt/core.h>

namespace ringdown {

Result<std::unique_ptr<DiskImage>> RawDiskImage::open(const std::string& path, HostFile::Access access) {
  Result<HostFile> file = HostFile::open(path, access);
  if (!file) return file.error();
  if (file->size() == 0 || file->size() % kSectorSize != 0) {
    return Error{fmt::format("{}: {} bytes are no whole number of {}-byte sectors: use a raw disk image",
                             path, file->size(), kSectorSize)};
  }
  return std::unique_ptr<DiskImage>(new RawDiskImage(std::move(*file), access));
}

Result<void> RawDiskImage::read(u64 first_sector, std::span<std::byte> data) {
  return file_.read(first_sector * kSectorSize, data);
}

Result<void> RawDiskImage::write(u64 first_sector, std::span<const std::byte> data) {
  if (read_only()) return Error{fmt::format("{}: attached read-only", file_.path())};
  return file_.write(first_sector * kSectorSize, data);
}

}  // namespace ringdown
