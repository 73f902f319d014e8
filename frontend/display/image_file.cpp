// Screenshots as PNG or PPM files.
#include "frontend/display/image_file.h"

#include <fmt/core.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace ringdown {

namespace {

void append_rgb(std::vector<u8>& bytes, u32 pixel) {
  bytes.push_back(static_cast<u8>(pixel >> 16));
  bytes.push_back(static_cast<u8>(pixel >> 8));
  bytes.push_back(static_cast<u8>(pixel));
}

void append_big_endian(std::vector<u8>& bytes, u32 value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<u8>(value >> shift));
}

void append_chunk(std::vector<u8>& png, std::string_view type, const std::vector<u8>& data) {
  append_big_endian(png, static_cast<u32>(data.size()));
  const std::size_t start = png.size();
  png.insert(png.end(), type.begin(), type.end());
  png.insert(png.end(), data.begin(), data.end());
  // The CRC covers type and data.
  append_big_endian(png, static_cast<u32>(crc32(0, &png[start], static_cast<uInt>(png.size() - start))));
}

}  // namespace

std::vector<u8> png_of(const Screen& screen) {
  std::vector<u8> rows;
  rows.reserve(u64{screen.height} * (1 + 3 * u64{screen.width}));
  for (std::size_t i = 0; i < screen.pixels.size(); ++i) {
    if (i % screen.width == 0) rows.push_back(0);  // each row begins with its filter: none
    append_rgb(rows, screen.pixels[i]);
  }
  uLongf compressed_size = compressBound(rows.size());
  std::vector<u8> compressed(compressed_size);
  compress2(compressed.data(), &compressed_size, rows.data(), rows.size(), Z_BEST_SPEED);
  compressed.resize(compressed_size);

  std::vector<u8> header;
  append_big_endian(header, screen.width);
  append_big_endian(header, screen.height);
  constexpr std::array<u8, 5> kEightBitRgb{8, 2, 0, 0, 0};
  header.insert(header.end(), kEightBitRgb.begin(), kEightBitRgb.end());

  std::vector<u8> png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", compressed);
  append_chunk(png, "IEND", {});
  return png;
}

std::vector<u8> ppm_of(const Screen& screen) {
  const std::string header = fmt::format("P6\n{} {}\n255\n", screen.width, screen.height);
  std::vector<u8> ppm(header.begin(), header.end());
  ppm.reserve(header.size() + 3 * screen.pixels.size());
  for (u32 pixel : screen.pixels) append_rgb(ppm, pixel);
  return ppm;
}

Result<void> write_screenshot(const std::string& path, const Screen& screen) {
  const std::vector<u8> image = path.ends_with(".ppm") ? ppm_of(screen) : png_of(screen);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
  file.close();
  if (!file) return Error{fmt::format("cannot write the screenshot '{}': {}", path, std::strerror(errno))};
  return {};
}

}  // namespace ringdown
