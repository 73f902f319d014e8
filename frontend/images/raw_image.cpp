// Raw disk images.
#include "frontend/images/raw_image.h"

#include <fmt/core.h>

#include "frontend/images/gzip_stream.h"
#include "frontend/images/overlay_format.h"

namespace ringdown {

Result<std::unique_ptr<DiskImage>> RawImage::open(std::unique_ptr<BlockFile> file, HostFile::Access access,
                                                  Content content) {
  if (file->size() == 0 || file->size() % kSectorSize != 0) {
    return Error{fmt::format("{}: {} bytes are no whole number of {}-byte sectors: use a raw disk image",
                             file->path(), file->size(), kSectorSize)};
  }
  return std::unique_ptr<DiskImage>(new RawImage(std::move(file), access, content));
}

RawImage::RawImage(std::unique_ptr<BlockFile> file, HostFile::Access access, Content content)
    : file_(std::move(file)), sectors_(file_->size() / kSectorSize), access_(access), content_(content) {}

Result<void> RawImage::read(u64 first_sector, std::span<std::byte> data) {
  return file_->read(first_sector * kSectorSize, data);
}

Result<void> RawImage::write(u64 first_sector, std::span<const std::byte> data) {
  if (read_only()) return Error{fmt::format("{}: attached read-only", file_->path())};
  if (first_sector > sectors_ || data.size() / kSectorSize > sectors_ - first_sector)
    return Error{fmt::format("{}: write past its end", file_->path())};
  if (first_sector == 0 && content_ == Content::StaysRaw && (overlay::is_overlay(data) || is_gzip(data))) {
    return Error{fmt::format("{}: the guest may not make it look like another format: add ',format=raw'",
                             file_->path())};
  }
  return file_->write(first_sector * kSectorSize, data);
}

}  // namespace ringdown
