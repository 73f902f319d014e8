// Disk images packed with gzip, read at any sector without unpacking them to a file.
#pragma once

#include <memory>
#include <vector>

#include "core/block_file.h"
#include "core/disk_image.h"
#include "frontend/images/gzip_stream.h"
#include "frontend/images/image_progress.h"

namespace ringdown {

/// Opening unpacks all of it once, which checks it and finds the points from which any sector is not far.
/// Takes at most 50 MiB of memory, however large the image is.
class GzipImage final : public DiskImage {
 public:
  static Result<std::unique_ptr<DiskImage>> open(std::unique_ptr<BlockFile> file,
                                                 const ImageProgress& progress);

  u64 sectors() const override { return bytes_ / kSectorSize; }
  bool read_only() const override { return true; }
  Result<void> read(u64 first_sector, std::span<std::byte> data) override;
  Result<void> write(u64 first_sector, std::span<const std::byte> data) override;
  Result<void> flush() override { return {}; }

 private:
  static constexpr std::size_t kChunk = 128 * 1024;
  struct Chunk {
    u64 number = 0;
    u64 used = 0;  // when it was last asked for
    std::vector<std::byte> data;
  };

  explicit GzipImage(std::unique_ptr<BlockFile> file);
  Result<void> build_index(const ImageProgress& progress);
  void add_point();
  Result<const Chunk*> chunk(u64 number);
  Result<void> move_to(u64 number);
  Chunk& oldest();

  std::unique_ptr<BlockFile> file_;
  GzipStream stream_;
  bool stream_failed_ = false;
  std::vector<GzipPoint> points_;
  u64 spacing_;
  u64 bytes_ = 0;
  std::vector<Chunk> chunks_;
  u64 now_ = 0;
};

}  // namespace ringdown
