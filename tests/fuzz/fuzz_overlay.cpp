// Fuzzes overlays: a file whose header, records and data are made of the input, with right checksums where
// wanted, is opened, read, written and opened again. Nothing breaks, and what was written is there.
#include <fmt/core.h>

#include <cstring>
#include <memory>

#include "frontend/images/overlay_image.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/recording_file.h"

using namespace ringdown;
using namespace ringdown::test;
using namespace ringdown::overlay;

namespace {

constexpr u32 kMostSectors = 300;
constexpr u32 kMostPlaces = 60;

/// A number that is mostly a small one.
template <class T>
T some(FuzzInput& input, u32 small) {
  return (input.take<u8>() & 15) == 0 ? input.take<T>() : static_cast<T>(input.below(small));
}

void put(std::vector<std::byte>& file, u32 place, const Block& block) {
  const std::size_t offset = std::size_t{place % kMostPlaces} * kBlockSize;
  if (file.size() < offset + kBlockSize) file.resize(offset + kBlockSize);
  std::memcpy(file.data() + offset, block.data(), kBlockSize);
}

/// A log of records, each where the one before says.
void put_log(FuzzInput& input, std::vector<std::byte>& file, const Header& header) {
  u64 previous = log_seed(header);
  Place place = header.log_start;
  u64 commit = 1;
  for (u32 records = input.below(8); records > 0; --records) {
    commit += input.below(3);
    Record record{some<u64>(input, 10) == 9 ? input.take<u64>() : commit,
                  previous,
                  some<Place>(input, kMostPlaces),
                  {}};
    for (u32 entries = input.below(20); entries > 0; --entries) {
      Entry entry{some<u32>(input, kMostSectors / kSectorsPerBlock), some<Place>(input, kMostPlaces), 0};
      if (input.below(4) != 0) {
        Block data{};
        data[0] = static_cast<std::byte>(input.take<u8>());
        entry.sum = sum_of(data, entry.block);
        put(file, entry.place, data);
      }
      record.entries.push_back(entry);
    }
    const Block block = encode(record, header.uuid);
    put(file, place, block);
    previous = checksum_of(block);
    place = record.next;
  }
}

std::vector<std::byte> file_of(FuzzInput& input) {
  std::vector<std::byte> file(std::size_t{input.below(kMostPlaces)} * kBlockSize);
  Header header;
  header.generation = some<u64>(input, 4);
  header.sectors = 1 + some<u16>(input, kMostSectors);
  header.log_start = some<Place>(input, kMostPlaces);
  header.settled = some<u64>(input, 6);
  put(file, header.generation % 2, encode(header));
  put_log(input, file, header);
  for (u32 flips = input.below(4); flips > 0 && !file.empty(); --flips)
    file[input.take<u32>() % file.size()] ^= static_cast<std::byte>(input.take<u8>());
  if (input.below(8) == 0) file.resize(file.size() - std::min<std::size_t>(file.size(), input.take<u16>()));
  return file;
}

Result<std::unique_ptr<OverlayImage>> open(const std::shared_ptr<RecordedContent>& content,
                                           HostFile::Access access) {
  RecordingFile file(content);
  const Result<Header> header = OverlayImage::read_header(file);
  if (!header) return header.error();
  return OverlayImage::open(std::make_unique<RecordingFile>(content), *header, nullptr, access);
}

void read_all(DiskImage& image) {
  std::vector<std::byte> sector(kSectorSize);
  for (u64 i = 0; i < image.sectors(); ++i) static_cast<void>(image.read(i, sector));
}

/// A whole block is written anywhere, whatever is there; other writes may meet damage.
void write_and_look(const std::shared_ptr<RecordedContent>& content, u32 block) {
  const std::vector<std::byte> data(kBlockSize, std::byte{0x77});
  const u64 first = u64{block} * kSectorsPerBlock;
  {
    auto image = open(content, HostFile::Access::ReadWrite);
    if (!image || first + kSectorsPerBlock > (*image)->sectors()) return;
    const Result<void> written = (*image)->write(first, data);
    if (!written) {
      if (written.error().message.find("No space left") != std::string::npos) return;
      report_finding(fmt::format("a write fails: {}\n", written.error().message));
    }
    static_cast<void>((*image)->write(first, std::span(data).first(kSectorSize)));
    const Result<void> closed = (*image)->close();
    if (!closed) report_finding(fmt::format("closing fails: {}\n", closed.error().message));
  }
  auto again = open(content, HostFile::Access::ReadOnly);
  if (!again) report_finding(fmt::format("it cannot be opened again: {}\n", again.error().message));
  std::vector<std::byte> found(data.size());
  const Result<void> read = (*again)->read(first, found);
  if (!read || found != data) report_finding("what was written is not there\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzInput input(std::span(data, size));
  const auto content = std::make_shared<RecordedContent>();
  const u32 block = input.below(kMostSectors / kSectorsPerBlock);
  content->set(file_of(input));
  constexpr u64 kRoom = u64{64} << 20;
  content->room = kRoom;
  if (auto image = open(content, HostFile::Access::ReadOnly)) read_all(**image);
  write_and_look(content, block);
  return 0;
}
