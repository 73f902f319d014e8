// Multiboot kernels: ELF files and images that give their own addresses, modules, the information block.
#include "frontend/machine/multiboot_image.h"

#include <catch2/catch.hpp>
#include <cstring>

namespace ringdown {
namespace {

constexpr u64 kMemory = u64{16} << 20;
constexpr u32 kMagic = 0x1badb002;

void put(std::vector<u8>& bytes, u32 offset, u32 value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

u32 word_at(const std::vector<u8>& bytes, u32 offset) {
  u32 value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

void put_header(std::vector<u8>& bytes, u32 offset, u32 flags) {
  put(bytes, offset, kMagic);
  put(bytes, offset + 4, flags);
  put(bytes, offset + 8, u32{0} - kMagic - flags);
}

/// An ELF file with one segment of 256 bytes, linked to C0100000h and loaded at 1 MiB.
std::vector<u8> elf() {
  std::vector<u8> bytes(0x300, 0);
  const u8 ident[] = {0x7f, 'E', 'L', 'F', 1, 1, 1};
  std::memcpy(bytes.data(), ident, sizeof(ident));
  bytes[18] = 3;
  put(bytes, 24, 0xc0100010);  // entry
  put(bytes, 28, 52);          // program headers
  put(bytes, 40, 52 | 32u << 16);
  bytes[44] = 1;
  const u32 segment[] = {1, 0x200, 0xc0100000, 0x100000, 0x100, 0x5000, 7, 0x1000};
  std::memcpy(bytes.data() + 52, segment, sizeof(segment));
  std::memset(bytes.data() + 0x200, 0x33, 0x100);
  put_header(bytes, 0x204, 3);
  return bytes;
}

std::string string_at(const KernelPart& block, u32 address) {
  return reinterpret_cast<const char*>(block.data.data() + (address - block.address));
}

}  // namespace

TEST_CASE("an ELF kernel is laid out by its physical addresses and entered at one") {
  const Result<KernelParts> parts = place_multiboot({"kernel", elf(), {}, "root=hd0"}, kMemory);
  REQUIRE(parts);
  CHECK(parts->entry == 0x100010);
  CHECK(parts->kernel.address == 0x100000);
  CHECK(parts->kernel.data.size() == 0x5000);
  CHECK(parts->kernel.data[0xff] == 0x33);
  CHECK(parts->kernel.data[0x100] == 0);
  const u32 flags = word_at(parts->setup.data, 0);
  CHECK((flags & 4) != 0);
  CHECK((flags & 8) == 0);
  CHECK(string_at(parts->setup, word_at(parts->setup.data, 16)) == "root=hd0");
}

TEST_CASE("modules follow the kernel on page boundaries") {
  const Result<KernelParts> parts =
      place_multiboot({"kernel", elf(), {{"a first", {1, 2, 3}}, {"b", {4}}}, ""}, kMemory);
  REQUIRE(parts);
  const std::vector<u8>& block = parts->setup.data;
  CHECK((word_at(block, 0) & 8) != 0);
  REQUIRE(word_at(block, 20) == 2);
  const u32 entries = word_at(block, 24) - parts->setup.address;
  CHECK(word_at(block, entries) == 0x105000);
  CHECK(word_at(block, entries + 4) == 0x105003);
  CHECK(string_at(parts->setup, word_at(block, entries + 8)) == "a first");
  CHECK(word_at(block, entries + 16) == 0x106000);
  CHECK(parts->initrd.address == 0x105000);
  CHECK(parts->initrd.data.at(0x1000) == 4);
}

TEST_CASE("an image with address fields needs no file format") {
  std::vector<u8> bytes(0x180, 0x44);
  put_header(bytes, 0x40, 0x10003);
  const u32 addresses[] = {0x200010, 0x200000, 0, 0x208000, 0x200123};
  std::memcpy(bytes.data() + 0x4c, addresses, sizeof(addresses));
  const Result<KernelParts> parts = place_multiboot({"kernel", bytes, {}, ""}, kMemory);
  REQUIRE(parts);
  CHECK(parts->entry == 0x200123);
  CHECK(parts->kernel.address == 0x200000);
  CHECK(parts->kernel.data.size() == 0x8000);
  CHECK(word_at(parts->kernel.data, 0x10) == kMagic);
}

TEST_CASE("damaged multiboot kernels are refused") {
  CHECK_FALSE(is_multiboot_image(std::vector<u8>(10000)));
  const auto refused = [](u32 offset, u32 value) {
    std::vector<u8> bytes = elf();
    put(bytes, offset, value);
    const Result<KernelParts> parts = place_multiboot({"kernel", bytes, {}, ""}, kMemory);
    return !parts && parts.error().message.find("kernel") != std::string::npos;
  };
  CHECK(refused(28, 0xfffffff0));       // program headers
  CHECK(refused(52 + 4, 0xfffffff0));   // segment's offset
  CHECK(refused(52 + 12, 0x7c00));      // physical address
  CHECK(refused(52 + 12, 0xfffffff0));  // physical address
  CHECK(refused(52 + 20, 0xffffffff));  // memory size
  CHECK(refused(0, 0));                 // ELF magic
  CHECK_FALSE(refused(52 + 16, 0));     // nothing of the file

  std::vector<u8> demanding = elf();
  put_header(demanding, 0x204, 0x8003);
  CHECK(place_multiboot({"kernel", demanding, {}, ""}, kMemory).error().message.find("0x8000") !=
        std::string::npos);
  CHECK_FALSE(place_multiboot({"kernel", elf(), {}, std::string(40000, 'x')}, kMemory));
}

}  // namespace ringdown
