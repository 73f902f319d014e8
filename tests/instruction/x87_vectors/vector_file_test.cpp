// A vector file that is damaged or cut short is named with the place of the damage.
#include "tests/instruction/x87_vectors/vector_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/host_temporary.h"

namespace ringdown::test {

namespace {

using Catch::Matchers::Contains;

/// A folder with one vector file, of FSQRT.
class Folder {
 public:
  Folder() : path_(temporary_path("ringdown-vectors")) { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }

  const VectorFile& file() const { return file_; }
  std::string path() const { return path_.string(); }
  std::filesystem::path file_path() const { return path_ / file_.name; }

  void write(const std::string& text) {
    gzFile out = gzopen(file_path().c_str(), "wb");
    REQUIRE(gzwrite(out, text.data(), static_cast<unsigned>(text.size())) == static_cast<int>(text.size()));
    REQUIRE(gzclose(out) == Z_OK);
  }
  /// Reads the file, which must be damaged.
  std::string error() const {
    const auto lines = read_vectors(path(), file_);
    REQUIRE_FALSE(lines);
    return lines.error().message;
  }

 private:
  static VectorFile square_root() {
    for (const VectorFile& file : vector_files()) {
      if (file.format.function == "extF80_sqrt") return file;
    }
    return {};
  }

  VectorFile file_ = square_root();
  std::filesystem::path path_;
};

constexpr char kLine[] = "3FFF8000000000000000 3FFF8000000000000000 00\n";
constexpr std::size_t kLineSize = sizeof(kLine) - 1;

}  // namespace

TEST_CASE("a sound vector file is read to its end", "[x87]") {
  Folder folder;
  folder.write(std::string(kLine) + "40018000000000000000 40008000000000000000 11\n");
  const auto lines = read_vectors(folder.path(), folder.file());
  REQUIRE(lines);
  REQUIRE(lines->size() == 2);
  CHECK((*lines)[1].a == Float80{u64{1} << 63, 0x4001});
  CHECK((*lines)[1].result == Float80{u64{1} << 63, 0x4000});
  CHECK((*lines)[1].flags == (x87_exception::kPrecision | x87_exception::kInvalid));
}

TEST_CASE("a damaged line is named with its byte and number", "[x87]") {
  Folder folder;
  std::string text = kLine;
  SECTION("no hexadecimal digit") {
    text += "3FFF8000000000000000 3FFX8000000000000000 00\n";
    folder.write(text);
    CHECK_THAT(folder.error(), Contains(fmt::format("byte {} of", kLineSize + 21)) && Contains("line 2:"));
  }
  SECTION("a word missing") {
    folder.write(text + "3FFF8000000000000000 00\n");
    CHECK_THAT(folder.error(), Contains(fmt::format("byte {} of", kLineSize + 21)) && Contains("line 2:"));
  }
  SECTION("a word too many") {
    folder.write("3FFF8000000000000000 3FFF8000000000000000 00 00\n" + text);
    CHECK_THAT(folder.error(), Contains(fmt::format("byte {} of", kLineSize)) && Contains("line 1:"));
  }
  SECTION("unknown flags") {
    folder.write(text + "3FFF8000000000000000 3FFF8000000000000000 20\n");
    CHECK_THAT(folder.error(), Contains(fmt::format("byte {} of", kLineSize + 42)) && Contains("line 2:"));
  }
  SECTION("an empty line") {
    folder.write(text + "\n" + text);
    CHECK_THAT(folder.error(), Contains(fmt::format("byte {} of", kLineSize)) && Contains("line 2:"));
  }
  SECTION("cut short inside a line") {
    folder.write(text + "3FFF80");
    CHECK_THAT(folder.error(), Contains(fmt::format("byte {} of", kLineSize + 6)) && Contains("cut short"));
  }
  CHECK_THAT(folder.error(), Contains(folder.file().name));
}

TEST_CASE("damaged compressed data is named with the byte reached", "[x87]") {
  Folder folder;
  std::string text;
  for (int i = 0; i < 1000; ++i) text += kLine;
  folder.write(text);
  const auto size = std::filesystem::file_size(folder.file_path());
  SECTION("cut short") {
    std::filesystem::resize_file(folder.file_path(), size / 2);
    CHECK_THAT(folder.error(), Contains("of the uncompressed text, line ") && Contains("ends early"));
  }
  SECTION("the checksum does not hold") {
    std::fstream stream(folder.file_path(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(size) - 8);
    stream.put('\x55');
    stream.close();
    CHECK_THAT(folder.error(), Contains(fmt::format("byte {} of", text.size())) && Contains("damaged"));
  }
  SECTION("not compressed") {
    std::ofstream(folder.file_path()) << kLine;
    CHECK_THAT(folder.error(), Contains("byte 0 of") && Contains("damaged"));
  }
  SECTION("something behind it") {
    std::ofstream(folder.file_path(), std::ios::app | std::ios::binary) << "xyz";
    CHECK_THAT(folder.error(), Contains("3 bytes follow"));
  }
  SECTION("empty") {
    std::filesystem::resize_file(folder.file_path(), 0);
    CHECK_THAT(folder.error(), Contains("byte 0 of") && Contains("ends early"));
  }
}

TEST_CASE("a missing or an unknown vector file is named", "[x87]") {
  Folder folder;
  CHECK_THAT(check_vector_folder(folder.path()).error().message, Contains("missing"));
  for (const VectorFile& file : vector_files()) std::ofstream(folder.path() + "/" + file.name);
  CHECK(check_vector_folder(folder.path()));
  std::ofstream(folder.path() + "/extF80_pow.min.txt.gz");
  CHECK_THAT(check_vector_folder(folder.path()).error().message, Contains("extF80_pow.min.txt.gz"));
  std::filesystem::remove(folder.path() + "/extF80_pow.min.txt.gz");
  std::filesystem::remove(folder.file_path());
  CHECK_THAT(folder.error(), Contains("cannot be read"));
}

}  // namespace ringdown::test
