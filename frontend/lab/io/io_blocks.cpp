// Makes and checks the blocks.
#include "frontend/lab/io/io_blocks.h"

#include <fmt/core.h>

#include <cstring>

#include "frontend/machine/file_contents.h"

namespace ringdown {

namespace {

// As in roms/lab/io_blocks.inc.
constexpr u32 kBlocks = 256;
constexpr u32 kBlockSize = 4096;
constexpr u32 kStride = 37;
constexpr u32 kWritten = 0x10000;
constexpr u32 kComplement = kBlockSize - sizeof(u32);

}  // namespace

std::vector<std::byte> numbered_blocks() {
  std::vector<std::byte> content(std::size_t{kBlocks} * kBlockSize);
  for (u32 block = 0; block < kBlocks; ++block) {
    const u32 complement = ~block;
    std::byte* const place = &content[std::size_t{block} * kBlockSize];
    std::memcpy(place, &block, sizeof(block));
    std::memcpy(place + kComplement, &complement, sizeof(complement));
  }
  return content;
}

Result<void> check_written_blocks(const std::string& path, u32 units) {
  const Result<std::vector<u8>> content = read_whole_file(path);
  if (!content) return content.error();
  if (content->size() != std::size_t{kBlocks} * kBlockSize)
    return Error{fmt::format("the disk has {} bytes now", content->size())};
  for (u32 unit = 0; unit < kBlocks; ++unit) {
    const u32 block = unit * kStride % kBlocks;
    const u32 written = unit < units ? kWritten : 0;
    u32 number = 0;
    u32 complement = 0;
    const u8* const place = &(*content)[std::size_t{block} * kBlockSize];
    std::memcpy(&number, place, sizeof(number));
    std::memcpy(&complement, place + kComplement, sizeof(complement));
    if (number != block + written || complement != ~block + written)
      return Error{fmt::format("block {} of the disk is not what the guest wrote", block)};
  }
  return {};
}

}  // namespace ringdown
