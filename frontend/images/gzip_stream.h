// Unpacks a gzip file from any of a list of points on.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/block_file.h"

struct z_stream_s;

namespace ringdown {

/// True if the bytes begin like a gzip file (RFC 1952, section 2.3.1).
bool is_gzip(std::span<const std::byte> bytes);

/// Where unpacking can begin: the start of a member, or of a block of deflate (RFC 1951, section 3.2.3) with
/// the 32 KiB before it that it may refer to.
struct GzipPoint {
  u64 unpacked = 0;   // offset in what the file holds
  u64 packed = 0;     // offset in the file of the first whole byte
  unsigned bits = 0;  // of the byte before that belong to the block
  bool inside_member = false;
  std::vector<u8> window;
};

class GzipStream {
 public:
  /// At the start of the file, which must outlive it.
  explicit GzipStream(BlockFile& file);
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  Result<void> restart(const GzipPoint& point);
  /// Unpacks until `data` is full or the file ends; returns the number of bytes. Members follow each other
  /// without a seam. From a member's start on its checksum is checked.
  Result<std::size_t> read(std::span<std::byte> data);
  /// The same, but may return earlier, where a point is.
  Result<std::size_t> read_to_point(std::span<std::byte> data);
  /// A point at the current place, if it is the start of a block.
  std::optional<GzipPoint> point() const;

  bool ended() const { return ended_; }
  u64 unpacked() const { return unpacked_; }
  u64 packed() const;
  const std::string& path() const { return file_->path(); }

 private:
  Result<void> fill();
  Result<bool> next_member();
  Error damaged() const;

  BlockFile* file_;
  std::unique_ptr<z_stream_s> stream_;
  std::vector<u8> input_;
  u64 input_end_ = 0;  // offset in the file behind what `input_` holds
  u64 unpacked_ = 0;
  bool inside_member_ = true;
  bool ended_ = false;
  bool checked_ = true;  // zlib reads the member's header and trailer
};

}  // namespace ringdown
