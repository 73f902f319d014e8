// Bytes at offsets that can be made durable: what disk images live in.
#pragma once

#include <span>
#include <string>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// A file as disk images see it. The host's files are the product's; tests record what is done to theirs.
class BlockFile {
 public:
  virtual ~BlockFile() = default;
  /// For error lines.
  virtual const std::string& path() const = 0;
  virtual u64 size() const = 0;
  /// Reads exactly `data.size()` bytes; reading past the end is an error.
  virtual Result<void> read(u64 offset, std::span<std::byte> data) = 0;
  /// Reads all of `data` if the host has it in memory; false if not, or if nobody can tell.
  virtual bool read_cached(u64 offset, std::span<std::byte> data) {
    static_cast<void>(offset);
    static_cast<void>(data);
    return false;
  }
  /// Writes all of `data`, past the end too, where that makes the file longer. After an error any part of it
  /// may have been written.
  virtual Result<void> write(u64 offset, std::span<const std::byte> data) = 0;
  /// Returns when what was written is on the host's disk. Once that has failed nobody knows what is, and it
  /// fails for good.
  virtual Result<void> flush() = 0;
};

}  // namespace ringdown
