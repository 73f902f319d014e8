// Raw files with holes, gzip by zlib, overlays without a base.
#include "frontend/image/image_targets.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

namespace ringdown {

namespace {

constexpr std::size_t kPiece = 4096;

bool all_zero(std::span<const std::byte> data) {
  return std::all_of(data.begin(), data.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// Leaves out pieces that are all zero.
class SparseTarget : public ImageTarget {
 public:
  Result<void> append(std::span<const std::byte> data) final {
    const auto piece_at = [&](std::size_t at) {
      return data.subspan(at, std::min(kPiece, data.size() - at));
    };
    std::size_t from = 0;
    while (from < data.size()) {
      std::size_t to = from;
      while (to < data.size() && !all_zero(piece_at(to))) to += piece_at(to).size();
      if (to != from) {
        if (const Result<void> result = store(at_ + from, data.subspan(from, to - from)); !result)
          return result;
      }
      from = to < data.size() ? to + piece_at(to).size() : to;
    }
    at_ += data.size();
    return {};
  }

 private:
  virtual Result<void> store(u64 offset, std::span<const std::byte> data) = 0;

  u64 at_ = 0;
};

class RawTarget final : public SparseTarget {
 public:
  explicit RawTarget(HostFile file) : file_(std::move(file)) {}
  Result<void> finish() override { return file_.flush(); }

 private:
  Result<void> store(u64 offset, std::span<const std::byte> data) override {
    return file_.write(offset, data);
  }

  HostFile file_;
};

class OverlayTarget final : public SparseTarget {
 public:
  explicit OverlayTarget(OpenedImage image) : image_(std::move(image)) {}
  Result<void> finish() override { return image_.overlay->close(); }

 private:
  Result<void> store(u64 offset, std::span<const std::byte> data) override {
    return image_.image->write(offset / kSectorSize, data);
  }

  OpenedImage image_;
};

class GzipTarget final : public ImageTarget {
 public:
  explicit GzipTarget(HostFile file) : file_(std::move(file)), out_(kOutput) {
    constexpr int kGzipFormat = 16 + MAX_WBITS;
    constexpr int kMemory = 8;
    ready_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFormat, kMemory,
                          Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipTarget() override { deflateEnd(&stream_); }
  GzipTarget(const GzipTarget&) = delete;
  GzipTarget& operator=(const GzipTarget&) = delete;

  Result<void> append(std::span<const std::byte> data) override { return pack(data, Z_NO_FLUSH); }
  Result<void> finish() override {
    const Result<void> packed = pack({}, Z_FINISH);
    return packed ? file_.flush() : packed;
  }

 private:
  static constexpr std::size_t kOutput = std::size_t{1} << 18;

  Result<void> pack(std::span<const std::byte> data, int flush) {
    if (!ready_) return Error{fmt::format("{}: no memory to pack it", file_.path())};
    // zlib takes what it does not change by a pointer that could.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(data.data()));
    stream_.avail_in = static_cast<uInt>(data.size());
    int status = Z_OK;
    do {
      stream_.next_out = out_.data();
      stream_.avail_out = static_cast<uInt>(out_.size());
      status = deflate(&stream_, flush);
      const auto packed = std::as_bytes(std::span(out_).first(out_.size() - stream_.avail_out));
      if (const Result<void> written = file_.write(at_, packed); !written) return written;
      at_ += packed.size();
    } while (stream_.avail_out == 0 || (flush == Z_FINISH && status != Z_STREAM_END));
    return {};
  }

  HostFile file_;
  std::vector<u8> out_;
  z_stream stream_{};
  bool ready_ = false;
  u64 at_ = 0;
};

}  // namespace

Result<std::unique_ptr<ImageTarget>> make_target(ImageKind kind, const std::string& path, u64 sectors) {
  if (kind == ImageKind::Overlay) {
    Result<OpenedImage> overlay = create_overlay(path, sectors);
    if (!overlay) return overlay.error();
    return std::unique_ptr<ImageTarget>(new OverlayTarget(std::move(*overlay)));
  }
  Result<HostFile> file = HostFile::create(path);
  if (!file) return file.error();
  if (kind == ImageKind::Gzip) return std::unique_ptr<ImageTarget>(new GzipTarget(std::move(*file)));
  if (const Result<void> sized = file->resize(sectors * kSectorSize); !sized) return sized.error();
  return std::unique_ptr<ImageTarget>(new RawTarget(std::move(*file)));
}

}  // namespace ringdown
