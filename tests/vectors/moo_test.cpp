// Reading MOO files, whole and damaged.
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/vectors/moo_writer.h"

namespace ringdown::test {
namespace {

using Catch::Contains;
using enum MooRegister;

MooTest sample() {
  MooTest test;
  test.index = 7;
  test.name = "nop";
  test.code = {0x90, 0xf4};
  for (unsigned i = 0; i < kMooRegisters; ++i) test.initial.registers.values[i] = 0x100 + i;
  test.initial.memory = {{0x12345, 0x90}, {0x12346, 0xf4}};
  test.final.registers[Eip] = 0x99;
  test.final.memory = {{0x77, 0x88}};
  test.exception = MooException{13, 0x1234};
  return test;
}

std::string error_of(const std::filesystem::path& path) {
  const Result<MooFile> file = read_moo(path);
  REQUIRE_FALSE(file);
  CHECK_THAT(file.error().message, Contains(path.string()));
  return file.error().message;
}

/// The error of a file with that content.
std::string error_in(const std::string& content) {
  const TemporaryFolder folder;
  return error_of(folder.write("X.MOO", content));
}

std::string damaged_at(std::size_t offset) {
  return "damaged at offset " + std::to_string(offset) + " of the uncompressed data: expected ";
}

void check_sample(const MooFile& file, std::initializer_list<MooRegister> absent) {
  REQUIRE(file.tests.size() == 1);
  const MooTest& test = file.tests.front();
  const MooTest expected = sample();
  CHECK(test.index == 7);
  CHECK(test.name == "nop");
  CHECK(test.code == expected.code);
  CHECK(test.hash == "0707070707070707070707070707070707070707");
  for (unsigned i = 0; i < kMooRegisters; ++i) {
    const auto reg = static_cast<MooRegister>(i);
    const bool is_absent = std::find(absent.begin(), absent.end(), reg) != absent.end();
    CHECK(test.initial.registers[reg] == (is_absent ? std::nullopt : expected.initial.registers[reg]));
  }
  CHECK(test.final.registers[Eip] == 0x99u);
  CHECK(test.final_value(Ecx) == expected.initial.registers[Ecx]);
  REQUIRE(test.initial.memory.size() == 2);
  CHECK(test.initial.memory[1].address == 0x12346);
  REQUIRE(test.final.memory.size() == 1);
  CHECK(test.final.memory[0].value == 0x88);
  REQUIRE(test.exception);
  CHECK(test.exception->vector == 13);
  CHECK(test.exception->flags_address == 0x1234);
}

}  // namespace

TEST_CASE("A file with 16-bit registers is read, compressed or not") {
  const TemporaryFolder folder;
  MooRegisters mask;
  mask[Eflags] = 0xf0f;
  const std::string content = moo_file("186", 1,
                                       moo_chunk("META", std::string(31, 'm')) +
                                           moo_chunk("RMSK", moo_registers(mask, MooWidth::Word)) +
                                           moo_test(sample(), MooWidth::Word));
  for (const auto& path : {folder.write("A.MOO", content), folder.write_compressed("B.MOO.gz", content)}) {
    const Result<MooFile> file = read_moo(path);
    REQUIRE(file);
    CHECK(file->cpu == "186");
    CHECK(file->defined[Eflags] == 0xf0fu);
    CHECK_FALSE(file->defined[Eax]);
    check_sample(*file, {Cr0, Cr3, Fs, Gs, Dr6, Dr7});
  }
}

TEST_CASE("A file with 32-bit registers is read") {
  const TemporaryFolder folder;
  const std::string content = moo_file("386E", 1, moo_test(sample(), MooWidth::Long));
  const Result<MooFile> file = read_moo(folder.write("A.MOO", content));
  REQUIRE(file);
  CHECK(file->cpu == "386E");
  check_sample(*file, {});
}

TEST_CASE("Whatever byte a file ends at, the damage is told") {
  const std::string whole = moo_file("C286", 1, moo_test(sample(), MooWidth::Word));
  constexpr std::size_t kHeader = 20;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string message = error_in(whole.substr(0, length));
    CAPTURE(length, message);
    // Behind the header alone, it is the count of tests that is wrong.
    if (length == kHeader)
      CHECK_THAT(message, Contains(damaged_at(12) + "1 tests as the header says, found 0"));
    CHECK_THAT(message, Contains("damaged at offset"));
  }
}

TEST_CASE("A cut-off gzip file is damaged where its data end") {
  const TemporaryFolder folder;
  const auto path =
      folder.write_compressed("A.MOO.gz", moo_file("C286", 1, moo_test(sample(), MooWidth::Word)));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 4);
  CHECK_THAT(error_of(path), Contains("expected more compressed data"));
}

TEST_CASE("A gzip file with a wrong checksum is damaged") {
  const TemporaryFolder folder;
  const auto path =
      folder.write_compressed("A.MOO.gz", moo_file("C286", 1, moo_test(sample(), MooWidth::Word)));
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(-8, std::ios::end);
  const auto byte = static_cast<char>(file.get());
  file.seekp(-8, std::ios::end);
  file.put(static_cast<char>(byte ^ 1));
  file.close();
  CHECK_THAT(error_of(path), Contains("of the uncompressed data: expected more compressed data"));
}

TEST_CASE("Damage inside a file is told with its offset") {
  const std::string test = moo_test(sample(), MooWidth::Word);
  SECTION("another kind of file") {
    CHECK_THAT(error_in(moo_chunk("WOOF", std::string(12, '\1'))),
               Contains(damaged_at(0) + "the chunk 'MOO '"));
  }
  SECTION("another version") {
    std::string content = moo_file("C286", 1, test);
    content[8] = 2;
    CHECK_THAT(error_in(content), Contains(damaged_at(8) + "version 1, found 2"));
  }
  SECTION("fewer and more tests than the header says") {
    CHECK_THAT(error_in(moo_file("C286", 2, test)), Contains(damaged_at(12) + "2 tests"));
    CHECK_THAT(error_in(moo_file("C286", 0, test)), Contains(damaged_at(12) + "0 tests"));
  }
  SECTION("a test's chunk renamed") {
    std::string content = moo_file("C286", 1, test);
    content.replace(20, 4, "TEXT");
    CHECK_THAT(error_in(content), Contains(damaged_at(12) + "1 tests as the header says, found 0"));
    content.replace(20, 4, "T\1ST");
    CHECK_THAT(error_in(content), Contains(damaged_at(20) + "a chunk's name"));
  }
  SECTION("chunks missing in a test") {
    for (const std::string name : {"BYTS", "INIT", "FINA"}) {
      std::string content = moo_file("C286", 1, test);
      content.replace(content.find(name), 4, "NONE");
      CHECK_THAT(error_in(content), Contains(damaged_at(20) + "'" + name + "' in test 7"));
    }
  }
  SECTION("registers missing") {
    MooTest fewer = sample();
    fewer.initial.registers[Esi].reset();
    const std::string content = moo_file("C286", 1, moo_test(fewer, MooWidth::Word));
    CHECK_THAT(error_in(content), Contains(damaged_at(content.find("INIT")) + "all 14 registers, found 13"));
    std::string renamed = moo_file("C286", 1, test);
    renamed.replace(renamed.find("REGS"), 4, "NONE");
    CHECK_THAT(error_in(renamed), Contains(damaged_at(renamed.find("INIT")) + "registers in 'INIT'"));
  }
  SECTION("a count of bytes that does not fit its chunk") {
    std::string content = moo_file("C286", 1, test);
    const std::size_t count = content.find("RAM ") + 8;
    content[count] = 3;
    CHECK_THAT(error_in(content), Contains(damaged_at(count) + "3 bytes of memory"));
  }
}

TEST_CASE("A file that is not there is named") {
  CHECK_THAT(error_of("/nonexistent/A.MOO"), Contains("opened"));
}

}  // namespace ringdown::test
