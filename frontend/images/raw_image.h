// Raw disk images: a file that holds the sectors one after another.
#pragma once

#include <memory>

#include "core/block_file.h"
#include "core/disk_image.h"
#include "core/host_file.h"

namespace ringdown {

class RawImage final : public DiskImage {
 public:
  /// What the guest may write. The format of a file is told by its first bytes: were the guest free to write
  /// those of an overlay there, it could name any file of the host as its base, and read that after a
  /// restart.
  enum class Content : u8 { StaysRaw, Any };

  /// The file's size must be a multiple of 512 bytes and not zero.
  static Result<std::unique_ptr<DiskImage>> open(std::unique_ptr<BlockFile> file, HostFile::Access access,
                                                 Content content = Content::StaysRaw);

  u64 sectors() const override { return sectors_; }
  bool read_only() const override { return access_ == HostFile::Access::ReadOnly; }
  Result<void> read(u64 first_sector, std::span<std::byte> data) override;
  Result<void> write(u64 first_sector, std::span<const std::byte> data) override;
  Result<void> flush() override { return file_->flush(); }
  bool read_at_once(u64 first_sector, std::span<std::byte> data) override {
    return file_->read_cached(first_sector * kSectorSize, data);
  }

 private:
  RawImage(std::unique_ptr<BlockFile> file, HostFile::Access access, Content content);

  std::unique_ptr<BlockFile> file_;
  u64 sectors_;  // what the drive has told the guest; the file may have become shorter
  HostFile::Access access_;
  Content content_;
};

}  // namespace ringdown
