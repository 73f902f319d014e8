// Screenshots are read back byte by byte, and pictures are fitted into windows.
#include "frontend/display/image_file.h"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "frontend/display/picture_fit.h"

using namespace ringdown;

namespace {

u32 big_endian(const std::vector<u8>& bytes, std::size_t at) {
  return u32{bytes.at(at)} << 24 | u32{bytes.at(at + 1)} << 16 | u32{bytes.at(at + 2)} << 8 |
         bytes.at(at + 3);
}

const Screen kPicture{2, 2, false, {0x112233, 0x445566, 0x778899, 0xaabbcc}};

}  // namespace

TEST_CASE("a PNG holds header, rows and end, each with its CRC") {
  const std::vector<u8> png = png_of(kPicture);
  std::size_t at = 8;
  std::vector<std::string> types;
  std::vector<u8> compressed;
  while (at < png.size()) {
    const u32 length = big_endian(png, at);
    const std::string type(reinterpret_cast<const char*>(&png.at(at + 4)), 4);
    types.push_back(type);
    CHECK(big_endian(png, at + 8 + length) == crc32(0, &png.at(at + 4), length + 4));
    if (type == "IHDR") {
      CHECK(big_endian(png, at + 8) == 2);
      CHECK(big_endian(png, at + 12) == 2);
    }
    if (type == "IDAT")
      compressed.assign(png.begin() + static_cast<long>(at) + 8,
                        png.begin() + static_cast<long>(at + 8 + length));
    at += 12 + length;
  }
  CHECK(types == std::vector<std::string>{"IHDR", "IDAT", "IEND"});
  std::vector<u8> rows(14);
  uLongf size = rows.size();
  REQUIRE(uncompress(rows.data(), &size, compressed.data(), compressed.size()) == Z_OK);
  CHECK(rows ==
        std::vector<u8>{0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc});
}

TEST_CASE("a PPM holds its pixels") {
  const std::vector<u8> ppm = ppm_of(kPicture);
  CHECK(std::string(ppm.begin(), ppm.begin() + 11) == "P6\n2 2\n255\n");
  CHECK(ppm.size() == 11 + 12);
  CHECK(ppm[11] == 0x11);
  CHECK(ppm.back() == 0xcc);
}

TEST_CASE("a screenshot that cannot be written names its file") {
  const auto failed = write_screenshot("/no such folder/shot.png", kPicture);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find("/no such folder/shot.png") != std::string::npos);
  const auto path = std::filesystem::temp_directory_path() / "ringdown_screenshot_test.ppm";
  REQUIRE(write_screenshot(path.string(), kPicture));
  CHECK(std::filesystem::file_size(path) == 23);
  std::filesystem::remove(path);
}

TEST_CASE("pictures fit into windows") {
  CHECK(fit_picture(320, 200, false, 640, 400, Scaling::Integer) == Rectangle{0, 0, 640, 400});
  CHECK(fit_picture(320, 200, false, 1000, 650, Scaling::Integer) == Rectangle{20, 25, 960, 600});
  CHECK(fit_picture(800, 600, true, 400, 400, Scaling::Integer) == Rectangle{0, 50, 400, 300});
  CHECK(fit_picture(720, 400, false, 800, 600, Scaling::Aspect) == Rectangle{0, 0, 800, 600});
  CHECK(fit_picture(1280, 1024, true, 1280, 2000, Scaling::Aspect) == Rectangle{0, 488, 1280, 1024});
  CHECK(fit_picture(1280, 1024, true, 2560, 1024, Scaling::Aspect) == Rectangle{640, 0, 1280, 1024});
  CHECK(fit_picture(10, 10, true, 0, 5, Scaling::Aspect) == Rectangle{});
  CHECK(natural_window(320, 200, false, Scaling::Integer) == Rectangle{0, 0, 640, 400});
  CHECK(natural_window(720, 400, false, Scaling::Aspect) == Rectangle{0, 0, 720, 540});
  CHECK(natural_window(1024, 768, true, Scaling::Aspect) == Rectangle{0, 0, 1024, 768});
}
