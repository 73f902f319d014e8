// An index of points to begin at, and the chunks that were unpacked last.
#include "frontend/images/gzip_image.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace ringdown {

namespace {

/// Points of 32 KiB each; when there are more, every other one goes.
constexpr std::size_t kMostPoints = 1024;
constexpr u64 kFirstSpacing = u64{1} << 20;
constexpr std::size_t kChunks = 128;

}  // namespace

GzipImage::GzipImage(std::unique_ptr<BlockFile> file)
    : file_(std::move(file)), stream_(*file_), spacing_(kFirstSpacing) {
  chunks_.reserve(kChunks);
}

Result<std::unique_ptr<DiskImage>> GzipImage::open(std::unique_ptr<BlockFile> file,
                                                   const ImageProgress& progress) {
  std::unique_ptr<GzipImage> image(new GzipImage(std::move(file)));
  if (const Result<void> built = image->build_index(progress); !built) return built.error();
  if (image->bytes_ == 0 || image->bytes_ % kSectorSize != 0) {
    return Error{
        fmt::format("{}: unpacks to {} bytes, no whole number of {}-byte sectors: use a raw disk image",
                    image->file_->path(), image->bytes_, kSectorSize)};
  }
  return std::unique_ptr<DiskImage>(std::move(image));
}

void GzipImage::add_point() {
  if (points_.back().unpacked + spacing_ > stream_.unpacked()) return;
  std::optional<GzipPoint> point = stream_.point();
  if (!point) return;
  points_.push_back(std::move(*point));
  if (points_.size() < kMostPoints) return;
  for (std::size_t i = 0; 2 * i < points_.size(); ++i) std::swap(points_[i], points_[2 * i]);
  points_.resize((points_.size() + 1) / 2);
  spacing_ *= 2;
}

Result<void> GzipImage::build_index(const ImageProgress& progress) {
  points_.emplace_back();
  std::vector<std::byte> scratch(kChunk);
  u64 shown = 0;
  while (!stream_.ended()) {
    const Result<std::size_t> count = stream_.read_to_point(scratch);
    if (!count) return count.error();
    add_point();
    constexpr u64 kShowEvery = u64{1} << 20;
    if (progress && stream_.packed() - shown > kShowEvery) {
      shown = stream_.packed();
      if (!progress(shown, file_->size())) return Error{fmt::format("{}: interrupted", file_->path())};
    }
  }
  bytes_ = stream_.unpacked();
  return {};
}

Result<void> GzipImage::read(u64 first_sector, std::span<std::byte> data) {
  u64 offset = first_sector * kSectorSize;
  while (!data.empty()) {
    const Result<const Chunk*> found = chunk(offset / kChunk);
    if (!found) return found.error();
    const std::size_t skip = offset % kChunk;
    if (skip >= (*found)->data.size()) return Error{fmt::format("{}: shorter than it was", file_->path())};
    const std::size_t size = std::min(data.size(), (*found)->data.size() - skip);
    std::memcpy(data.data(), (*found)->data.data() + skip, size);
    data = data.subspan(size);
    offset += size;
  }
  return {};
}

Result<void> GzipImage::write(u64 /*first_sector*/, std::span<const std::byte> /*data*/) {
  return Error{fmt::format("{}: packed with gzip, which cannot be written to", file_->path())};
}

GzipImage::Chunk& GzipImage::oldest() {
  if (chunks_.size() < kChunks) return chunks_.emplace_back();
  return *std::min_element(chunks_.begin(), chunks_.end(),
                           [](const Chunk& a, const Chunk& b) { return a.used < b.used; });
}

/// Brings the stream to the start of a chunk at or before `number`, from the nearest point.
Result<void> GzipImage::move_to(u64 number) {
  const u64 target = number * kChunk;
  const auto behind =
      std::upper_bound(points_.begin(), points_.end(), target,
                       [](u64 offset, const GzipPoint& point) { return offset < point.unpacked; });
  const GzipPoint& nearest = *(behind - 1);
  if (stream_failed_ || stream_.unpacked() > target || stream_.unpacked() < nearest.unpacked) {
    if (const Result<void> restarted = stream_.restart(nearest); !restarted) return restarted;
  }
  std::vector<std::byte> scratch((kChunk - stream_.unpacked() % kChunk) % kChunk);
  const Result<std::size_t> skipped = stream_.read(scratch);
  return skipped ? Result<void>() : skipped.error();
}

/// The chunk, unpacked now or before. What is unpacked on the way to it is kept too.
Result<const GzipImage::Chunk*> GzipImage::chunk(u64 number) {
  ++now_;
  for (Chunk& chunk : chunks_) {
    if (chunk.number != number || chunk.data.empty()) continue;
    chunk.used = now_;
    return &chunk;
  }
  Result<void> moved = move_to(number);
  stream_failed_ = !moved;
  if (!moved) return moved.error();
  while (true) {
    Chunk& chunk = oldest();
    chunk.number = stream_.unpacked() / kChunk;
    chunk.used = now_;
    chunk.data.resize(kChunk);
    const Result<std::size_t> count = stream_.read(chunk.data);
    stream_failed_ = !count;
    chunk.data.resize(count ? *count : 0);
    if (!count) return count.error();
    if (chunk.number == number) return &chunk;
    if (*count == 0) return Error{fmt::format("{}: shorter than it was", file_->path())};
  }
}

}  // namespace ringdown
