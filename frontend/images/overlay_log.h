// The log of an overlay: records, each of which says where the next one is.
#pragma once

#include <functional>
#include <vector>

#include "core/block_file.h"
#include "frontend/images/overlay_format.h"
#include "frontend/images/overlay_space.h"

namespace ringdown::overlay {

/// How far behind the file's end a place may be that something refers to, in blocks: not as far as memory
/// goes.
inline constexpr u64 kFarthestPlace = u64{1} << 20;

/// Reads a block; false if it cannot be read or lies behind the file's end.
bool read_block(BlockFile& file, Place place, Block& block);
Result<void> write_block(BlockFile& file, Place place, const Block& block);

class Log {
 public:
  /// A log without records, which begins at `start`, a place that has been taken.
  Log(BlockFile& file, Space& space, const Uuid& uuid, Place start, u64 seed);

  /// Reads the records that are there, takes their places, and hands each to `visit`, which may refuse it: it
  /// and what follows is then not part of the log.
  void replay(const std::function<bool(const Record&)>& visit);
  /// Appends entries as one record. After an error the log is as it was.
  Result<void> append(u64 commit, std::span<const Entry> entries);
  /// Gives all its places back.
  void release();

  Place start() const { return places_.empty() ? next_ : places_.front(); }
  /// Of the last record, and by it of all.
  u64 checksum() const { return previous_; }
  /// How many records it has.
  std::size_t size() const { return places_.size(); }

 private:
  BlockFile* file_;
  Space* space_;
  Uuid uuid_;
  Place next_;
  u64 previous_;
  std::vector<Place> places_;
};

}  // namespace ringdown::overlay
