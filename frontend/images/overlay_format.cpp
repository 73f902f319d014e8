// Encodes and decodes headers and records; numbers are little-endian.
#include "frontend/images/overlay_format.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "frontend/images/xxh3.h"

namespace ringdown::overlay {

namespace {

constexpr std::string_view kHeaderMagic = "RDOVRLY1";
constexpr std::string_view kRecordMagic = "RDOVLOG1";
constexpr std::size_t kChecksumAt = kBlockSize - sizeof(u64);
constexpr u32 kCommitting = 1;
constexpr u32 kBaseIsRaw = 2;

/// Moves through a block field by field, in the direction of the derived class.
class Writer {
 public:
  explicit Writer(Block& block) : block_(block) {}
  template <class T>
  void number(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) block_[at_++] = static_cast<std::byte>(value >> (8 * i));
  }
  void bytes(const void* data, std::size_t size) {
    std::memcpy(block_.data() + at_, data, size);
    at_ += size;
  }
  void seal() {
    at_ = kChecksumAt;
    number(checksum_of(block_));
  }

 private:
  Block& block_;
  std::size_t at_ = 0;
};

class Reader {
 public:
  explicit Reader(const Block& block) : block_(block) {}
  template <class T>
  T number() {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      value = static_cast<T>(value | static_cast<T>(std::to_integer<u8>(block_[at_++])) << (8 * i));
    return value;
  }
  void bytes(void* data, std::size_t size) {
    std::memcpy(data, block_.data() + at_, size);
    at_ += size;
  }
  bool begins(std::string_view magic) {
    const bool same = std::memcmp(block_.data(), magic.data(), magic.size()) == 0;
    at_ = magic.size();
    return same;
  }
  bool sealed() const {
    Reader end(*this);
    end.at_ = kChecksumAt;
    return end.number<u64>() == checksum_of(block_);
  }

 private:
  const Block& block_;
  std::size_t at_ = 0;
};

}  // namespace

bool is_overlay(std::span<const std::byte> bytes) {
  return bytes.size() >= kHeaderMagic.size() &&
         std::memcmp(bytes.data(), kHeaderMagic.data(), kHeaderMagic.size()) == 0;
}

Block encode(const Header& header) {
  Block block{};
  Writer writer(block);
  writer.bytes(kHeaderMagic.data(), kHeaderMagic.size());
  writer.number(kBlockSize);
  writer.number((header.committing ? kCommitting : 0) | (header.base_is_raw ? kBaseIsRaw : 0));
  writer.bytes(header.uuid.data(), header.uuid.size());
  writer.number(header.generation);
  writer.number(header.sectors);
  writer.number(header.settled);
  writer.number(header.base.size);
  writer.number(header.base.modified_ns);
  writer.number(header.base.sample);
  writer.number(header.log_start);
  const std::size_t length = std::min(header.base.name.size(), kLongestBaseName);
  writer.number(static_cast<u32>(length));
  writer.bytes(header.base.name.data(), length);
  writer.seal();
  return block;
}

std::optional<Header> decode_header(const Block& block) {
  Reader reader(block);
  if (!reader.begins(kHeaderMagic) || !reader.sealed() || reader.number<u32>() != kBlockSize) return {};
  Header header;
  const u32 flags = reader.number<u32>();
  header.committing = (flags & kCommitting) != 0;
  header.base_is_raw = (flags & kBaseIsRaw) != 0;
  reader.bytes(header.uuid.data(), header.uuid.size());
  header.generation = reader.number<u64>();
  header.sectors = reader.number<u64>();
  header.settled = reader.number<u64>();
  header.base.size = reader.number<u64>();
  header.base.modified_ns = reader.number<u64>();
  header.base.sample = reader.number<u64>();
  header.log_start = reader.number<Place>();
  const u32 length = reader.number<u32>();
  if (length > kLongestBaseName) return {};
  header.base.name.resize(length);
  reader.bytes(header.base.name.data(), length);
  return header;
}

Block encode(const Record& record, const Uuid& uuid) {
  Block block{};
  Writer writer(block);
  writer.bytes(kRecordMagic.data(), kRecordMagic.size());
  writer.bytes(uuid.data(), uuid.size());
  writer.number(record.commit);
  writer.number(record.previous);
  writer.number(record.next);
  writer.number(static_cast<u32>(record.entries.size()));
  for (const Entry& entry : record.entries) {
    writer.number(entry.block);
    writer.number(entry.place);
    writer.number(entry.sum);
  }
  writer.seal();
  return block;
}

std::optional<Record> decode_record(const Block& block, const Uuid& uuid) {
  Reader reader(block);
  Uuid found{};
  if (!reader.begins(kRecordMagic) || !reader.sealed()) return {};
  reader.bytes(found.data(), found.size());
  if (found != uuid) return {};
  Record record;
  record.commit = reader.number<u64>();
  record.previous = reader.number<u64>();
  record.next = reader.number<Place>();
  const u32 count = reader.number<u32>();
  if (count > kEntriesPerRecord) return {};
  record.entries.resize(count);
  for (Entry& entry : record.entries) {
    entry.block = reader.number<u32>();
    entry.place = reader.number<Place>();
    entry.sum = reader.number<u32>();
  }
  return record;
}

u64 checksum_of(const Block& block) { return XXH3_64bits(block.data(), kChecksumAt); }

u64 log_seed(const Header& header) {
  return XXH3_64bits_withSeed(header.uuid.data(), header.uuid.size(), header.log_start);
}

u32 sum_of(std::span<const std::byte> data, u32 block) {
  const u64 hash = XXH3_64bits(data.data(), data.size());
  constexpr u32 kSpread = 0x9e37'79b1;
  return static_cast<u32>(hash ^ hash >> 32) ^ block * kSpread;
}

}  // namespace ringdown::overlay
