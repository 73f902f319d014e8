// The state file: chunks written and read in memory, each checked by CRC-32 before anything is restored.
#include "core/archive.h"

#include <fmt/core.h>
#include <zlib.h>

#include <cstring>

namespace ringdown {

namespace {

/// Starts every state file. The byte above 127 and the line ends show a transfer in text mode.
constexpr std::array<u8, 8> kMagic{0x89, 'R', 'D', 'S', 'T', '\r', '\n', 0x1a};
constexpr u32 kFormatVersion = 1;

// File header: magic, format version, number of chunks. Chunk header: tag, version, size, CRC-32 of the
// payload and of the chunk header before it.
constexpr std::size_t kVersionOffset = kMagic.size();
constexpr std::size_t kCountOffset = kVersionOffset + sizeof(u32);
constexpr std::size_t kHeaderSize = kCountOffset + sizeof(u32);
constexpr std::size_t kTagSize = 4;
constexpr std::size_t kChunkVersionOffset = kTagSize;
constexpr std::size_t kChunkSizeOffset = kChunkVersionOffset + sizeof(u16);
constexpr std::size_t kChunkCrcOffset = kChunkSizeOffset + sizeof(u64);
constexpr std::size_t kChunkHeaderSize = kChunkCrcOffset + sizeof(u32);

template <class T>
T value_at(std::span<const std::byte> data, std::size_t offset) {
  T value;
  std::memcpy(&value, data.data() + offset, sizeof(T));
  return value;
}

template <class T>
void put_at(std::span<std::byte> data, std::size_t offset, T value) {
  std::memcpy(data.data() + offset, &value, sizeof(T));
}

u32 checksum(std::span<const std::byte> header, std::span<const std::byte> payload) {
  const auto bytes = [](std::span<const std::byte> s) { return reinterpret_cast<const Bytef*>(s.data()); };
  const uLong of_header = crc32_z(0, bytes(header), header.size());
  return static_cast<u32>(crc32_z(of_header, bytes(payload), payload.size()));
}

std::string_view text_of(const ChunkTag& tag) { return {tag.text.data(), tag.text.size()}; }

/// Appends what components hold to the file.
class SavingArchive final : public Archive {
 public:
  SavingArchive(std::vector<std::byte>& data, u16 version) : data_(data), version_(version) {}
  bool loading() const override { return false; }
  u16 version() const override { return version_; }
  void fail(std::string_view) override { failed_ = true; }
  bool failed() const override { return failed_; }
  void bytes(std::span<std::byte> data) override { data_.insert(data_.end(), data.begin(), data.end()); }

 private:
  std::vector<std::byte>& data_;
  u16 version_;
  bool failed_ = false;
};

/// Hands out one chunk's payload; after a failure everything reads as zero.
class LoadingArchive final : public Archive {
 public:
  LoadingArchive(std::span<const std::byte> payload, u16 version) : rest_(payload), version_(version) {}
  bool loading() const override { return true; }
  u16 version() const override { return version_; }
  void fail(std::string_view reason) override {
    if (!failed_) reason_ = reason;
    failed_ = true;
  }
  bool failed() const override { return failed_; }
  void bytes(std::span<std::byte> data) override {
    if (data.size() > rest_.size()) fail("it is shorter than its contents");
    if (failed_) {
      std::fill(data.begin(), data.end(), std::byte{0});
      return;
    }
    std::copy_n(rest_.begin(), data.size(), data.begin());
    rest_ = rest_.subspan(data.size());
  }
  bool exhausted() const { return rest_.empty(); }
  const std::string& reason() const { return reason_; }

 private:
  std::span<const std::byte> rest_;
  u16 version_;
  bool failed_ = false;
  std::string reason_;
};

}  // namespace

StateWriter::StateWriter() : data_(kHeaderSize) {
  std::memcpy(data_.data(), kMagic.data(), kMagic.size());
  put_at(data_, kVersionOffset, kFormatVersion);
  put_at(data_, kCountOffset, chunk_count_);
}

void StateWriter::add(Serializable& component) {
  const std::size_t start = data_.size();
  const ChunkTag tag = component.chunk_tag();
  data_.resize(start + kChunkHeaderSize);
  SavingArchive archive(data_, component.chunk_version());
  component.serialize(archive);

  const std::span<std::byte> chunk = std::span(data_).subspan(start);
  const std::span<const std::byte> payload = chunk.subspan(kChunkHeaderSize);
  std::memcpy(chunk.data(), tag.text.data(), kTagSize);
  put_at(chunk, kChunkVersionOffset, component.chunk_version());
  put_at(chunk, kChunkSizeOffset, u64{payload.size()});
  put_at(chunk, kChunkCrcOffset, checksum(chunk.first(kChunkCrcOffset), payload));
  put_at(data_, kCountOffset, ++chunk_count_);
}

Result<StateReader> StateReader::open(std::vector<std::byte> data, std::string name) {
  StateReader reader(std::move(data), std::move(name));
  if (Result<void> checked = reader.check_header(); !checked) return checked.error();
  if (Result<void> indexed = reader.index_chunks(); !indexed) return indexed.error();
  return reader;
}

Error StateReader::damaged(std::string_view what) const {
  return Error{
      fmt::format("{}: {}: the state file is damaged, take another copy or save it again", name_, what)};
}

Result<void> StateReader::check_header() const {
  const std::size_t magic_present = std::min(data_.size(), kMagic.size());
  if (magic_present == 0 || std::memcmp(data_.data(), kMagic.data(), magic_present) != 0) {
    return Error{fmt::format("{}: not a Ringdown state file: name a file that Ringdown saved", name_)};
  }
  if (data_.size() < kHeaderSize) return damaged("cut short in the header");
  const u32 version = value_at<u32>(data_, kVersionOffset);
  if (version > kFormatVersion) {
    return Error{
        fmt::format("{}: state format {} is newer than the {} this Ringdown reads: use a newer Ringdown",
                    name_, version, kFormatVersion)};
  }
  if (version == 0) return damaged("state format 0");
  return {};
}

Result<void> StateReader::index_chunks() {
  const std::span<const std::byte> all(data_);
  const u32 count = value_at<u32>(all, kCountOffset);
  std::size_t offset = kHeaderSize;
  for (u32 i = 0; i < count; ++i) {
    if (all.size() - offset < kChunkHeaderSize)
      return damaged(fmt::format("cut short at chunk {} of {}", i + 1, count));
    const std::span<const std::byte> header = all.subspan(offset, kChunkHeaderSize);
    Chunk chunk{ChunkTag("    "), value_at<u16>(header, kChunkVersionOffset), offset + kChunkHeaderSize, 0};
    std::memcpy(chunk.tag.text.data(), header.data(), kTagSize);
    const u64 size = value_at<u64>(header, kChunkSizeOffset);
    if (size > all.size() - chunk.offset)
      return damaged(fmt::format("cut short in chunk {} of {}", i + 1, count));
    chunk.size = static_cast<std::size_t>(size);
    if (value_at<u32>(header, kChunkCrcOffset) !=
        checksum(header.first(kChunkCrcOffset), all.subspan(chunk.offset, chunk.size))) {
      return damaged(fmt::format("wrong checksum in chunk {} of {}", i + 1, count));
    }
    for (const Chunk& other : chunks_) {
      if (other.tag == chunk.tag)
        return damaged(fmt::format("chunk '{}' stands there twice", text_of(chunk.tag)));
    }
    chunks_.push_back(chunk);
    offset = chunk.offset + chunk.size;
  }
  if (offset != all.size()) return damaged("bytes after the last chunk");
  return {};
}

Result<void> StateReader::restore(Serializable& component) {
  const ChunkTag tag = component.chunk_tag();
  const auto chunk =
      std::find_if(chunks_.begin(), chunks_.end(), [&tag](const Chunk& c) { return c.tag == tag; });
  if (chunk == chunks_.end()) {
    return Error{
        fmt::format("{}: has no chunk '{}': restore it into a machine with the options it was saved with",
                    name_, text_of(tag))};
  }
  if (chunk->version > component.chunk_version()) {
    return Error{fmt::format(
        "{}: chunk '{}' has version {}, newer than the {} this Ringdown reads: use a newer Ringdown", name_,
        text_of(tag), chunk->version, component.chunk_version())};
  }
  LoadingArchive archive(std::span<const std::byte>(data_).subspan(chunk->offset, chunk->size),
                         chunk->version);
  component.serialize(archive);
  if (!archive.failed() && !archive.exhausted()) archive.fail("it is longer than its contents");
  if (archive.failed()) {
    return Error{fmt::format("{}: chunk '{}' cannot be restored: {}", name_, text_of(tag), archive.reason())};
  }
  return {};
}

}  // namespace ringdown
