// Linux kernel images: what is refused, where the parts go, what the kernel is told.
#include "frontend/machine/linux_image.h"

#include <catch2/catch.hpp>
#include <cstring>

namespace ringdown {
namespace {

constexpr u64 kMemory = u64{64} << 20;

template <class T>
void put(std::vector<u8>& bytes, u32 offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

u32 word_at(const std::vector<u8>& bytes, u32 offset) {
  u32 value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

/// A bzImage with two sectors of real-mode code and a 64 KiB kernel of 0x5a.
std::vector<u8> image() {
  std::vector<u8> bytes(3 * 512 + 0x10000, 0x5a);
  std::fill_n(bytes.begin(), 3 * 512, u8{0});
  put<u8>(bytes, 0x1f1, 2);
  put<u32>(bytes, 0x1f4, 0x1000);
  put<u16>(bytes, 0x1fe, 0xaa55);
  put<u32>(bytes, 0x202, 0x53726448);
  put<u16>(bytes, 0x206, 0x20c);
  put<u8>(bytes, 0x211, 1);
  put<u32>(bytes, 0x22c, 0x1ffffff);
  put<u32>(bytes, 0x238, 100);
  put<u64>(bytes, 0x258, 0x100000);
  put<u32>(bytes, 0x260, 0x200000);
  return bytes;
}

Result<KernelParts> place(std::vector<u8> kernel, std::vector<u8> initrd = {}, std::string command_line = {},
                          u64 memory = kMemory) {
  return place_linux({"vmlinuz", std::move(kernel), "initrd", std::move(initrd), std::move(command_line)},
                     memory);
}

}  // namespace

TEST_CASE("a bzImage is split at its setup sectors and its header filled in") {
  const Result<KernelParts> parts = place(image(), std::vector<u8>(5000, 7), "console=ttyS0");
  REQUIRE(parts);
  CHECK(parts->setup.address == 0x10000);
  CHECK(parts->setup.data.size() == 3 * 512);
  CHECK(parts->kernel.address == 0x100000);
  CHECK(parts->kernel.data == std::vector<u8>(0x10000, 0x5a));
  CHECK(std::string(parts->command_line.data.begin(), parts->command_line.data.end()) ==
        std::string("console=ttyS0") + '\0');
  // initrd_addr_max: the last byte lies below 32 MiB.
  CHECK(parts->initrd.address == 0x2000000 - 0x2000);
  const std::vector<u8>& setup = parts->setup.data;
  CHECK(setup[0x210] == 0xff);
  CHECK(setup[0x211] == 0x81);
  CHECK((word_at(setup, 0x224) & 0xffff) == 0xde00);
  CHECK(word_at(setup, 0x228) == parts->command_line.address);
  CHECK(word_at(setup, 0x218) == parts->initrd.address);
  CHECK(word_at(setup, 0x21c) == 5000);
}

TEST_CASE("the boot loader interprets vga= on the command line") {
  const auto mode = [](const char* command_line) {
    const Result<KernelParts> parts = place(image(), {}, command_line);
    REQUIRE(parts);
    return word_at(parts->setup.data, 0x1fa) & 0xffff;
  };
  CHECK(mode("quiet vga=0x317") == 0x317);
  CHECK(mode("vga=791 quiet") == 791);
  CHECK(mode("vga=ask") == 0xfffd);
  CHECK(mode("notvga=ask") == 0);
}

TEST_CASE("kernels that cannot be booted are refused by one line") {
  CHECK_FALSE(is_linux_image(std::vector<u8>(100)));
  CHECK_FALSE(is_linux_image(std::vector<u8>(100000)));
  REQUIRE(is_linux_image(image()));

  std::vector<u8> old = image();
  put<u16>(old, 0x206, 0x201);
  CHECK(place(old).error().message.find("vmlinuz: ") == 0);

  std::vector<u8> truncated = image();
  truncated.resize(truncated.size() - 16);
  CHECK(place(truncated).error().message.find("truncated") != std::string::npos);

  CHECK(place(image(), {}, std::string(100, 'x')));
  CHECK(place(image(), {}, std::string(101, 'x')).error().message.find("--append") == 0);

  const Result<KernelParts> small = place(image(), {}, {}, u64{2} << 20);
  REQUIRE_FALSE(small);
  CHECK(small.error().message == "--memory: too small for vmlinuz: give it 4M or more");
  CHECK(place(image(), {}, {}, u64{4} << 20));
  CHECK(place(image(), std::vector<u8>(u32{60} << 20)).error().message.find("--memory") == 0);
}

}  // namespace ringdown
