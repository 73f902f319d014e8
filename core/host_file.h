// A file of the host, read and written at offsets: what disk images live in.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// An existing file; nothing is ever created or resized. Closing flushes what was written.
class HostFile {
 public:
  enum class Access : u8 { ReadOnly, ReadWrite };

  /// Opens `path`. Errors name it and what to do: missing, a folder, no permission, in use by another writer.
  static Result<HostFile> open(const std::string& path, Access access);

  HostFile(HostFile&&) noexcept;
  HostFile& operator=(HostFile&&) = delete;
  ~HostFile();

  const std::string& path() const { return path_; }
  u64 size() const { return size_; }

  /// Reads exactly `data.size()` bytes; reading past the end is an error.
  Result<void> read(u64 offset, std::span<std::byte> data);
  /// Writes all of `data` within the file's size; the file must be open for writing.
  Result<void> write(u64 offset, std::span<const std::byte> data);
  /// Returns when what was written is on the host's disk.
  Result<void> flush();

 private:
  struct Handle;
  HostFile(std::string path, u64 size, std::unique_ptr<Handle> handle);
  Error failure(const char* what) const;

  std::string path_;
  u64 size_ = 0;
  bool dirty_ = false;
  std::unique_ptr<Handle> handle_;
};

}  // namespace ringdown
