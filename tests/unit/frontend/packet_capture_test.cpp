// Captures, read back byte by byte in the format that libpcap documents (pcap-savefile(5)).
#include "frontend/network/packet_capture.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace ringdown {
namespace {

std::vector<u8> content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

u32 word(const std::vector<u8>& bytes, std::size_t at) {
  u32 value = 0;
  REQUIRE(at + sizeof(value) <= bytes.size());
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

}  // namespace

TEST_CASE("a capture has every frame with its time, while it goes on") {
  const auto path = std::filesystem::temp_directory_path() / ("ringdown-capture-" + std::to_string(getpid()));
  u64 now = 946'684'800'000'000'123;
  PacketCapture capture(path);
  REQUIRE(capture.open([&] { return now; }));
  const std::vector<std::byte> frame(60, std::byte{0x5a});
  capture.frame(frame);
  now += 1'500'000'000;
  capture.frame(std::vector<std::byte>(16384));
  const std::vector<u8> bytes = content(path);
  constexpr std::size_t kFileHeader = 24;
  constexpr std::size_t kFrameHeader = 16;
  REQUIRE(bytes.size() == kFileHeader + kFrameHeader + 60 + kFrameHeader + 16384);
  CHECK(word(bytes, 0) == 0xa1b23c4d);  // times in nanoseconds
  CHECK(word(bytes, 20) == 1);          // Ethernet
  CHECK(word(bytes, 24) == 946'684'800);
  CHECK(word(bytes, 28) == 123);
  CHECK(word(bytes, 32) == 60);
  CHECK(word(bytes, 36) == 60);
  CHECK(bytes[40] == 0x5a);
  CHECK(word(bytes, 100) == 946'684'801);
  CHECK(word(bytes, 104) == 500'000'123);
  CHECK(capture.close());
  std::filesystem::remove(path);
}

TEST_CASE("a capture that its file system does not take is incomplete, and says so") {
  PacketCapture full("/dev/full");
  const Result<void> opened = full.open([] { return u64{0}; });
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("--pcap /dev/full: ") == 0);
  PacketCapture nowhere("/nowhere/at/all.pcap");
  CHECK(nowhere.open([] { return u64{0}; }).error().message.find("--pcap /nowhere") == 0);
}

}  // namespace ringdown
