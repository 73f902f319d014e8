// gzip through zlib.
#include "frontend/machine/gzip.h"

#include <fmt/core.h>
#include <zlib.h>

namespace ringdown {

bool is_gzip(std::span<const u8> bytes) { return bytes.size() > 2 && bytes[0] == 0x1f && bytes[1] == 0x8b; }

Result<std::vector<u8>> gunzip(std::span<const u8> bytes, u64 limit, const std::string& path) {
  constexpr int kGzipFormat = 16 + MAX_WBITS;
  constexpr std::size_t kChunk = 1u << 20;
  z_stream stream{};
  std::vector<u8> out;
  if (inflateInit2(&stream, kGzipFormat) != Z_OK)
    return Error{fmt::format("{}: no memory to unpack it", path)};
  std::vector<u8> in(bytes.begin(), bytes.end());
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  int status = Z_OK;
  while (status == Z_OK && out.size() <= limit) {
    const std::size_t size = out.size();
    out.resize(size + kChunk);
    stream.next_out = out.data() + size;
    stream.avail_out = kChunk;
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(size + kChunk - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status == Z_OK)
    return Error{fmt::format("{}: unpacks to more than the guest's memory: raise --memory", path)};
  if (status != Z_STREAM_END) return Error{fmt::format("{}: a damaged gzip file: copy it again", path)};
  return out;
}

}  // namespace ringdown
