// gzip by zlib; how it is entered in the middle is described in zlib.h (inflatePrime, inflateSetDictionary).
#include "frontend/images/gzip_stream.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>

namespace ringdown {

namespace {

constexpr std::size_t kInputBytes = 64 * 1024;
constexpr int kGzipFormat = 16 + MAX_WBITS;
constexpr int kBareDeflate = -MAX_WBITS;
constexpr unsigned kTrailerBytes = 8;
/// Of z_stream::data_type with Z_BLOCK (zlib.h): behind a block, or behind the header.
constexpr int kBoundary = 128;

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  constexpr std::byte kDeflate{8};
  return bytes.size() > 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b} &&
         bytes[2] == kDeflate;
}

GzipStream::GzipStream(BlockFile& file)
    : file_(&file), stream_(std::make_unique<z_stream>()), input_(kInputBytes) {
  *stream_ = {};
  inflateInit2(stream_.get(), kGzipFormat);
}

GzipStream::~GzipStream() { inflateEnd(stream_.get()); }

u64 GzipStream::packed() const { return input_end_ - stream_->avail_in; }

Error GzipStream::damaged() const {
  return Error{fmt::format("{}: a damaged gzip file: copy it again", file_->path())};
}

/// Reads on in the file; at its end nothing is available.
Result<void> GzipStream::fill() {
  const u64 left = file_->size() - std::min(file_->size(), input_end_);
  const std::size_t size = static_cast<std::size_t>(std::min<u64>(left, input_.size()));
  const Result<void> result = file_->read(input_end_, std::as_writable_bytes(std::span(input_).first(size)));
  if (!result) return result;
  input_end_ += size;
  stream_->next_in = input_.data();
  stream_->avail_in = static_cast<uInt>(size);
  return {};
}

Result<void> GzipStream::restart(const GzipPoint& point) {
  inside_member_ = true;
  ended_ = false;
  checked_ = !point.inside_member;
  unpacked_ = point.unpacked;
  stream_->avail_in = 0;
  if (inflateReset2(stream_.get(), checked_ ? kGzipFormat : kBareDeflate) != Z_OK) return damaged();
  input_end_ = point.packed - (point.bits != 0 ? 1 : 0);
  if (const Result<void> filled = fill(); !filled) return filled;
  if (point.bits != 0) {
    if (stream_->avail_in == 0) return damaged();
    const int byte = *stream_->next_in++;
    --stream_->avail_in;
    inflatePrime(stream_.get(), static_cast<int>(point.bits), byte >> (8 - point.bits));
  }
  if (!point.window.empty() && inflateSetDictionary(stream_.get(), point.window.data(),
                                                    static_cast<uInt>(point.window.size())) != Z_OK)
    return damaged();
  return {};
}

std::optional<GzipPoint> GzipStream::point() const {
  // zlib.h, inflate() with Z_BLOCK: bit 6 is set if the block was the last one, bits 0 to 2 are the number of
  // unused bits of the last byte.
  constexpr int kLast = 64;
  constexpr unsigned kUnusedBits = 7;
  if (!inside_member_ || (stream_->data_type & (kBoundary | kLast)) != kBoundary) return {};
  GzipPoint point{unpacked_, packed(), static_cast<unsigned>(stream_->data_type) & kUnusedBits, true, {}};
  constexpr uInt kWindow = 32 * 1024;
  point.window.resize(kWindow);
  uInt size = 0;
  if (inflateGetDictionary(stream_.get(), point.window.data(), &size) != Z_OK) return {};
  point.window.resize(size);
  return point;
}

/// Goes on behind a member's end; false at the end of the file. Zeros may stand there (gzip(1) ignores them).
Result<bool> GzipStream::next_member() {
  for (unsigned skip = checked_ ? 0 : kTrailerBytes;;) {
    if (stream_->avail_in == 0) {
      if (const Result<void> filled = fill(); !filled) return filled.error();
      if (stream_->avail_in == 0) {
        if (skip != 0) return damaged();
        ended_ = true;
        return false;
      }
    }
    if (skip == 0 && *stream_->next_in != 0) break;
    skip -= skip != 0 ? 1 : 0;
    ++stream_->next_in;
    --stream_->avail_in;
  }
  checked_ = inside_member_ = true;
  if (inflateReset2(stream_.get(), kGzipFormat) != Z_OK) return damaged();
  return true;
}

Result<std::size_t> GzipStream::read_to_point(std::span<std::byte> data) {
  std::size_t done = 0;
  while (done < data.size()) {
    if (!inside_member_) {
      const Result<bool> more = next_member();
      if (!more) return more.error();
      if (!*more) return done;
    }
    if (stream_->avail_in == 0) {
      if (const Result<void> filled = fill(); !filled) return filled.error();
    }
    const std::size_t wanted = std::min<std::size_t>(data.size() - done, kInputBytes);
    stream_->next_out = reinterpret_cast<Bytef*>(data.data() + done);
    stream_->avail_out = static_cast<uInt>(wanted);
    const uInt available = stream_->avail_in;
    const int status = inflate(stream_.get(), Z_BLOCK);
    const std::size_t produced = wanted - stream_->avail_out;
    done += produced;
    unpacked_ += produced;
    if (status == Z_STREAM_END) {
      inside_member_ = false;
      continue;
    }
    // Z_BUF_ERROR: no progress was possible, which with output to write means that the input has ended.
    if (status != Z_OK || (produced == 0 && available == 0)) return damaged();
    if ((stream_->data_type & kBoundary) != 0) return done;
  }
  return done;
}

Result<std::size_t> GzipStream::read(std::span<std::byte> data) {
  std::size_t done = 0;
  while (done < data.size() && !ended_) {
    const Result<std::size_t> part = read_to_point(data.subspan(done));
    if (!part) return part;
    done += *part;
  }
  return done;
}

}  // namespace ringdown
