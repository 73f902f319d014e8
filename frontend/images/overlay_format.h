// The overlay's blocks in its file, byte for byte (docs/images.md has the tables and the reasons).
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/types.h"

namespace ringdown::overlay {

inline constexpr u32 kBlockSize = 4096;
inline constexpr u32 kSectorsPerBlock = kBlockSize / 512;

using Block = std::array<std::byte, kBlockSize>;
using Uuid = std::array<std::byte, 16>;
/// Number of a block of the file. 0 and 1 hold the header, so that 0 also says "nowhere".
using Place = u32;
inline constexpr Place kNowhere = 0;
inline constexpr Place kHeaders = 2;

/// What an overlay remembers of the image below it, to tell whether that is still the same.
struct BaseReference {
  std::string name;  // a path, relative to the overlay's folder or absolute; an NBD URI; empty: zeros
  u64 size = 0;      // of the file in bytes
  u64 modified_ns = 0;
  u64 sample = 0;  // checksum of parts of its content
  friend bool operator==(const BaseReference&, const BaseReference&) = default;
};

struct Header {
  Uuid uuid{};
  u64 generation = 0;  // the copy with the higher one counts
  u64 sectors = 0;
  Place log_start = kNowhere;
  bool committing = false;   // a commit into the base has begun and not ended
  bool base_is_raw = false;  // whatever it looks like
  u64 settled = 0;           // all commits up to this number are on the disk; the log has at least these
  BaseReference base;
};

/// Where a block of the disk is, and its checksum.
struct Entry {
  u32 block;
  Place place;
  u32 sum;
};

/// A link of the log: entries that replace earlier ones, and where the next record will be.
struct Record {
  u64 commit = 0;    // records of one flush have the same number
  u64 previous = 0;  // the checksum of the record before: old records never continue a log
  Place next = kNowhere;
  std::vector<Entry> entries;
};

/// What a record's last eight bytes leave room for.
inline constexpr std::size_t kEntriesPerRecord = 336;
inline constexpr std::size_t kLongestBaseName = 3900;
/// Records in a log before it is thought of as long.
inline constexpr std::size_t kShortLog = 256;

/// True if the bytes begin like an overlay.
bool is_overlay(std::span<const std::byte> bytes);

Block encode(const Header& header);
/// Nothing if the block is damaged or none of ours; the content is then as it was written, not yet checked.
std::optional<Header> decode_header(const Block& block);

Block encode(const Record& record, const Uuid& uuid);
std::optional<Record> decode_record(const Block& block, const Uuid& uuid);
/// What `Record::previous` of the following record must be.
u64 checksum_of(const Block& block);
/// `Record::previous` of the first record of the log that a header begins.
u64 log_seed(const Header& header);

/// Checksum of a block's data; the same data elsewhere on the disk has another.
u32 sum_of(std::span<const std::byte> data, u32 block);

}  // namespace ringdown::overlay
